// TensorFlow Serving's servables/tensorflow/predict_util_test.cc, predict_impl_test.cc, tfrt_predict_util_test.cc and
// get_model_metadata_impl_test.cc, and model_servers/get_model_status_impl_test.cc, each case under its own name.
// Not here: thread pools of a call, which C++ hands in; ModelMissingSignatures, which their open build leaves out;
// PredictionTimeout (node/start-server.test.ts: deadlines). The sentences whole: grpc-error-texts.test.ts.
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { TensorProtoSchema } from "../../../bytes/protobuf/generated/tensorflow_pb.ts";
import {
  type PredictRequestSchema,
  SignatureDefMapSchema,
} from "../../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { floatTensor } from "../../testing/example-model.ts";
import { settle } from "../../testing/fake-clock.ts";
import { signature, spec } from "../../testing/half-plus-two.ts";
import { loadedManager } from "../../testing/model-server.ts";
import { isRefusal, predictionService } from "../../testing/prediction-service.ts";

const INVALID = 3;
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;
const SCALAR = spec("x", "float32", []);
const Y = spec("y", "float32", []);
const method = (name: string, of: string) => ({
  ...signature(name, [SCALAR], [Y]),
  methodName: `tensorflow/serving/${of}`,
});
const defaults = new Map([
  ["b", toBinary(TensorProtoSchema, create(TensorProtoSchema, { dtype: 1, floatVal: [10] }))],
]);

let counter = 0;
const SIGNATURES = [
  method("serving_default", "predict"),
  method("regress_x_to_y", "regress"),
  method("classify_x_to_y", "classify"),
  method("other", "something"),
  ...["get_counter", "incr_counter", "reset_counter"].map((name) =>
    signature(name, [], [spec("output", "float32", [])]),
  ),
  { ...signature("sum", [SCALAR, spec("b", "float32", [])], [Y, spec("twice", "float32", [])]), defaults },
];
const models = await loadedManager(
  { m: [123, 124], other: [5] },
  {
    signatures: SIGNATURES,
    answer(name, inputs) {
      if (name.endsWith("_counter")) {
        counter = name === "reset_counter" ? 0 : counter + Number(name === "incr_counter");
        return new Map([["output", floatTensor([], [counter])]]);
      }
      const value = (key: string): number => {
        const bytes = inputs.get(key)?.data;
        return bytes ? (new Float32Array(bytes.slice().buffer)[0] ?? Number.NaN) : Number.NaN;
      };
      const y = name === "sum" ? value("x") + value("b") : value("x") / 2 + 2;
      return new Map([
        ["y", floatTensor([], [y])],
        ...(name === "sum" ? [["twice", floatTensor([], [2 * y])] as const] : []),
      ]);
    },
  },
);
models.setLabels("m", new Map([["stable", 123n]]));
const service = predictionService(models);

type Request = MessageInitShape<typeof PredictRequestSchema>;
const scalar = (value: number) => ({ dtype: 1, floatVal: [value] });
const version = (value: bigint) => ({ case: "version" as const, value: { value } as never });
const m = { name: "m" };

/** The outputs' first values with the spec that is echoed, or what the call was refused with. */
async function predict(request: Request, checkMethodNames = false) {
  const answer = await predictionService(models, { checkMethodNames }).predict(request);
  if (isRefusal(answer)) return answer;
  const { modelSpec, outputs } = answer;
  const values = Object.entries(outputs).map(([name, { floatVal, tensorShape }]) => {
    expect(tensorShape?.dim).toEqual([]);
    return [name, floatVal[0]];
  });
  const number =
    modelSpec?.versionChoice.case === "version" ? modelSpec.versionChoice.value.value : undefined;
  return { ...Object.fromEntries(values), ran: `${modelSpec?.name} ${number} ${modelSpec?.signatureName}` };
}

describe("predict_util_test, predict_impl_test", () => {
  it("MissingOrEmptyModelSpec", async () => {
    expect(await predict({})).toEqual([INVALID, "Missing ModelSpec"]);
    expect(await predict({ modelSpec: {} })).toMatchObject([INVALID, expect.any(String)]);
    expect(await predict({ modelSpec: { name: "test" } })).toMatchObject([NOT_FOUND, expect.any(String)]);
  });

  it("EmptyInputList", async () => {
    expect(await predict({ modelSpec: m })).toMatchObject([INVALID, expect.any(String)]);
  });

  it("InputTensorsDontMatchModelSpecInputs", async () => {
    expect(await predict({ modelSpec: m, inputs: { unknown_key: scalar(2) } })).toMatchObject([
      INVALID,
      expect.stringContaining("not found in request"),
    ]);
    const [code, message] = await refused({ unknown_key1: scalar(2), unknown_key2: scalar(2) });
    expect(code).toBe(INVALID);
    expect(message).toContain("Sent extra: {unknown_key1,unknown_key2}");
    expect(message).toContain("Missing but required: {x}");
  });

  it("PredictionInvalidTensor", async () => {
    const bad = { dtype: 1, tensorContent: new Uint8Array(3) };
    expect(await predict({ modelSpec: m, inputs: { x: bad } })).toEqual([INVALID, "tensor parsing error: x"]);
  });

  it("OutputFiltersDontMatchModelSpecOutputs", async () => {
    const request = { modelSpec: m, inputs: { x: scalar(2) } };
    expect(await predict({ ...request, outputFilter: ["unknown_output"] })).toMatchObject([
      INVALID,
      expect.stringContaining("unknown_output"),
    ]);
    expect(await predict({ ...request, outputFilter: ["y", "y"] })).toEqual([
      INVALID,
      "duplicate output tensor alias: y",
    ]);
    expect(await predict({ ...request, outputFilter: ["y"] })).toMatchObject({ y: 3 });
  });

  it("InputTensorsHaveWrongType", async () => {
    expect(
      await predict({ modelSpec: m, inputs: { x: { dtype: 7, stringVal: [Buffer.from("any")] } } }),
    ).toMatchObject([INVALID, expect.stringContaining("to be float but string is provided")]);
  });

  it("PredictionSuccess", async () => {
    expect(
      await predict({ modelSpec: { ...m, versionChoice: version(123n) }, inputs: { x: scalar(2) } }),
    ).toEqual({
      y: 3,
      ran: "m 123 serving_default",
    });
  });

  it("PredictionWithNamedRegressionSignature", async () => {
    const modelSpec = { ...m, signatureName: "regress_x_to_y" };
    expect(await predict({ modelSpec, inputs: { x: scalar(2) } })).toEqual({
      y: 3,
      ran: "m 124 regress_x_to_y",
    });
  });

  it("PredictionWithNamedClassificationSignature", async () => {
    const modelSpec = { ...m, signatureName: "classify_x_to_y" };
    expect(await predict({ modelSpec, inputs: { x: scalar(2) } })).toEqual({
      y: 3,
      ran: "m 124 classify_x_to_y",
    });
  });

  it("PredictionWithCustomizedSignatures", async () => {
    const seen: unknown[] = [];
    for (const name of ["get", "incr", "reset", "incr", "incr", "get"]) {
      seen.push(await predict({ modelSpec: { ...m, signatureName: `${name}_counter` } }));
    }
    expect(seen).toMatchObject([0, 1, 0, 1, 2, 2].map((output) => ({ output })));
  });

  it("ModelSpecOverride", async () => {
    const modelSpec = { ...m, versionChoice: { case: "versionLabel" as const, value: "stable" } };
    expect(await predict({ modelSpec, inputs: { x: scalar(2) } })).toEqual({
      y: 3,
      ran: "m 123 serving_default",
    });
  });

  it("MethodNameCheck", async () => {
    const ask = (signatureName: string) =>
      predict({ modelSpec: { ...m, signatureName }, inputs: { x: scalar(2) } }, true);
    for (const name of ["", "regress_x_to_y", "classify_x_to_y"])
      expect(await ask(name)).toMatchObject({ y: 3 });
    expect(await ask("other")).toMatchObject([
      13,
      expect.stringContaining("Expected prediction signature method_name"),
    ]);
  });
});

/** What inputs of the default signature are refused with. */
async function refused(inputs: Request["inputs"]): Promise<readonly [number, string]> {
  const answer = await service.predict({ modelSpec: m, ...(inputs ? { inputs } : {}) });
  if (!isRefusal(answer)) throw new Error("it was answered");
  return answer;
}

describe("tfrt_predict_util_test", () => {
  const sum = { ...m, signatureName: "sum" };

  it("PredictionSuccessWithDefaultInputs", async () => {
    expect(await predict({ modelSpec: sum, inputs: { x: scalar(2) } })).toMatchObject({ y: 12, twice: 24 });
    expect(await predict({ modelSpec: sum, inputs: { x: scalar(2), b: scalar(1) } })).toMatchObject({ y: 3 });
  });

  it("PredictionMissingFunction", async () => {
    expect(await predict({ modelSpec: { ...m, signatureName: "not_there" } })).toMatchObject([
      FAILED_PRECONDITION,
      expect.any(String),
    ]);
  });

  it("PredictionMissingInput", async () => {
    expect(await predict({ modelSpec: sum, inputs: { b: scalar(1) } })).toMatchObject([
      INVALID,
      expect.any(String),
    ]);
  });

  it("PredictionRunError", async () => {
    const onRun = (): void => {
      throw new Error("run error");
    };
    const { predict: call } = predictionService(await loadedManager({ m: [1] }, { onRun }));
    const x = { dtype: 1, tensorShape: { dim: [{ size: 1n }, { size: 1n }] }, floatVal: [1] };
    const answer = await call({ modelSpec: m, inputs: { x } });
    expect(isRefusal(answer) && answer[1]).toContain("run error");
  });

  it("OutputFilters, OutputFiltersFullSet, OutputFiltersWithDefaultInputs", async () => {
    const request = { modelSpec: sum, inputs: { x: scalar(2) } };
    expect(await predict({ ...request, outputFilter: ["twice"] })).toEqual({ twice: 24, ran: "m 124 sum" });
    expect(await predict({ ...request, outputFilter: ["twice", "y"] })).toMatchObject({ twice: 24, y: 12 });
  });

  it("UnmatchedOutputFilters", async () => {
    const request = { modelSpec: sum, inputs: { x: scalar(2) }, outputFilter: ["y", "unmatched"] };
    expect(await predict(request)).toMatchObject([INVALID, expect.stringContaining("unmatched")]);
  });
});

describe("get_model_metadata_impl_test", () => {
  const metadataField = ["signature_def"];

  it("EmptyOrInvalidMetadataFieldList", async () => {
    expect(await service.metadata({ modelSpec: m })).toMatchObject([INVALID, expect.any(String)]);
    expect(await service.metadata({ modelSpec: m, metadataField: ["some_stuff"] })).toEqual([
      INVALID,
      "Metadata field some_stuff is not supported",
    ]);
  });

  it("MissingOrEmptyModelSpec", async () => {
    expect(await service.metadata({ metadataField })).toEqual([INVALID, "Missing ModelSpec"]);
    expect(await service.metadata({ modelSpec: {}, metadataField })).toMatchObject([
      INVALID,
      expect.any(String),
    ]);
  });

  it("ReturnsSignaturesForValidModel, ModelSpecOverride", async () => {
    const modelSpec = { ...m, versionChoice: { case: "versionLabel" as const, value: "stable" } };
    const answer = await service.metadata({ modelSpec, metadataField });
    if (isRefusal(answer)) throw new Error(answer[1]);
    const any = answer.metadata["signature_def"];
    const map = any && anyUnpack(any, SignatureDefMapSchema);
    expect(Object.keys(map?.signatureDef ?? {}).sort()).toEqual(SIGNATURES.map((one) => one.name).sort());
    expect(answer.modelSpec?.versionChoice).toMatchObject({ case: "version", value: { value: 123n } });
  });
});

describe("get_model_status_impl_test", () => {
  const statusOf = async (request: Parameters<typeof service.status>[0]) => {
    const answer = await service.status(request);
    return isRefusal(answer)
      ? answer
      : answer.modelVersionStatus.map((one) => [one.version, one.state, one.status?.errorCode]);
  };

  it("MissingOrEmptyModelSpecFailure", async () => {
    expect(await statusOf({})).toEqual([INVALID, "Missing ModelSpec"]);
  });

  it("InvalidModelNameFailure", async () => {
    expect(await statusOf({ modelSpec: { name: "blah" } })).toEqual([
      NOT_FOUND,
      "Could not find any versions of model blah",
    ]);
  });

  it("InvalidModelVersionFailure", async () => {
    expect(await statusOf({ modelSpec: { ...m, versionChoice: version(99n) } })).toEqual([
      NOT_FOUND,
      "Could not find version 99 of model m",
    ]);
  });

  it("AllVersionsSuccess", async () => {
    expect(await statusOf({ modelSpec: m })).toEqual([
      [124n, 30, 0],
      [123n, 30, 0],
    ]);
  });

  it("SingleVersionSuccess", async () => {
    expect(await statusOf({ modelSpec: { ...m, versionChoice: version(123n) } })).toEqual([[123n, 30, 0]]);
  });

  it("ModelSpecOverride: by label, where TensorFlow Serving's server ignores it", async () => {
    const versionChoice = { case: "versionLabel" as const, value: "stable" };
    expect(await statusOf({ modelSpec: { ...m, versionChoice } })).toEqual([[123n, 30, 0]]);
  });
});

describe("status_util_test", () => {
  it("ConvertsErrorStatusToStatusProto, ConvertsOkStatusToStatusProto", async () => {
    const onLoad = (path: string): void => {
      if (path === "/m/2") throw new Error("no graph");
    };
    const manager = await loadedManager(
      { m: [1] },
      { onLoad },
      { maxLoadRetries: 0, loadRetryIntervalMs: 0 },
    );
    manager.setAspired(
      "m",
      [1, 2].map((number) => ({ version: BigInt(number), path: `/m/${number}` })),
    );
    await settle();
    const answer = await predictionService(manager).status({ modelSpec: m });
    if (isRefusal(answer)) throw new Error(answer[1]);
    expect(answer.modelVersionStatus).toMatchObject([
      {
        version: 2n,
        state: 50,
        status: { errorCode: 2, errorMessage: "Loading servable: {name: m version: 2} failed: no graph" },
      },
      { version: 1n, state: 30, status: { errorCode: 0, errorMessage: "" } },
    ]);
  });
});
