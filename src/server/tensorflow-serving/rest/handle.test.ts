import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { TensorValue } from "../../../engine/engine.ts";
import { HALF_PLUS_TWO, signature, spec } from "../../testing/half-plus-two.ts";
import { loadedManager, type RestAnswer, rest, restError } from "../../testing/model-server.ts";
import { parseRoute } from "./route.ts";

const MODEL = "saved_model_half_plus_two_2_versions";
const models = await loadedManager({ [MODEL]: [123], two: [4, 7] });
const context = { models };
const url = (rest: string): string => `/v1/models/${MODEL}${rest}`;
const predict = (body: string, path = url(":predict")) => rest(context, { url: path, body });

// The cases of TensorFlow Serving's http_rest_api_handler_test.cc that are about predict, status and metadata.
describe("addresses", () => {
  it.each([
    ["GET", "/v1/foo"],
    ["POST", "/v1/foo"],
    ["GET", "/v1/models/debug/model_name"],
    ["POST", "/v1/models"],
    ["GET", "/v1/models/foo:predict"],
    ["GET", "/v1/models/foo/version/50:predict"],
    ["POST", "/v1/models/foo/version/50:regress"],
    ["POST", "/v1/models/foo/versions/HELLO:regress"],
    ["POST", "/v1/models/foo/metadata"],
    ["POST", "/v1/models/foo/label/some_label:regress"],
    ["POST", "/v1/models/foo/versions/50/labels/some_label:regress"],
    ["POST", "/v1/models/foo/versions/some_label:regress"],
    ["POST", `/v1/models/${MODEL}:predict?x=1`],
    ["POST", `/V1/MODELS/${MODEL}:PREDICT`],
    ["GET", `/v1/models/${MODEL}/`],
    ["DELETE", `/v1/models/${MODEL}`],
    ["HEAD", `/v1/models/${MODEL}`],
    ["PUT", `/v1/models/${MODEL}:predict`],
  ])("%s %s is malformed", async (method, path) => {
    expect(await restError(context, { method, url: path, body: "" })).toEqual([
      400,
      `Malformed request: ${method} ${path}`,
    ]);
  });

  it("answers what it does not know with libevent's page", async () => {
    for (const path of ["/", "/v1", "/health", "/v2/health/live", "/statuspage"]) {
      const answer = await rest(context, { url: path });
      expect(answer.status).toBe(404);
      expect(answer.headers).toEqual({ "Content-Type": "text/html" });
      expect(answer.body).toContain("<TITLE>404 Not Found</TITLE>");
    }
  });

  it("wants a name and a version that is a number", async () => {
    expect(await restError(context, { url: "/v1/models" })).toEqual([400, "Missing model name in request."]);
    const version = "18446744073709551615";
    expect(await restError(context, { url: url(`/versions/${version}`) })).toEqual([
      400,
      `Failed to convert version: ${version} to numeric.`,
    ]);
  });

  it("decodes names after it has matched", () => {
    const encoded = "modelname%21%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D";
    const name = "modelname!#$%&'()*+,/:;=?@[]";
    expect(parseRoute("GET", `/v1/models/${encoded}/labels/${encoded}/metadata`)).toEqual({
      verb: "metadata",
      model: { name, label: name },
    });
    expect(parseRoute("POST", `/v1/models/${encoded}/versions/50:predict`)).toEqual({
      verb: "predict",
      model: { name, version: 50n },
    });
    expect(parseRoute("GET", "/v1/models/50%/METADATA")).toEqual({ verb: "status", model: { name: "50%" } });
    expect(parseRoute("GET", "/v1/models/foo?x=1")).toEqual({ verb: "status", model: { name: "foo?x=1" } });
  });

  it("answers a browser's question", async () => {
    const ask = (origin?: string) =>
      rest(context, { method: "OPTIONS", url: url(""), headers: origin ? { origin } : {} });
    expect(await ask("https://a.example")).toEqual({ status: 200, headers: {}, body: "" });
    expect(await ask()).toEqual({ status: 400, headers: {}, body: "" });
    const open = await rest({ ...context, enableCors: true }, { url: url("") });
    expect(open.headers).toMatchObject({ "Access-Control-Allow-Origin": "*" });
  });
});

describe("predict", () => {
  it("answers rows, byte for byte", async () => {
    expect(await predict('{"instances": [1.0, 2.0, 5.0]}')).toEqual({
      status: 200,
      headers: { "Content-Type": "application/json" },
      body: '{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}',
    });
    expect((await predict('{"instances": [[1.0,2.0],[3.0,4.0]]}')).body).toBe(
      '{\n    "predictions": [[2.5, 3.0], [3.5, 4.0]\n    ]\n}',
    );
  });

  it("answers columns, byte for byte", async () => {
    expect((await predict('{"inputs": [[3.0],[4.0]]}')).body).toBe(
      '{\n    "outputs": [\n        [\n            3.5\n        ],\n        [\n            4.0\n        ]\n    ]\n}',
    );
    expect((await predict('{"inputs": 3}')).body).toBe('{\n    "outputs": 3.5\n}');
  });

  it("takes a version and a signature", async () => {
    const named = '{"signature_name": "serving_default", "instances": [3.0, 4.0]}';
    expect((await predict(named, url("/versions/123:predict"))).body).toContain("[3.5, 4.0");
    expect(
      (await predict('{"signature_name":"with_version","instances":[[1.0]]}', "/v1/models/two:predict")).body,
    ).toBe(
      '{\n    "predictions": [\n        {\n            "y": [2.5],\n            "version": 7\n        }\n    ]\n}',
    );
    const columns = '{"inputs":{"x":[[1.0]]},"signature_name":"with_version"}';
    expect((await predict(columns, "/v1/models/two/versions/4:predict")).body).toBe(
      '{\n    "outputs": {\n        "y": [\n            [\n                2.5\n            ]\n        ],\n' +
        '        "version": [\n            4\n        ]\n    }\n}',
    );
  });

  it.each<[string, string, number, string]>([
    [url(":predict"), "", 400, "JSON Parse error: The document is empty"],
    [url(":predict"), "instances = [1, 2]", 400, "JSON Parse error: Invalid value. at offset: 0"],
    ["/v1/models/none:predict", "{", 400, "JSON Parse error: Missing a name for object member. at offset: 1"],
    ["/v1/models/none:predict", '{"instances":[1]}', 404, "Servable not found for request: Latest(none)"],
    ["/v1/models/none/versions/50:predict", "{}", 404, "Servable not found for request: Specific(none, 50)"],
    [url("/versions/50:predict"), "{}", 404, `Servable not found for request: Specific(${MODEL}, 50)`],
    [url("/labels/canary:predict"), "{}", 400, "Unrecognized servable version label: canary"],
    ["/v1/models/none/labels/l:predict", "{}", 400, "Unrecognized servable version label: l"],
    [
      url(":predict"),
      '{"signature_name":"s"}',
      400,
      'Serving signature name: "s" not found in signature def',
    ],
    [url(":predict"), "{}", 400, "Missing 'inputs' or 'instances' key"],
    [url(":predict"), '{"inputs":{"z":[1]}}', 400, "Missing named input: x in 'inputs' object."],
  ])("%s with %j", async (path, body, status, message) => {
    expect(await restError(context, { url: path, body })).toEqual([status, message]);
  });

  it("escapes what it quotes", async () => {
    const { body } = await predict('{"signature_name":"a\\"\\n\\u0001b"}');
    expect(body).toBe(
      '{\n    "error": "Serving signature name: \\"a\\"\\n\\u0001b\\" not found in signature def"\n}',
    );
  });

  it("says what stands in the way of other methods", async () => {
    expect((await restError(context, { url: url(":classify"), body: "{}" }))[0]).toBe(501);
  });

  it("stops at its body limit and at a body that breaks off", async () => {
    const body = `{"instances":[${"1,".repeat(5000)}1]}`;
    const limited = { ...context, maxBodyBytes: 4096 };
    expect(await restError(limited, { url: url(":predict"), body })).toEqual([
      413,
      "The request body is larger than 4096 bytes (maxBodyBytes); send fewer instances a request",
    ]);
    const cut: Iterable<Uint8Array> = {
      *[Symbol.iterator]() {
        yield Buffer.from('{"instances":[');
        throw new Error("aborted");
      },
    };
    expect(await restError(context, { url: url(":predict"), body: cut as never })).toEqual([
      400,
      "The request body ended before it was complete",
    ]);
  });
});

describe("compressed bodies", () => {
  const body = '{"instances": [1.0, 2.0]}';
  const send = (bytes: Uint8Array, encoding: string) =>
    rest(context, { url: url(":predict"), body: bytes, headers: { "content-encoding": encoding } });

  it("are inflated if the header mentions gzip", async () => {
    expect((await send(gzipSync(body), "gzip")).body).toContain("[2.5, 3.0");
    expect((await send(gzipSync(body), "my_gzip")).body).toContain("[2.5, 3.0");
    expect((await send(Buffer.from(body), "identity")).body).toContain("[2.5, 3.0");
  });

  it("count as empty if they are not gzip, cut off, or larger than 100 MiB", async () => {
    const empty = [400, "JSON Parse error: The document is empty"];
    const bomb = gzipSync(Buffer.alloc(101 * 2 ** 20, " "));
    for (const bytes of [Buffer.from(body), gzipSync(body).subarray(0, 20), bomb]) {
      const headers = { "content-encoding": "gzip" };
      expect(await restError(context, { url: url(":predict"), body: bytes, headers })).toEqual(empty);
    }
  });
});

describe("answers", () => {
  const tensor = (
    dtype: "int32" | "float32" | "int64" | "bool" | "float64",
    shape: number[],
    values: number[],
  ) => {
    const arrays = { int32: Int32Array, float32: Float32Array, float64: Float64Array, bool: Uint8Array };
    const data = dtype === "int64" ? new BigInt64Array(values.map(BigInt)) : new arrays[dtype](values);
    return { dtype, shape, data: new Uint8Array(data.buffer) };
  };
  const text = (shape: number[], ...strings: string[]) => ({
    dtype: "string" as const,
    shape,
    data: new Uint8Array(0),
    strings: strings.map((one) => Buffer.from(one)),
  });
  type Outputs = Map<string, TensorValue>;

  /** What a model with these outputs answers, per key of the request. */
  async function answer(outputs: Outputs, key: "instances" | "inputs"): Promise<RestAnswer> {
    const specs = [...outputs].map(([name, value]) => spec(name, value.dtype, undefined));
    const signatures = [signature("serving_default", [spec("x", "float32", undefined)], specs)];
    const models = await loadedManager({ m: [1] }, { signatures, outputs });
    return rest({ models }, { url: "/v1/models/m:predict", body: `{"${key}":[1]}` });
  }

  it.each<[string, Outputs, unknown, unknown]>([
    [
      "FromJsonSingleTensor",
      new Map([["t", tensor("int32", [2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2])]]),
      {
        predictions: [
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          [
            [7, 8],
            [9, 0],
            [1, 2],
          ],
        ],
      },
      {
        outputs: [
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          [
            [7, 8],
            [9, 0],
            [1, 2],
          ],
        ],
      },
    ],
    [
      "FromJsonSingleScalarTensor",
      new Map([["t", tensor("int32", [5], [1, 2, 3, 4, 5])]]),
      { predictions: [1, 2, 3, 4, 5] },
      { outputs: [1, 2, 3, 4, 5] },
    ],
    [
      "FromJsonSingleBytesTensor",
      new Map([["str_tensor_bytes", text([2, 2], "hello", "world", "tf", "serving")]]),
      {
        predictions: [
          [{ b64: "aGVsbG8=" }, { b64: "d29ybGQ=" }],
          [{ b64: "dGY=" }, { b64: "c2VydmluZw==" }],
        ],
      },
      {
        outputs: [
          [{ b64: "aGVsbG8=" }, { b64: "d29ybGQ=" }],
          [{ b64: "dGY=" }, { b64: "c2VydmluZw==" }],
        ],
      },
    ],
    [
      "FromJsonMultipleNamedTensors",
      new Map<string, TensorValue>([
        ["int", tensor("int64", [2, 1], [-1, 2])],
        ["flag", tensor("bool", [2], [1, 0])],
        ["str", text([2], 'a"\n\u0001é', "b")],
        ["double", tensor("float64", [2], [8, 9.5])],
      ]),
      {
        predictions: [
          { int: [-1], flag: true, str: 'a"\n\u0001é', double: 8 },
          { int: [2], flag: false, str: "b", double: 9.5 },
        ],
      },
      { outputs: { int: [[-1], [2]], flag: [true, false], str: ['a"\n\u0001é', "b"], double: [8, 9.5] } },
    ],
    [
      "FromJsonMultipleZeroBatchTensors",
      new Map([
        ["a", tensor("int32", [0, 1, 2], [])],
        ["b", tensor("int32", [0, 3, 4], [])],
      ]),
      { predictions: [] },
      { outputs: { a: [], b: [] } },
    ],
  ])("%s", async (_name, outputs, rows, columns) => {
    expect(JSON.parse((await answer(outputs, "instances")).body)).toEqual(rows);
    expect(JSON.parse((await answer(outputs, "inputs")).body)).toEqual(columns);
  });

  it("prints floats with six digits, and what is not finite bare", async () => {
    const six = tensor("float32", [2, 3], [9000000, 999999, 0.5, 0.0003, 0.00003, 555557.5]);
    expect((await answer(new Map([["t", six]]), "instances")).body).toBe(
      '{\n    "predictions": [[9e+06, 999999.0, 0.5], [0.0003, 3e-05, 555557.5]\n    ]\n}',
    );
    const odd = tensor(
      "float32",
      [2, 2],
      [Number.NaN, Number.POSITIVE_INFINITY, 3, Number.NEGATIVE_INFINITY],
    );
    expect((await answer(new Map([["t", odd]]), "instances")).body).toContain(
      "[[NaN, Infinity], [3.0, -Infinity]",
    );
  });

  it("prints empty lists and lists of no rows", async () => {
    const empty = await answer(new Map([["t", tensor("int32", [2, 0], [])]]), "instances");
    expect(empty.body).toBe('{\n    "predictions": [[], []\n    ]\n}');
    const none = await answer(new Map([["t", tensor("int32", [0, 2], [])]]), "instances");
    expect(none.body).toBe('{\n    "predictions": []\n}');
  });

  it("refuses what has no row form or no JSON form", async () => {
    const message = async (outputs: Outputs, key: "instances" | "inputs" = "instances") => {
      const { status, body } = await answer(outputs, key);
      return [status, (JSON.parse(body) as { error: string }).error];
    };
    expect(await message(new Map([["s", tensor("int32", [], [1])]]))).toEqual([
      400,
      "Tensor name: s has no shape information ",
    ]);
    const uneven = new Map<string, TensorValue>([
      ["a", tensor("int32", [2, 3], [1, 2, 3, 4, 5, 6])],
      ["b", text([1], "x")],
    ]);
    expect(await message(uneven)).toEqual([
      400,
      "Tensor name: b has inconsistent batch size: 1 expecting: 2",
    ]);
    const half = { dtype: "float16" as const, shape: [1], data: new Uint8Array(2) };
    expect(await message(new Map([["h", half]]), "inputs")).toEqual([
      400,
      "Failed to write JSON value for tensor type: half",
    ]);
    expect(await message(new Map())).toEqual([400, "Cannot convert empty tensor map to JSON"]);
  });

  it("writes large answers in pieces that read back as they were", async () => {
    const values = Array.from({ length: 60_000 }, (_, index) => Math.fround(Math.sin(index) * 1000));
    const big = tensor("float32", [3, 100, 200], values);
    for (const key of ["instances", "inputs"] as const) {
      const parsed = JSON.parse((await answer(new Map([["t", big]]), key)).body) as Record<
        string,
        number[][][]
      >;
      const [rows = []] = Object.values(parsed);
      expect(rows.flat(2).map(Math.fround)).toEqual(values);
    }
  });
});

describe("status and metadata", () => {
  it("lists versions, highest first", async () => {
    const { status, body } = await rest(context, { url: "/v1/models/two" });
    expect(status).toBe(200);
    expect(body).toBe(
      `{\n "model_version_status": [\n${[7, 4]
        .map(
          (version) =>
            `  {\n   "version": "${version}",\n   "state": "AVAILABLE",\n   "status": {\n    "error_code": "OK",\n    "error_message": ""\n   }\n  }`,
        )
        .join(",\n")}\n ]\n}\n`,
    );
    for (const path of ["/versions/123", "/labels/whatever"]) {
      expect(JSON.parse((await rest(context, { url: url(path) })).body)).toEqual({
        model_version_status: [
          { version: "123", state: "AVAILABLE", status: { error_code: "OK", error_message: "" } },
        ],
      });
    }
  });

  it("says what there is no status of", async () => {
    expect(await restError(context, { url: "/v1/models/none" })).toEqual([
      404,
      "Could not find any versions of model none",
    ]);
    expect(await restError(context, { url: url("/versions/50") })).toEqual([
      404,
      `Could not find version 50 of model ${MODEL}`,
    ]);
    expect(await restError(context, { url: "/v1/models/none/metadata" })).toEqual([
      404,
      "Servable not found for request: Latest(none)",
    ]);
  });

  it("prints the signatures", async () => {
    const { body } = await rest(context, { url: url("/metadata") });
    expect(body.startsWith('{\n"model_spec":{\n "name": "saved_model_half_plus_two_2_versions",\n')).toBe(
      true,
    );
    const dim = [
      { size: "-1", name: "" },
      { size: "1", name: "" },
    ];
    const tensor = (name: string) => ({
      dtype: "DT_FLOAT",
      tensor_shape: { dim, unknown_rank: false },
      name: `${name}:0`,
    });
    const parsed = JSON.parse(body);
    expect(parsed.model_spec).toEqual({ name: MODEL, signature_name: "", version: "123" });
    expect(Object.keys(parsed.metadata.signature_def.signature_def)).toEqual(
      HALF_PLUS_TWO.map((one) => one.name),
    );
    expect(parsed.metadata.signature_def.signature_def.serving_default).toEqual({
      inputs: { x: tensor("x") },
      outputs: { y: tensor("y") },
      method_name: "tensorflow/serving/predict",
      defaults: {},
    });
  });
});
