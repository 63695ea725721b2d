// Every sentence and status that TensorFlow Serving's gRPC services answer a wrong request with, whole.
// Not here: what a model's outputs can have wrong (rest/examples.test.ts), HandleReloadConfigRequest
// (node/grpc-services.test.ts), how long sentences are cut off (grpc/frames.test.ts).
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { TensorProtoSchema } from "../../../bytes/protobuf/generated/tensorflow_pb.ts";
import {
  ClassificationRequestSchema,
  GetModelMetadataRequestSchema,
  GetModelStatusRequestSchema,
  MultiInferenceRequestSchema,
  PredictRequestSchema,
  RegressionRequestSchema,
} from "../../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem } from "../../../core/errors.ts";
import { EXAMPLE_MODEL, EXAMPLE_SIGNATURES } from "../../testing/example-model.ts";
import { signature, spec } from "../../testing/half-plus-two.ts";
import { loadedManager } from "../../testing/model-server.ts";
import { tensorflowServingMethods } from "../grpc/route.ts";

const INVALID = 3;
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;

const bytesOf = (value: number): Uint8Array =>
  toBinary(TensorProtoSchema, create(TensorProtoSchema, { dtype: 1, floatVal: [value] }));
const WITH_DEFAULT = {
  ...signature("with_default", [spec("factor", "float32", []), spec("x", "float32", [])], []),
  defaults: new Map([["factor", bytesOf(2)]]),
};
const signatures = [
  ...EXAMPLE_SIGNATURES,
  WITH_DEFAULT,
  { ...signature("no_method", [spec("x", "float32", [-1])], [spec("y", "float32", [-1])]), methodName: "" },
];
const models = await loadedManager({ M: [3], other: [1] }, { ...EXAMPLE_MODEL, signatures });

/** What a call is refused with. */
async function refusal<Desc extends DescMessage>(
  path: string,
  schema: Desc,
  request: MessageInitShape<Desc>,
  checkMethodNames = false,
): Promise<readonly [number, string]> {
  const method = tensorflowServingMethods({ models, checkMethodNames }).get(`/tensorflow.serving.${path}`);
  if (!method || !("handle" in method)) throw new Error(`${path} is not served`);
  const message = toBinary(schema, create(schema, request));
  const reply = await method.handle({ message, timeoutMs: undefined });
  if (!(reply instanceof Problem)) throw new Error(`${path} was answered`);
  return [reply.row.grpc, reply.message];
}

type Predict = MessageInitShape<typeof PredictRequestSchema>;
const predict = (request: Predict, check?: boolean) =>
  refusal("PredictionService/Predict", PredictRequestSchema, request, check);
const classify = (request: MessageInitShape<typeof ClassificationRequestSchema>, check?: boolean) =>
  refusal("PredictionService/Classify", ClassificationRequestSchema, request, check);
const regress = (request: MessageInitShape<typeof RegressionRequestSchema>, check?: boolean) =>
  refusal("PredictionService/Regress", RegressionRequestSchema, request, check);
const infer = (request: MessageInitShape<typeof MultiInferenceRequestSchema>) =>
  refusal("PredictionService/MultiInference", MultiInferenceRequestSchema, request);
const metadata = (request: MessageInitShape<typeof GetModelMetadataRequestSchema>) =>
  refusal("PredictionService/GetModelMetadata", GetModelMetadataRequestSchema, request);
const status = (request: MessageInitShape<typeof GetModelStatusRequestSchema>) =>
  refusal("ModelService/GetModelStatus", GetModelStatusRequestSchema, request);

const M = { name: "M" };
const x = { dtype: 1, tensorShape: { dim: [{ size: 1n }] }, floatVal: [1] };
const version = (value: bigint) => ({ case: "version" as const, value: { value } as never });
const label = (value: string) => ({ case: "versionLabel" as const, value });

describe("Predict", () => {
  it.each<[string, Predict, number, string]>([
    ["no model_spec", {}, INVALID, "Missing ModelSpec"],
    ["no name", { modelSpec: {} }, INVALID, "ModelSpec has no name specified."],
    ["no such model", { modelSpec: { name: "N" } }, NOT_FOUND, "Servable not found for request: Latest(N)"],
    [
      "no such version",
      { modelSpec: { ...M, versionChoice: version(4n) } },
      NOT_FOUND,
      "Servable not found for request: Specific(M, 4)",
    ],
    [
      "no such label",
      { modelSpec: { ...M, versionChoice: label("L") } },
      INVALID,
      "Unrecognized servable version label: L",
    ],
    [
      "no such signature",
      { modelSpec: { ...M, signatureName: "S" }, inputs: { x } },
      FAILED_PRECONDITION,
      'Serving signature key "S" not found.',
    ],
    [
      "no inputs",
      { modelSpec: M },
      INVALID,
      "input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. Missing but required: {x}.",
    ],
    [
      "too many inputs",
      { modelSpec: M, inputs: { b: x, a: x } },
      INVALID,
      "input size does not match signature: 2!=1 len({a,b}) != len({x}). Sent extra: {a,b}. Missing but required: {x}.",
    ],
    [
      "another name",
      { modelSpec: M, inputs: { a: x } },
      INVALID,
      "Signature input alias: x(feed name: x:0) not found in request and no default value provided. " +
        "Inputs expected to be in the request {a}, or default input alias set: ",
    ],
    [
      "no input where another has a default",
      { modelSpec: { ...M, signatureName: "with_default" }, inputs: { factor: x } },
      INVALID,
      "Signature input alias: x(feed name: x:0) not found in request and no default value provided. " +
        "Inputs expected to be in the request {factor}, or default input alias set: factor",
    ],
    [
      "another name beside a default",
      { modelSpec: { ...M, signatureName: "with_default" }, inputs: { x, z: x } },
      INVALID,
      "Inputs contains invalid name. Used request inputs: x, request input: x,z",
    ],
    [
      "a tensor without its values",
      { modelSpec: M, inputs: { x: { dtype: 1, tensorContent: new Uint8Array(3) } } },
      INVALID,
      "tensor parsing error: x",
    ],
    [
      "no such output",
      { modelSpec: M, inputs: { x }, outputFilter: ["f"] },
      INVALID,
      "output tensor alias not found in signature: f Outputs expected to be in the set {y}.",
    ],
    [
      "an output twice",
      { modelSpec: M, inputs: { x }, outputFilter: ["y", "y"] },
      INVALID,
      "duplicate output tensor alias: y",
    ],
    [
      "another dtype",
      { modelSpec: M, inputs: { x: { dtype: 10, boolVal: [true] } } },
      INVALID,
      "x: Expects arg[0] to be float but bool is provided",
    ],
    [
      "another dtype, and no such output, which is seen first",
      { modelSpec: M, inputs: { x: { dtype: 10, boolVal: [true] } }, outputFilter: ["f"] },
      INVALID,
      "output tensor alias not found in signature: f Outputs expected to be in the set {y}.",
    ],
  ])("%s", async (_what, request, code, message) => {
    expect(await predict(request)).toEqual([code, message]);
  });

  it("another method, where it is looked at", async () => {
    const request = { modelSpec: { ...M, signatureName: "no_method" }, inputs: { x } };
    const methods = "tensorflow/serving/predict, tensorflow/serving/classify, tensorflow/serving/regress";
    expect(await predict(request, true)).toEqual([
      INTERNAL,
      `Expected prediction signature method_name to be one of {${methods}}. Was: `,
    ]);
  });
});

const kind = { case: "floatList" as const, value: { value: [1] } };
const examples = [{ features: { feature: { x: { kind } } } }];
const input = { kind: { case: "exampleList" as const, value: { examples } } };

describe("Classify and Regress", () => {
  it.each([
    ["no model_spec", { input }, INVALID, "Missing ModelSpec"],
    ["no name", { modelSpec: {}, input }, INVALID, "ModelSpec has no name specified."],
    [
      "no such model",
      { modelSpec: { name: "N" }, input },
      NOT_FOUND,
      "Servable not found for request: Latest(N)",
    ],
    [
      "no such signature",
      { modelSpec: { ...M, signatureName: "S" }, input },
      INVALID,
      "No signature was found with the name: S",
    ],
    [
      "several inputs",
      { modelSpec: { ...M, signatureName: "with_default" }, input },
      INVALID,
      "Expected one input Tensor.",
    ],
  ])("%s", async (_what, request, code, message) => {
    expect(await classify(request)).toEqual([code, message]);
    expect(await regress(request)).toEqual([code, message]);
  });

  it("no examples", async () => {
    const none = { kind: { case: "exampleList" as const, value: { examples: [] } } };
    for (const empty of [{}, { input: none }]) {
      const modelSpec = { ...M, signatureName: "classify_x_to_y" };
      expect(await classify({ modelSpec, ...empty })).toEqual([INVALID, "Input is empty."]);
      const regressSpec = { ...M, signatureName: "regress_x_to_y" };
      expect(await regress({ modelSpec: regressSpec, ...empty })).toEqual([INVALID, "Input is empty."]);
    }
  });

  it("two outputs of a regression", async () => {
    const modelSpec = { ...M, signatureName: "classify_with_labels" };
    expect(await regress({ modelSpec, input })).toEqual([INVALID, "Expected one output Tensor."]);
  });

  it("another method, where it is looked at", async () => {
    const was = "method_name to be tensorflow/serving";
    const modelSpec = { ...M, signatureName: "regress_x_to_y" };
    expect(await classify({ modelSpec, input }, true)).toEqual([
      INVALID,
      `Expected classification signature ${was}/classify. Was: tensorflow/serving/regress`,
    ]);
    const classifies = { ...M, signatureName: "classify_x_to_y" };
    expect(await regress({ modelSpec: classifies, input }, true)).toEqual([
      INVALID,
      `Expected regression signature ${was}/regress. Was: tensorflow/serving/classify`,
    ]);
  });
});

const REGRESS = "tensorflow/serving/regress";
const task = (signatureName: string, methodName = REGRESS, name = "M") => ({
  modelSpec: { name, signatureName },
  methodName,
});

describe("MultiInference", () => {
  it.each([
    ["no tasks", [], INVALID, "ModelSpec has no name specified."],
    ["no such model", [task("", REGRESS, "N")], NOT_FOUND, "Servable not found for request: Latest(N)"],
    [
      "no name in the second task",
      [task("regress_x_to_y"), { methodName: REGRESS }],
      INVALID,
      "Found ModelSpec with an empty model name.",
    ],
    [
      "another model in the second task",
      [task("regress_x_to_y"), task("classify_x_to_y", REGRESS, "other")],
      INVALID,
      "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
    ],
    [
      "a signature twice",
      [task("regress_x_to_y"), task("regress_x_to_y")],
      INVALID,
      "Duplicate evaluation of signature: regress_x_to_y",
    ],
    ["no such signature", [task("S")], INVALID, "Requested signature not found in model graph: S"],
    ["another method", [task("regress_x_to_y", "X")], UNIMPLEMENTED, "Unsupported signature method_name: X"],
  ])("%s", async (_what, tasks, code, message) => {
    expect(await infer({ tasks, input })).toEqual([code, message]);
  });

  it("no examples", async () => {
    expect(await infer({ tasks: [task("regress_x_to_y")] })).toEqual([INVALID, "Input is empty."]);
  });
});

describe("GetModelMetadata", () => {
  it.each([
    ["no model_spec", { metadataField: ["signature_def"] }, INVALID, "Missing ModelSpec"],
    [
      "no field",
      { modelSpec: { name: "N" } },
      INVALID,
      "GetModelMetadataRequest must specify at least one metadata_field",
    ],
    [
      "no such field",
      { modelSpec: { name: "N" }, metadataField: ["signature_def", "X"] },
      INVALID,
      "Metadata field X is not supported",
    ],
    [
      "no such model",
      { modelSpec: { name: "N" }, metadataField: ["signature_def"] },
      NOT_FOUND,
      "Servable not found for request: Latest(N)",
    ],
  ])("%s", async (_what, request, code, message) => {
    expect(await metadata(request)).toEqual([code, message]);
  });
});

describe("GetModelStatus", () => {
  it.each([
    ["no model_spec", {}, INVALID, "Missing ModelSpec"],
    ["no name", { modelSpec: {} }, NOT_FOUND, "Could not find any versions of model "],
    ["no such model", { modelSpec: { name: "N" } }, NOT_FOUND, "Could not find any versions of model N"],
    [
      "no such version",
      { modelSpec: { ...M, versionChoice: version(8n) } },
      NOT_FOUND,
      "Could not find version 8 of model M",
    ],
  ])("%s", async (_what, request, code, message) => {
    expect(await status(request)).toEqual([code, message]);
  });
});
