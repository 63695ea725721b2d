// TensorFlow Serving's servables/tensorflow/classifier_test.cc, each case under its own name, as calls of Classify.
import { describe, expect, it } from "vitest";
import type { TensorValue } from "../../../engine/engine.ts";
import { floatTensor, stringTensor } from "../../testing/example-model.ts";
import type { FakeOptions } from "../../testing/half-plus-two.ts";
import { loadedManager } from "../../testing/model-server.ts";
import { example, exampleList, type Input, namedScores, withContext } from "../../testing/named-scores.ts";
import { isRefusal, predictionService } from "../../testing/prediction-service.ts";

const INVALID = 3;
const TWO = exampleList(example({ dos: 2, uno: 1 }), example({ cuatro: 4, tres: 3 }));
const BOTH = [
  ["dos 2", "uno 1"],
  ["cuatro 4", "tres 3"],
];

/** The classes of each example, or what the call was refused with. */
async function classify(
  input: Input | undefined,
  signatureName = "",
  engine: FakeOptions = namedScores(),
  check = false,
) {
  const models = await loadedManager({ m: [1] }, engine);
  const { classify: call } = predictionService(models, { checkMethodNames: check });
  const answer = await call({ modelSpec: { name: "m", signatureName }, ...(input ? { input } : {}) });
  if (isRefusal(answer)) return answer;
  return (answer.result?.classifications ?? []).map((one) =>
    one.classes.map(({ label, score }) => `${label} ${score}`.trim()),
  );
}

/** What is wrong with two examples' answer whose classes or scores are these. */
const withOutputs = (outputs: Readonly<Record<string, TensorValue>>) =>
  classify(TWO, "", namedScores(outputs));
const labels = (shape: readonly number[]): TensorValue =>
  stringTensor(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => "c"),
  );
const scores = (shape: readonly number[]): TensorValue =>
  floatTensor(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 1),
  );

describe("classifier_test", () => {
  it("ExampleList", async () => {
    expect(await classify(TWO)).toEqual(BOTH);
  });

  it("ExampleListWithContext", async () => {
    const input = withContext(example({ dos: 2, uno: 1 }), example({ tres: 3 }), example({ cuatro: 4 }));
    expect(await classify(input)).toEqual([
      ["dos 2", "tres 3", "uno 1"],
      ["cuatro 4", "dos 2", "uno 1"],
    ]);
  });

  it("ExampleListWithContext_DuplicateFeatures: the example's own win", async () => {
    const input = withContext(example({ dos: 2, uno: 1 }), undefined, example({ dos: 5 }));
    expect(await classify(input)).toEqual([
      ["dos 2", "uno 1"],
      ["dos 5", "uno 1"],
    ]);
  });

  it("ClassesOnly", async () => {
    expect(await classify(TWO, "classes_only")).toEqual([
      ["dos 0", "uno 0"],
      ["cuatro 0", "tres 0"],
    ]);
  });

  it("ScoresOnly", async () => {
    expect(await classify(TWO, "scores_only")).toEqual([
      ["2", "1"],
      ["4", "3"],
    ]);
  });

  it("ZeroScoresArePresent", async () => {
    const input = exampleList(example({ minus: -1, one: 1, zero: 0 }));
    expect(await classify(input, "scores_only")).toEqual([["-1", "1", "0"]]);
  });

  it("ValidNamedSignature", async () => {
    expect(await classify(TWO, "serving_default")).toEqual(BOTH);
  });

  it("InvalidNamedSignature", async () => {
    expect(await classify(TWO, "not_there")).toEqual([
      INVALID,
      "No signature was found with the name: not_there",
    ]);
  });

  it("MalformedScores", async () => {
    expect(await withOutputs({ scores: scores([2, 2, 1]) })).toMatchObject([INVALID, expect.any(String)]);
  });

  it("MissingClassificationSignature", async () => {
    expect(await classify(TWO, "neither")).toMatchObject([INVALID, expect.any(String)]);
  });

  it("EmptyInput", async () => {
    expect(await classify(undefined)).toEqual([INVALID, "Input is empty."]);
  });

  it("EmptyExampleList", async () => {
    expect(await classify(exampleList())).toEqual([INVALID, "Input is empty."]);
  });

  it("EmptyExampleListWithContext", async () => {
    expect(await classify(withContext(example({ dos: 2 })))).toEqual([INVALID, "Input is empty."]);
  });

  it("RunsFails", async () => {
    const engine: FakeOptions = {
      ...namedScores(),
      onRun: () => {
        throw new Error("Run totally failed");
      },
    };
    const answer = await classify(TWO, "", engine);
    expect(answer[1]).toContain("Run totally failed");
  });

  it("ClassesIncorrectTensorBatchSize", async () => {
    expect(await withOutputs({ classes: labels([1, 2]) })).toEqual([
      INVALID,
      "Expected classes output batch size of 2. Got: 1",
    ]);
  });

  it("ClassesIncorrectTensorType", async () => {
    const [code, message] = await withOutputs({ classes: scores([2, 2]) });
    expect([code, message]).toEqual([
      INVALID,
      expect.stringContaining("Expected classes Tensor of DT_STRING"),
    ]);
  });

  it("ScoresIncorrectTensorBatchSize", async () => {
    expect(await withOutputs({ scores: scores([1, 2]) })).toEqual([
      INVALID,
      "Expected scores output batch size of 2. Got: 1",
    ]);
  });

  it("ScoresIncorrectTensorType", async () => {
    const [code, message] = await withOutputs({ scores: labels([2, 2]) });
    expect([code, message]).toEqual([INVALID, expect.stringContaining("Expected scores Tensor of DT_FLOAT")]);
  });

  it("MismatchedNumberOfTensorClasses", async () => {
    expect(await withOutputs({ scores: scores([2, 3]) })).toEqual([
      INVALID,
      "Tensors class and score should match in dim_size(1). Got 2 vs. 3",
    ]);
  });

  it("MethodNameCheck", async () => {
    expect(await classify(TWO, "predict", namedScores(), true)).toEqual([
      INVALID,
      "Expected classification signature method_name to be tensorflow/serving/classify. Was: tensorflow/serving/predict",
    ]);
    expect(await classify(TWO, "serving_default", namedScores(), true)).toEqual(BOTH);
  });
});
