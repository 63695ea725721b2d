import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  ClassificationRequestSchema,
  ClassificationResponseSchema,
  MultiInferenceRequestSchema,
  MultiInferenceResponseSchema,
  RegressionRequestSchema,
  RegressionResponseSchema,
} from "../../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem } from "../../../core/errors.ts";
import { EXAMPLE_MODEL } from "../../testing/example-model.ts";
import { loadedManager } from "../../testing/model-server.ts";
import { tensorflowServingMethods } from "./route.ts";

const models = await loadedManager({ half: [3, 5], other: [1] }, EXAMPLE_MODEL);
models.setLabels("half", new Map([["old", 3n]]));

type Answer = Uint8Array | readonly [number, string];

async function call(name: string, message: Uint8Array): Promise<Answer> {
  const methods = tensorflowServingMethods({ models });
  const method = methods.get(`/tensorflow.serving.PredictionService/${name}`);
  if (!method || !("handle" in method)) throw new Error(`${name} is not served`);
  const reply = await method.handle({ message, timeoutMs: undefined });
  return reply instanceof Problem ? [reply.row.grpc, reply.message] : Buffer.concat(reply);
}

function bytesOf(answer: Answer): Uint8Array {
  if (!(answer instanceof Uint8Array)) throw new Error(String(answer));
  return answer;
}

const example = (...x: number[]) => ({
  features: { feature: { x: { kind: { case: "floatList" as const, value: { value: x } } } } },
});
const input = (...x: number[]) => ({
  kind: { case: "exampleList" as const, value: { examples: x.map((one) => example(one)) } },
});
const spec = (signatureName: string, name = "half") => ({ name, signatureName });

const classify = (request: MessageInitShape<typeof ClassificationRequestSchema>) =>
  call("Classify", toBinary(ClassificationRequestSchema, create(ClassificationRequestSchema, request)));
const regress = (request: MessageInitShape<typeof RegressionRequestSchema>) =>
  call("Regress", toBinary(RegressionRequestSchema, create(RegressionRequestSchema, request)));
const infer = (request: MessageInitShape<typeof MultiInferenceRequestSchema>) =>
  call("MultiInference", toBinary(MultiInferenceRequestSchema, create(MultiInferenceRequestSchema, request)));

const CLASSIFY = "tensorflow/serving/classify";
const REGRESS = "tensorflow/serving/regress";

// What is refused, and in which words: ../cases/grpc-error-texts.test.ts.
describe("Classify and Regress", () => {
  it("answer for each example, and say which version and signature ran", async () => {
    const answer = await classify({ modelSpec: spec("classify_with_labels"), input: input(2, 4) });
    const { result, modelSpec } = fromBinary(ClassificationResponseSchema, bytesOf(answer));
    expect(
      result?.classifications.map(({ classes }) => classes.map(({ label, score }) => [label, score])),
    ).toEqual([
      [
        ["low", -2],
        ["high", 3],
      ],
      [
        ["low", -3],
        ["high", 4],
      ],
    ]);
    expect(modelSpec).toMatchObject({ name: "half", signatureName: "classify_with_labels" });
    expect(modelSpec?.versionChoice.value).toMatchObject({ value: 5n });
  });

  it("answer scores without labels, and zero", async () => {
    const answer = await classify({ modelSpec: spec("classify_x_to_y"), input: input(20, -4) });
    const { result } = fromBinary(ClassificationResponseSchema, bytesOf(answer));
    const classes = result?.classifications.map((one) =>
      one.classes.map(({ label, score }) => [label, score]),
    );
    expect(classes).toEqual([[["", 12]], [["", 0]]]);
  });

  it("take a label, and a context whose features the examples may replace", async () => {
    const versionChoice = { case: "versionLabel" as const, value: "old" };
    const answer = await regress({
      modelSpec: { ...spec("regress_x_to_y"), versionChoice },
      input: {
        kind: {
          case: "exampleListWithContext",
          value: { context: example(80), examples: [{}, example(4)] },
        },
      },
    });
    const { result, modelSpec } = fromBinary(RegressionResponseSchema, bytesOf(answer));
    expect(result?.regressions.map((one) => one.value)).toEqual([42, 4]);
    expect(modelSpec?.versionChoice.value).toMatchObject({ value: 3n });
  });

  it("refuse what is no message", async () => {
    expect(await call("Classify", Uint8Array.of(10, 200))).toMatchObject([
      13,
      expect.stringContaining("ClassificationRequest"),
    ]);
  });
});

describe("MultiInference", () => {
  const task = (signatureName: string, methodName: string, name = "half") => ({
    modelSpec: spec(signatureName, name),
    methodName,
  });

  it("answers every task on the same examples and version", async () => {
    const tasks = [task("regress_x_to_y", REGRESS), task("classify_x_to_y", CLASSIFY)];
    const answer = await infer({ tasks, input: input(2, 80) });
    const { results } = fromBinary(MultiInferenceResponseSchema, bytesOf(answer));
    expect(results.map((one) => one.modelSpec?.signatureName)).toEqual(["regress_x_to_y", "classify_x_to_y"]);
    expect(results.map((one) => one.modelSpec?.versionChoice.value)).toMatchObject([
      { value: 5n },
      { value: 5n },
    ]);
    expect(results[0]?.result).toMatchObject({
      case: "regressionResult",
      value: { regressions: [{ value: 3 }, { value: 42 }] },
    });
    expect(results[1]?.result).toMatchObject({
      case: "classificationResult",
      value: { classifications: [{ classes: [{ score: 3 }] }, { classes: [{ score: 42 }] }] },
    });
  });

  it("refuses a signature that does not fit its method", async () => {
    const tasks = [task("classify_with_labels", REGRESS)];
    expect(await infer({ tasks, input: input(1) })).toEqual([3, "Expected one output Tensor."]);
  });
});
