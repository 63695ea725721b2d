import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ModelConfigRequestSchema,
  ModelConfigResponseSchema,
  ModelInferRequestSchema,
  ModelInferResponseSchema,
  ModelMetadataRequestSchema,
  ModelMetadataResponseSchema,
  ModelStatisticsRequestSchema,
  ModelStatisticsResponseSchema,
  ModelStreamInferResponseSchema,
  RepositoryIndexRequestSchema,
  RepositoryIndexResponseSchema,
} from "../../../bytes/protobuf/generated/open_inference_pb.ts";
import { Problem } from "../../../core/errors.ts";
import { signature, spec } from "../../testing/half-plus-two.ts";
import { ECHO_SIGNATURES, openInferenceServer } from "../../testing/open-inference.ts";
import { decodeInferRequest, rawContentsOffset } from "./infer-request.ts";
import { SERVICE } from "./route.ts";

type Request = MessageInitShape<typeof ModelInferRequestSchema>;
type Contents = Readonly<Record<string, unknown>>;

const echo = await openInferenceServer(ECHO_SIGNATURES);
const half = await openInferenceServer([
  signature("serving_default", [spec("x", "float32", [-1, 2])], [spec("y", "float32", [-1, 2])]),
]);

const encode = (request: Request): Uint8Array =>
  toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, request));

/** A request to the model of that dtype. */
function of(dtype: string, datatype: string, contents?: Contents, more: Request = {}): Request {
  const parameters = { signature_name: { parameterChoice: { case: "stringParam", value: dtype } } };
  const input = { name: "x", datatype, shape: [1n, 2n], ...(contents ? { contents } : {}) };
  return { modelName: "m", inputs: [input], parameters, ...more } as Request; // the fields are those of the message
}

async function infer(request: Request, server = echo) {
  const reply = await server.grpc("ModelInfer", encode(request));
  return reply instanceof Uint8Array ? fromBinary(ModelInferResponseSchema, reply) : reply;
}

/** The bytes of the one output, or the error. */
async function bytes(request: Request): Promise<unknown> {
  const answer = await infer(request);
  return "outputs" in answer ? [...(answer.rawOutputContents[0] ?? [])] : answer;
}

const bytesOf = (array: { readonly buffer: ArrayBufferLike }): number[] => [...new Uint8Array(array.buffer)];

describe("typed contents", () => {
  it.each<[string, string, Contents, number[]]>([
    ["bool", "BOOL", { boolContents: [true, false] }, [1, 0]],
    ["int8", "INT8", { intContents: [-128, 127] }, bytesOf(Int8Array.of(-128, 127))],
    ["int16", "INT16", { intContents: [-32768, 32767] }, bytesOf(Int16Array.of(-32768, 32767))],
    [
      "int32",
      "INT32",
      { intContents: [-(2 ** 31), 2 ** 31 - 1] },
      bytesOf(Int32Array.of(-(2 ** 31), 2 ** 31 - 1)),
    ],
    [
      "int64",
      "INT64",
      { int64Contents: [-(2n ** 63n), 2n ** 63n - 1n] },
      bytesOf(BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)),
    ],
    ["uint8", "UINT8", { uintContents: [0, 255] }, [0, 255]],
    ["uint16", "UINT16", { uintContents: [1, 65535] }, bytesOf(Uint16Array.of(1, 65535))],
    ["uint32", "UINT32", { uintContents: [1, 2 ** 32 - 1] }, bytesOf(Uint32Array.of(1, 2 ** 32 - 1))],
    [
      "uint64",
      "UINT64",
      { uint64Contents: [1n, 2n ** 64n - 1n] },
      bytesOf(BigUint64Array.of(1n, 2n ** 64n - 1n)),
    ],
    ["float32", "FP32", { fp32Contents: [1.5, Number.NaN] }, bytesOf(Float32Array.of(1.5, Number.NaN))],
    ["float64", "FP64", { fp64Contents: [0.1, -0] }, bytesOf(Float64Array.of(0.1, -0))],
    [
      "string",
      "BYTES",
      { bytesContents: [Uint8Array.of(0, 255), new Uint8Array(0)] },
      [2, 0, 0, 0, 0, 255, 0, 0, 0, 0],
    ],
  ])("come back as bytes: %s", async (dtype, datatype, contents, expected) => {
    expect(await bytes(of(dtype, datatype, contents))).toEqual(expected);
  });

  it.each<[string, string, Contents | undefined, string]>([
    ["int8", "INT8", { intContents: [300, 0] }, "element 0 is 300, which is not of datatype INT8"],
    ["uint16", "UINT16", { uintContents: [0, 65536] }, "element 1 is 65536"],
    ["int32", "INT32", { intContents: [1] }, "1 elements were sent, but its shape [1,2] has 2"],
    ["int32", "INT32", { intContents: [1, 2, 3] }, "3 elements were sent"],
    ["float32", "FP32", { fp32Contents: [1] }, "1 elements were sent"],
    [
      "float32",
      "FP32",
      { fp64Contents: [1, 2] },
      "FP32 is sent in fp32_contents, and other contents were sent",
    ],
    ["float32", "FP32", undefined, "0 elements were sent"],
    ["float16", "FP16", { intContents: [1, 2] }, "FP16 has no form as numbers"],
    ["bfloat16", "BF16", undefined, "BF16 has no form as numbers"],
    ["float32", "FP99", { fp32Contents: [1, 2] }, "datatype 'FP99' is none"],
  ])("are refused where they are wrong: %s as %s, %j", async (dtype, datatype, contents, reason) => {
    expect(await infer(of(dtype, datatype, contents))).toEqual([3, expect.stringContaining(reason)]);
  });

  it("may be long, and shapes may lie", async () => {
    const values = Array.from({ length: 20_000 }, (_, index) => BigInt(index) - 10_000n);
    const request = of("int64", "INT64", { int64Contents: values });
    const long = { ...request, inputs: [{ ...request.inputs?.[0], shape: [10_000n, 2n] }] } as Request; // as above
    expect(await bytes(long)).toEqual(bytesOf(BigInt64Array.from(values)));
    for (const shape of [
      [2n ** 40n, 2n],
      [-1n, 2n],
      [2n ** 63n - 1n, 2n ** 62n],
      [2n ** 29n, 2n],
    ]) {
      const lie = { ...request, inputs: [{ ...request.inputs?.[0], shape }] } as Request; // as above
      expect(await infer(lie)).toEqual([3, expect.stringContaining("input 'x'")]);
    }
  });
});

describe("raw contents", () => {
  const raw = (...contents: number[][]): Request => ({
    rawInputContents: contents.map((one) => Uint8Array.from(one)),
  });

  it("come back as they are, with id, version and shape", async () => {
    const answer = await infer(
      of("bfloat16", "BF16", undefined, { ...raw([1, 2, 3, 4]), id: "9", modelVersion: "3" }),
    );
    expect(answer).toMatchObject({
      modelName: "m",
      modelVersion: "3",
      id: "9",
      outputs: [{ name: "y", datatype: "BF16", shape: [1n, 2n] }],
      rawOutputContents: [Buffer.of(1, 2, 3, 4)],
    });
    expect(await bytes(of("bool", "BOOL", undefined, raw([7, 0])))).toEqual([1, 0]);
    expect(await bytes(of("string", "BYTES", undefined, raw([1, 0, 0, 0, 65, 0, 0, 0, 0])))).toEqual([
      1, 0, 0, 0, 65, 0, 0, 0, 0,
    ]);
  });

  it.each<[string, Request, string]>([
    ["of another size", raw([1, 2, 3]), "3 bytes were sent, but FP16 of shape [1,2] takes 4"],
    ["one too many", raw([1, 2, 3, 4], [1]), "the request has 2 raw_input_contents for 1 inputs"],
    ["of none", { ...raw([1]), inputs: [] }, "expected 1 inputs but got 0 inputs"],
  ])("are refused: %s", async (_, more, reason) => {
    expect(await infer(of("float16", "FP16", undefined, more))).toEqual([3, expect.stringContaining(reason)]);
  });

  it("are not mixed with typed ones", async () => {
    const both = of("float32", "FP32", { fp32Contents: [1, 2] }, raw([0, 0, 0, 0, 0, 0, 0, 0]));
    expect(await infer(both)).toEqual([3, "input 'x' has both values and bytes; send one of them"]);
  });

  it("are found by the message's beginning, so that they can be aligned", () => {
    const message = encode(of("float16", "FP16", undefined, raw([11, 22, 33, 44])));
    const offset = rawContentsOffset(message) ?? 0;
    expect([...message.subarray(offset, offset + 4)]).toEqual([11, 22, 33, 44]);
    expect(rawContentsOffset(message.subarray(0, 10))).toBeUndefined();
  });
});

describe("a message", () => {
  const message = encode(of("int64", "INT64", { int64Contents: [1n, -2n] }, { id: "1" }));

  it("says the same as the library reads", () => {
    const decoded = decodeInferRequest(message);
    expect(decoded).toMatchObject({ name: "m", version: "", id: "1", outputs: [], raw: [] });
    expect([...decoded.parameters]).toEqual([["signature_name", "int64"]]);
    expect(decoded.inputs).toMatchObject([{ name: "x", datatype: "INT64", shape: [1n, 2n] }]);
  });

  it("that is damaged is answered or refused, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(message.length - 1), fc.nat(255), async (at, byte) => {
        const damaged = message.slice();
        damaged[at] = byte;
        const reply = await echo.grpc("ModelInfer", damaged);
        expect(reply instanceof Uint8Array || typeof reply[0] === "number").toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(await echo.grpc("ModelInfer", message.subarray(0, 7))).toEqual([
      13,
      expect.stringContaining("ModelInferRequest"),
    ]);
  });

  it("to nobody is not found", async () => {
    expect(await infer({ modelName: "z" })).toEqual([5, "Request for unknown model: 'z' is not found"]);
    expect(await infer({ modelName: "m", modelVersion: "4" })).toEqual([
      5,
      expect.stringContaining("version 4"),
    ]);
    expect(await infer({ modelName: "m", modelVersion: "x" })).toEqual([
      3,
      expect.stringContaining("whole number"),
    ]);
  });
});

describe("a stream", () => {
  const request = (id: string, modelName = "m"): Uint8Array =>
    encode({ ...of("float32", "FP32", { fp32Contents: [Number(id), 0] }), modelName, id });

  async function answers(messages: Iterable<Uint8Array>, header?: (name: string) => string | undefined) {
    const method = echo.protocol.serving.grpc.get(`/${SERVICE}/ModelStreamInfer`);
    if (!method || !("stream" in method)) throw new Error("there is no stream");
    const all: unknown[] = [];
    async function* sent() {
      yield* messages;
    }
    for await (const reply of method.stream(sent(), new AbortController().signal, header)) {
      if (reply instanceof Problem) all.push(reply.code);
      else {
        const { errorMessage, inferResponse } = fromBinary(
          ModelStreamInferResponseSchema,
          Buffer.concat(reply),
        );
        all.push(errorMessage === "" ? inferResponse?.id : `${inferResponse?.id}: ${errorMessage}`);
      }
    }
    return all;
  }

  it("answers in order, and goes on after a request that is wrong", async () => {
    const ids = Array.from({ length: 30 }, (_, id) => String(id));
    expect(await answers(ids.map((id) => request(id)))).toEqual(ids);
    expect(await answers([request("1"), request("2", "z"), request("3")])).toEqual([
      "1",
      "2: Request for unknown model: 'z' is not found",
      "3",
    ]);
    expect(await answers([])).toEqual([]);
  });

  it("ends with a status where the client wants that", async () => {
    const header = (name: string): string | undefined => (name === "triton_grpc_error" ? "true" : undefined);
    expect(await answers([request("1"), request("2", "z"), request("3")], header)).toEqual([
      "1",
      "OIP_NO_MODEL",
    ]);
  });
});

describe("questions about models", () => {
  it("are answered as over REST", async () => {
    const ask = async (method: string, message: Uint8Array = new Uint8Array(0)): Promise<Uint8Array> => {
      const reply = await half.grpc(method, message);
      if (!(reply instanceof Uint8Array)) throw new Error(String(reply));
      return reply;
    };
    const named = toBinary(ModelMetadataRequestSchema, create(ModelMetadataRequestSchema, { name: "m" }));
    expect([
      ...(await ask("ServerLive")),
      ...(await ask("ServerReady")),
      ...(await ask("ModelReady", named)),
    ]).toEqual([8, 1, 8, 1, 8, 1]);
    expect(fromBinary(ModelMetadataResponseSchema, await ask("ModelMetadata", named))).toMatchObject({
      versions: ["3", "5"],
      inputs: [{ name: "x", datatype: "FP32", shape: [-1n, 2n] }],
    });
    const config = toBinary(ModelConfigRequestSchema, create(ModelConfigRequestSchema, { name: "m" }));
    expect(fromBinary(ModelConfigResponseSchema, await ask("ModelConfig", config)).config).toMatchObject({
      maxBatchSize: 2147483647,
      input: [{ name: "x", dataType: 11, dims: [2n] }],
    });
    const index = toBinary(RepositoryIndexRequestSchema, create(RepositoryIndexRequestSchema, {}));
    expect(
      fromBinary(RepositoryIndexResponseSchema, await ask("RepositoryIndex", index)).models,
    ).toHaveLength(2);
    const input = { name: "x", datatype: "FP32", shape: [1n, 2n], contents: { fp32Contents: [1, 2] } };
    await ask("ModelInfer", encode({ modelName: "m", inputs: [input] }));
    const stats = toBinary(
      ModelStatisticsRequestSchema,
      create(ModelStatisticsRequestSchema, { name: "m", version: "5" }),
    );
    expect(
      fromBinary(ModelStatisticsResponseSchema, await ask("ModelStatistics", stats)).modelStats,
    ).toMatchObject([
      { version: "5", inferenceCount: 1n, executionCount: 1n, inferenceStats: { success: { count: 1n } } },
    ]);
    expect(
      await half.grpc(
        "ModelMetadata",
        toBinary(ModelMetadataRequestSchema, create(ModelMetadataRequestSchema, { name: "z" })),
      ),
    ).toEqual([5, expect.any(String)]);
  });
});
