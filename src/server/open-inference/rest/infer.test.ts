import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signature, spec } from "../../testing/half-plus-two.ts";
import { ECHO_SIGNATURES, openInferenceServer } from "../../testing/open-inference.ts";
import { openInference } from "../protocol.ts";

const echo = await openInferenceServer(ECHO_SIGNATURES);
const PAIR = signature(
  "serving_default",
  [spec("a", "float32", [-1, 2]), spec("b", "int64", [-1, 1])],
  [spec("c", "float32", [-1, 2]), spec("d", "int64", [-1, 1])],
);
const pair = await openInferenceServer([PAIR]);
const single = await openInferenceServer([
  signature("serving_default", [spec("x", "float32", [-1, 2])], [spec("y", "float32", [-1, 2])]),
]);
const INFER = "/v2/models/m/infer";

/** `data` of a datatype, sent to the model of that dtype. */
function body(datatype: string, signature_name: string, data: unknown, shape: unknown = [1, 2]): unknown {
  return { parameters: { signature_name }, inputs: [{ name: "x", shape, datatype, data }] };
}

/** What came back for it, or the error. */
async function sent(...of: Parameters<typeof body>): Promise<unknown> {
  const [status, answer] = await echo.json(INFER, body(...of));
  const { outputs, error } = answer as { outputs?: { data: unknown }[]; error?: string };
  return status === 200 ? outputs?.[0]?.data : [status, error];
}

/** JSON with bytes behind it. */
function behind(
  json: unknown,
  ...parts: Uint8Array[]
): { body: Uint8Array; headers: Record<string, string> } {
  const head = Buffer.from(JSON.stringify(json));
  const whole = Buffer.concat([head, ...parts]);
  const headers = {
    "inference-header-content-length": `${head.length}`,
    "content-length": `${whole.length}`,
  };
  return { body: whole, headers };
}

const errorOf = (answer: { body: Buffer }): string =>
  (JSON.parse(answer.body.toString()) as { error: string }).error;

describe("values as JSON", () => {
  it("come back as they were sent, in every datatype that has them", async () => {
    expect(await sent("BOOL", "bool", [true, false])).toEqual([true, false]);
    expect(await sent("UINT8", "uint8", [0, 255])).toEqual([0, 255]);
    expect(await sent("UINT16", "uint16", [0, 65535])).toEqual([0, 65535]);
    expect(await sent("UINT32", "uint32", [0, 4294967295])).toEqual([0, 4294967295]);
    expect(await sent("INT8", "int8", [-128, 127])).toEqual([-128, 127]);
    expect(await sent("INT16", "int16", [-32768, 32767])).toEqual([-32768, 32767]);
    expect(await sent("INT32", "int32", [-2147483648, 2147483647])).toEqual([-2147483648, 2147483647]);
    expect(await sent("FP32", "float32", [1, 0.1])).toEqual([1, 0.1]);
    expect(await sent("FP64", "float64", [1e300, 0.1])).toEqual([1e300, 0.1]);
    expect(await sent("BYTES", "string", ["a", "ü\u0000\n"])).toEqual(["a", "ü\u0000\n"]);
  });

  it("of 64 bits are exact", async () => {
    for (const [datatype, dtype, numbers] of [
      ["INT64", "int64", "-9223372036854775808,9223372036854775807"],
      ["UINT64", "uint64", "18446744073709551615,9007199254740993"],
    ]) {
      const text = JSON.stringify(body(`${datatype}`, `${dtype}`, [0, 0])).replace("[0,0]", `[${numbers}]`);
      const answer = await echo.rest({ url: INFER, body: text });
      expect(answer.body.toString()).toContain(`"data":[${numbers}]`);
    }
  });

  it("may be nested or flat, and of no elements; NaN and infinities are words", async () => {
    expect(
      await sent(
        "FP32",
        "float32",
        [
          [1, 2],
          [3, 4],
        ],
        [2, 2],
      ),
    ).toEqual([1, 2, 3, 4]);
    expect(await sent("FP32", "float32", [1, 2, 3, 4], [2, 2])).toEqual([1, 2, 3, 4]);
    expect(await sent("FP32", "float32", [], [0, 2])).toEqual([]);
    const text = JSON.stringify(body("FP32", "float32", [0, 0])).replace("[0,0]", "[NaN,-Infinity]");
    const answer = await echo.rest({ url: INFER, body: text });
    expect(answer.body.toString()).toContain('"data":[NaN,-Infinity]');
  });

  it.each([
    ["INT8", "int8", [300, 0], "element 0 is 300, which is not of datatype INT8"],
    ["UINT32", "uint32", [0, -1], "element 1 is -1, which is not of datatype UINT32"],
    ["UINT8", "uint8", [1.5, 0], "element 0 is 1.5, which is not of datatype UINT8"],
    ["INT32", "int32", ["1", 0], 'element 0 is "1", which is not of datatype INT32'],
    ["INT64", "int64", [true, 0], "element 0 is true, which is not of datatype INT64"],
    ["BOOL", "bool", [1, 0], "element 0 is 1, which is not of datatype BOOL"],
    ["BYTES", "string", ["a", 1], "element 1 is 1, which is not of datatype BYTES"],
    ["FP32", "float32", [0, null], "element 1 is null, which is not of datatype FP32"],
    ["FP32", "float32", [{ a: [1, "b"] }, 1], "element 0 is an object, which is not of datatype FP32"],
    ["FP32", "float32", [1, 2, 3], "3 elements were sent, but its shape [1,2] has 2"],
    ["FP32", "float32", [[1], [2, 3]], "the lists of its data are not of equal sizes and depths"],
    ["FP32", "float32", [1, [2]], "the lists of its data are not of equal sizes and depths"],
    ["FP16", "float16", [1, 2], "FP16 has no form as numbers"],
    ["BF16", "bfloat16", [1, 2], "BF16 has no form as numbers"],
  ])("are refused where they are wrong: %s %s %j", async (datatype, dtype, data, reason) => {
    expect(await sent(datatype, dtype, data)).toEqual([400, expect.stringContaining(`input 'x': ${reason}`)]);
  });

  it("mean the same wherever their datatype stands", async () => {
    const a = { data: [1.5, 2], datatype: "FP32", name: "a", shape: [1, 2] };
    const b = { data: [9007199254740993n], datatype: "INT64", name: "b", shape: [1, 1] };
    const text = JSON.stringify({ inputs: [a, { ...b, data: [0] }] }).replace("[0]", "[9007199254740993]");
    const answer = await pair.rest({ url: INFER, body: text });
    expect(answer.body.toString()).toContain('"data":[9007199254740993]');
    expect(answer.body.toString()).toContain('"data":[1.5,2.0]');
  });

  it("are the same however the body is cut", async () => {
    const whole = Buffer.from(
      JSON.stringify(
        body(
          "INT16",
          "int16",
          [
            [-5, 77],
            [300, 0],
          ],
          [2, 2],
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 5 }), async (cuts) => {
        const at = [0, ...cuts.sort((x, y) => x - y), whole.length];
        const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end));
        const answer = await echo.rest({ url: INFER, body: pieces });
        expect(JSON.parse(answer.body.toString())).toMatchObject({ outputs: [{ data: [-5, 77, 300, 0] }] });
      }),
      { numRuns: 50 },
    );
  });
});

describe("bytes behind the JSON", () => {
  const x = { name: "x", shape: [1, 2], datatype: "FP16", parameters: { binary_data_size: 4 } };
  const half = { parameters: { signature_name: "float16", binary_data_output: true }, inputs: [x], id: "7" };

  it("come back in the order of the outputs, with the id and the header's length", async () => {
    const answer = await echo.rest({ url: INFER, ...behind(half, Uint8Array.of(1, 2, 3, 4)) });
    const length = Number(answer.headers["Inference-Header-Content-Length"]);
    expect(JSON.parse(answer.body.subarray(0, length).toString())).toEqual({
      model_name: "m",
      model_version: "5",
      id: "7",
      outputs: [{ name: "y", datatype: "FP16", shape: [1, 2], parameters: { binary_data_size: 4 } }],
    });
    expect([...answer.body.subarray(length)]).toEqual([1, 2, 3, 4]);
  });

  it("are each request's own behind the same JSON, which is then known; and still must be as many", async () => {
    for (const bytes of [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8), Uint8Array.of(0, 0, 0, 9)]) {
      const answer = await echo.rest({ url: INFER, ...behind(half, bytes) });
      expect([...answer.body.subarray(-4)]).toEqual([...bytes]);
    }
    const answer = await echo.rest({ url: INFER, ...behind(half, Uint8Array.of(1, 2, 3)) });
    expect(answer.status).toBe(400);
    // It is known for this model alone.
    const other = await echo.rest({
      url: INFER.replace("/m/", "/nobody/"),
      ...behind(half, Uint8Array.of(1)),
    });
    expect(other.status).not.toBe(200);
  });

  it("mix with values in the JSON, and each output is as it was asked for", async () => {
    const request = {
      inputs: [
        { name: "b", shape: [1, 1], datatype: "INT64", data: [5] },
        { name: "a", shape: [1, 2], datatype: "FP32", parameters: { binary_data_size: 8 } },
      ],
      outputs: [{ name: "d", parameters: { binary_data: true } }, { name: "c" }],
    };
    const answer = await pair.rest({
      url: INFER,
      ...behind(request, new Uint8Array(Float32Array.of(1, 2).buffer)),
    });
    const length = Number(answer.headers["Inference-Header-Content-Length"]);
    expect(JSON.parse(answer.body.subarray(0, length).toString())).toMatchObject({
      outputs: [
        { name: "d", parameters: { binary_data_size: 8 } },
        { name: "c", data: [1, 2] },
      ],
    });
    expect([...answer.body.subarray(length)]).toEqual([5, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("of BYTES carry the elements' lengths", async () => {
    const bytes = Uint8Array.of(1, 0, 0, 0, 0xff, 0, 0, 0, 0);
    const input = { name: "x", shape: [1, 2], datatype: "BYTES", parameters: { binary_data_size: 9 } };
    const request = { parameters: { signature_name: "string", binary_data_output: true }, inputs: [input] };
    const answer = await echo.rest({ url: INFER, ...behind(request, bytes) });
    expect([...answer.body.subarray(-9)]).toEqual([...bytes]);
    const text = await echo.rest({
      url: INFER,
      ...behind({ ...request, parameters: { signature_name: "string" } }, bytes),
    });
    expect([text.status, errorOf(text)]).toEqual([400, expect.stringContaining("element 0 is not UTF-8")]);
  });

  it.each([
    ["longer than announced", [1, 2, 3, 4, 5], 4, "the body has 5 bytes behind its JSON"],
    ["shorter than announced", [1, 2], 4, "the body has 2 bytes behind its JSON"],
    ["of another size than the shape", [1, 2], 2, "2 bytes were sent, but FP16 of shape [1,2] takes 4"],
    ["of a size that is none", [], -1, "parameter 'binary_data_size' must be a whole number from 0"],
    ["beyond all memory", [], 1e15, "1000000000000000 bytes were sent"],
  ])("are refused if %s", async (_, bytes, size, reason) => {
    const request = { ...half, inputs: [{ ...x, parameters: { binary_data_size: size } }] };
    const answer = await echo.rest({ url: INFER, ...behind(request, Uint8Array.from(bytes)) });
    expect([answer.status, errorOf(answer)]).toEqual([400, expect.stringContaining(reason)]);
  });

  it("are refused where the elements' lengths lie", async () => {
    for (const bytes of [
      [255, 255, 255, 255, 1, 2, 3, 4],
      [0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0, 9],
    ]) {
      const parameters = { binary_data_size: bytes.length };
      const input = { name: "x", shape: [1, 2], datatype: "BYTES", parameters };
      const request = { parameters: { signature_name: "string" }, inputs: [input] };
      const answer = await echo.rest({ url: INFER, ...behind(request, Uint8Array.from(bytes)) });
      expect(errorOf(answer)).toContain("the elements' lengths do not fit");
    }
    const huge = {
      name: "x",
      shape: [2 ** 29, 2],
      datatype: "BYTES",
      parameters: { binary_data_size: 2 ** 45 },
    };
    const request = { parameters: { signature_name: "string" }, inputs: [huge] };
    const answer = await echo.rest({ url: INFER, ...behind(request) });
    expect([answer.status, errorOf(answer)]).toEqual([400, expect.stringContaining("the body has 0 bytes")]);
  });

  it.each(["99999999999", "-1", "0x10", "", "1e3", "7, 7"])(
    "need a length that is one: %j",
    async (header) => {
      const headers = { "inference-header-content-length": header, "content-length": "2" };
      const answer = await echo.rest({ url: INFER, body: "{}", headers });
      expect([answer.status, errorOf(answer)]).toEqual([400, expect.stringContaining("Inference-Header")]);
    },
  );

  it("alone are the model's only input", async () => {
    const headers = { "inference-header-content-length": "0" };
    const bytes = new Uint8Array(Float32Array.of(3, 4).buffer);
    const answer = await single.rest({ url: INFER, body: bytes, headers });
    expect(new Float32Array(Uint8Array.from(answer.body.subarray(-8)).buffer)).toEqual(Float32Array.of(3, 4));
    const long = await single.rest({ url: INFER, body: Buffer.alloc(12), headers });
    expect(errorOf(long)).toContain("12 bytes were sent, but FP32 of shape [1,2] takes 8");
    const two = await pair.rest({ url: INFER, body: bytes, headers });
    expect(errorOf(two)).toContain("cannot be taken for model 'm': it has 2 inputs");
  });
});

describe("a compressed body", () => {
  const text = JSON.stringify(body("INT32", "int32", [1, 2]));

  it.each([
    ["gzip", gzipSync(text)],
    ["deflate", deflateSync(text)],
  ])("is taken: %s", async (encoding, bytes) => {
    const answer = await echo.rest({ url: INFER, body: bytes, headers: { "content-encoding": encoding } });
    expect(JSON.parse(answer.body.toString())).toMatchObject({ outputs: [{ data: [1, 2] }] });
  });

  it("is refused if it inflates to more than the server takes", async () => {
    const [, route] = openInference({ ...echo.context, maxBodyBytes: 50 }).serving.rest;
    const header = (name: string): string | undefined => (name === "content-encoding" ? "gzip" : undefined);
    const answer = await route?.handle({ method: "POST", url: INFER, header, body: [gzipSync(text)] });
    expect(answer?.status).toBe(413);
  });

  it("is refused if it is broken, or of another kind", async () => {
    for (const [encoding, bytes] of [
      ["gzip", Buffer.from("no")],
      ["gzip", gzipSync(text).subarray(0, 20)],
      ["br", Buffer.from(text)],
    ] as const) {
      const answer = await echo.rest({ url: INFER, body: bytes, headers: { "content-encoding": encoding } });
      expect([answer.status, errorOf(answer)]).toEqual([400, expect.stringContaining("Content-Encoding")]);
    }
  });
});

describe("classification", () => {
  it("gives the largest elements of each row with their places", async () => {
    const request = {
      inputs: [
        { name: "a", shape: [2, 2], datatype: "FP32", data: [0.25, 4, 8, -1] },
        { name: "b", shape: [2, 1], datatype: "INT64", data: [5, 6] },
      ],
      outputs: [
        { name: "c", parameters: { classification: 2 } },
        { name: "d", parameters: { classification: 1 } },
      ],
    };
    const [, answer] = await pair.json(INFER, request);
    expect(answer).toMatchObject({
      outputs: [
        {
          name: "c",
          datatype: "BYTES",
          shape: [2, 2],
          data: ["4.000000:1", "0.250000:0", "8.000000:0", "-1.000000:1"],
        },
        { name: "d", datatype: "BYTES", shape: [2, 1], data: ["5:0", "6:0"] },
      ],
    });
  });
});
