// TensorFlow Serving's servables/tensorflow/regressor_test.cc and multi_inference_test.cc, each case under its own name,
// as calls of Regress and MultiInference.
import { describe, expect, it } from "vitest";
import { floatTensor, stringTensor } from "../../testing/example-model.ts";
import type { FakeOptions } from "../../testing/half-plus-two.ts";
import { loadedManager } from "../../testing/model-server.ts";
import { example, exampleList, type Input, namedScores, withContext } from "../../testing/named-scores.ts";
import { isRefusal, predictionService } from "../../testing/prediction-service.ts";

const INVALID = 3;
const TWO = exampleList(example({ output: 2 }), example({ output: 3 }));

/** The value of each example, or what the call was refused with. */
async function regress(
  input: Input | undefined,
  signatureName = "regress",
  engine = namedScores(),
  check = false,
) {
  const models = await loadedManager({ m: [1] }, engine);
  const { regress: call } = predictionService(models, { checkMethodNames: check });
  const answer = await call({ modelSpec: { name: "m", signatureName }, ...(input ? { input } : {}) });
  return isRefusal(answer) ? answer : (answer.result?.regressions ?? []).map((one) => one.value);
}

describe("regressor_test", () => {
  it("BasicExampleList, ValidNamedSignature", async () => {
    expect(await regress(TWO)).toEqual([2, 3]);
  });

  it("BasicExampleListWithContext", async () => {
    expect(await regress(withContext(example({ output: 3 }), undefined, example({ output: 5 })))).toEqual([
      3, 5,
    ]);
  });

  it("InvalidNamedSignature", async () => {
    expect(await regress(TWO, "not_there")).toEqual([
      INVALID,
      "No signature was found with the name: not_there",
    ]);
  });

  it("MalformedOutputs", async () => {
    const outputs = floatTensor([2, 2], [1, 2, 3, 4]);
    expect(await regress(TWO, "regress", namedScores({ outputs }))).toEqual([
      INVALID,
      "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [2,2]",
    ]);
  });

  it("EmptyInput, EmptyExampleList, EmptyExampleListWithContext", async () => {
    for (const input of [undefined, exampleList(), withContext(example({ output: 1 }))]) {
      expect(await regress(input)).toEqual([INVALID, "Input is empty."]);
    }
  });

  it("RunsFails", async () => {
    const engine: FakeOptions = {
      ...namedScores(),
      onRun: () => {
        throw new Error("Run totally failed");
      },
    };
    expect((await regress(TWO, "regress", engine))[1]).toContain("Run totally failed");
  });

  it("UnexpectedOutputTensorSize", async () => {
    const engine = namedScores({ outputs: floatTensor([3], [1, 2, 3]) });
    expect(await regress(TWO, "regress", engine)).toEqual([
      INVALID,
      "Input batch size did not match output batch size: 2 vs. 3",
    ]);
  });

  it("UnexpectedOutputTensorType", async () => {
    const engine = namedScores({ outputs: stringTensor([2], ["a", "b"]) });
    expect(await regress(TWO, "regress", engine)).toEqual([
      INVALID,
      expect.stringContaining("Expected output Tensor of DT_FLOAT"),
    ]);
  });

  it("MissingRegressionSignature", async () => {
    expect(await regress(TWO, "neither")).toMatchObject([INVALID, expect.any(String)]);
  });

  it("MethodNameCheck", async () => {
    expect(await regress(TWO, "predict", namedScores(), true)).toEqual([
      INVALID,
      "Expected regression signature method_name to be tensorflow/serving/regress. Was: tensorflow/serving/predict",
    ]);
    expect(await regress(TWO, "regress", namedScores(), true)).toEqual([2, 3]);
  });
});

const CLASSIFY = "tensorflow/serving/classify";
const REGRESS = "tensorflow/serving/regress";
const task = (signatureName: string, methodName: string, name = "m") => ({
  modelSpec: { name, signatureName },
  methodName,
});

/** What each task came to, or what the call was refused with. */
async function infer(tasks: ReturnType<typeof task>[], input: Input | undefined = TWO) {
  const { multiInference } = predictionService(await loadedManager({ m: [1], other: [1] }, namedScores()));
  const answer = await multiInference({ tasks, ...(input ? { input } : {}) });
  if (isRefusal(answer)) return answer;
  return answer.results.map(({ modelSpec, result }) => {
    if (result.case === "regressionResult")
      return [modelSpec?.signatureName, result.value.regressions.map((one) => one.value)];
    const classes = result.case === "classificationResult" ? result.value.classifications : [];
    return [
      modelSpec?.signatureName,
      classes.map((one) => one.classes.map(({ label, score }) => `${label} ${score}`)),
    ];
  });
}

describe("multi_inference_test", () => {
  it("MissingInputTest", async () => {
    expect(await infer([task("regress", REGRESS)], exampleList())).toEqual([INVALID, "Input is empty."]);
  });

  it("UndefinedSignatureTest", async () => {
    expect(await infer([task("ThisSignatureDoesNotExist", REGRESS)])).toEqual([
      INVALID,
      "Requested signature not found in model graph: ThisSignatureDoesNotExist",
    ]);
  });

  it("InconsistentModelSpecsInRequestTest", async () => {
    expect(await infer([task("regress", REGRESS), task("serving_default", CLASSIFY, "other")])).toEqual([
      INVALID,
      "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
    ]);
  });

  it("EvaluateDuplicateSignaturesTest", async () => {
    expect(await infer([task("regress", REGRESS), task("regress", REGRESS)])).toEqual([
      INVALID,
      "Duplicate evaluation of signature: regress",
    ]);
  });

  it("UsupportedSignatureTypeTest", async () => {
    expect(await infer([task("predict", "tensorflow/serving/predict")])).toEqual([
      12,
      "Unsupported signature method_name: tensorflow/serving/predict",
    ]);
  });

  it("ValidSingleSignatureTest", async () => {
    expect(await infer([task("regress", REGRESS)])).toEqual([["regress", [2, 3]]]);
  });

  it("MultipleValidRegressSignaturesTest", async () => {
    expect(await infer([task("regress", REGRESS), task("regress_again", REGRESS)])).toEqual([
      ["regress", [2, 3]],
      ["regress_again", [2, 3]],
    ]);
  });

  it("RegressAndClassifySignaturesTest", async () => {
    expect(await infer([task("regress", REGRESS), task("serving_default", CLASSIFY)])).toEqual([
      ["regress", [2, 3]],
      ["serving_default", [["output 2"], ["output 3"]]],
    ]);
  });
});
