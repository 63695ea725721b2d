import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import {
  GetModelMetadataRequestSchema,
  GetModelMetadataResponseSchema,
  GetModelStatusRequestSchema,
  GetModelStatusResponseSchema,
  PredictRequestSchema,
  PredictResponseSchema,
  SignatureDefMapSchema,
} from "../../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem } from "../../../core/errors.ts";
import { loadedManager } from "../../testing/model-server.ts";
import { contentOffset } from "./predict-request.ts";
import { tensorflowServingMethods } from "./route.ts";

const models = await loadedManager({ half: [3, 5], other: [1] });
const methods = tensorflowServingMethods({ models });

/** The answer's bytes, or its status and message. */
async function call(path: string, message: Uint8Array): Promise<Uint8Array | readonly [number, string]> {
  const method = methods.get(`/tensorflow.serving.${path}`);
  if (!method || !("handle" in method)) throw new Error(`${path} is not served`);
  const reply = await method.handle({ message, timeoutMs: undefined });
  return reply instanceof Problem ? [reply.row.grpc, reply.message] : Buffer.concat(reply);
}

const x = { dtype: 1, tensorShape: { dim: [{ size: 2n }, { size: 1n }] }, floatVal: [1, 2] };
const predictBytes = (request: MessageInitShape<typeof PredictRequestSchema>): Uint8Array =>
  toBinary(PredictRequestSchema, create(PredictRequestSchema, request));
const predict = (request: MessageInitShape<typeof PredictRequestSchema>) =>
  call("PredictionService/Predict", predictBytes(request));

async function answer(request: MessageInitShape<typeof PredictRequestSchema>) {
  const bytes = await predict(request);
  if (!(bytes instanceof Uint8Array)) throw new Error(String(bytes));
  return fromBinary(PredictResponseSchema, bytes);
}

// What is refused, and in which words: ../cases/grpc-error-texts.test.ts.
describe("Predict", () => {
  it("answers with values in the typed field, and says which version and signature ran", async () => {
    const response = await answer({ modelSpec: { name: "half" }, inputs: { x } });
    expect(response.outputs["y"]).toMatchObject({ dtype: 1, floatVal: [2.5, 3] });
    expect(response.outputs["y"]?.tensorShape?.dim.map((dim) => Number(dim.size))).toEqual([2, 1]);
    expect(response.modelSpec).toMatchObject({ name: "half", signatureName: "serving_default" });
    expect(response.modelSpec?.versionChoice.value).toMatchObject({ value: 5n });
  });

  it("takes a version, a signature, tensor_content and a filter", async () => {
    const tensorContent = new Uint8Array(Float32Array.of(4, 6).buffer);
    const response = await answer({
      modelSpec: {
        name: "half",
        signatureName: "with_version",
        versionChoice: { case: "version", value: { value: 3n } as never },
      },
      inputs: { x: { dtype: 1, tensorShape: x.tensorShape, tensorContent } },
      outputFilter: ["version"],
    });
    expect(Object.keys(response.outputs)).toEqual(["version"]);
    expect(response.outputs["version"]?.int64Val).toEqual([3n, 3n]);
    expect(response.modelSpec).toMatchObject({ signatureName: "with_version" });
  });

  const half = { name: "half" };

  it("refuses what is no message", async () => {
    const whole = predictBytes({ modelSpec: half, inputs: { x } });
    const [code, message] = (await call("PredictionService/Predict", whole.subarray(0, 12))) as [
      number,
      string,
    ];
    expect(code).toBe(13);
    expect(message).toContain("The request is not a PredictRequest");
  });

  it("knows where tensor_content begins", () => {
    const tensorContent = new Uint8Array(100_000).fill(7);
    const bytes = predictBytes({ modelSpec: half, inputs: { x: { ...x, floatVal: [], tensorContent } } });
    const offset = contentOffset(bytes.subarray(0, 100)) ?? 0;
    expect(bytes.subarray(offset, offset + 100_000)).toEqual(tensorContent);
    expect(contentOffset(bytes.subarray(0, 10))).toBeUndefined();
    expect(contentOffset(new Uint8Array(0))).toBeUndefined();
    expect(contentOffset(predictBytes({ modelSpec: half, inputs: { x } }))).toBeUndefined();
  });
});

describe("GetModelMetadata", () => {
  const ask = (request: MessageInitShape<typeof GetModelMetadataRequestSchema>) =>
    call(
      "PredictionService/GetModelMetadata",
      toBinary(GetModelMetadataRequestSchema, create(GetModelMetadataRequestSchema, request)),
    );

  it("packs the signatures", async () => {
    const bytes = await ask({ modelSpec: { name: "half" }, metadataField: ["signature_def"] });
    if (!(bytes instanceof Uint8Array)) throw new Error(String(bytes));
    const { modelSpec, metadata } = fromBinary(GetModelMetadataResponseSchema, bytes);
    expect(modelSpec).toMatchObject({ name: "half", signatureName: "" });
    const any = metadata["signature_def"];
    const map = any && anyUnpack(any, SignatureDefMapSchema);
    expect(any?.typeUrl).toBe("type.googleapis.com/tensorflow.serving.SignatureDefMap");
    const signature = map?.signatureDef["serving_default"];
    expect(signature?.methodName).toBe("tensorflow/serving/predict");
    expect(signature?.inputs["x"]).toMatchObject({ dtype: 1, encoding: { case: "name", value: "x:0" } });
    expect(signature?.inputs["x"]?.tensorShape?.dim.map((dim) => Number(dim.size))).toEqual([-1, 1]);
  });
});

describe("GetModelStatus", () => {
  const ask = (request: MessageInitShape<typeof GetModelStatusRequestSchema>) =>
    call(
      "ModelService/GetModelStatus",
      toBinary(GetModelStatusRequestSchema, create(GetModelStatusRequestSchema, request)),
    );

  it("lists versions, highest first, or the one", async () => {
    const versions = async (modelSpec: MessageInitShape<typeof GetModelStatusRequestSchema>["modelSpec"]) => {
      const bytes = await ask(modelSpec ? { modelSpec } : {});
      if (!(bytes instanceof Uint8Array)) throw new Error(String(bytes));
      const { modelVersionStatus } = fromBinary(GetModelStatusResponseSchema, bytes);
      return modelVersionStatus.map(({ version, state, status }) => [
        Number(version),
        state,
        status?.errorCode,
      ]);
    };
    expect(await versions({ name: "half" })).toEqual([
      [5, 30, 0],
      [3, 30, 0],
    ]);
    const choice = { case: "version" as const, value: { value: 3n } as never };
    expect(await versions({ name: "half", versionChoice: choice })).toEqual([[3, 30, 0]]);
  });
});
