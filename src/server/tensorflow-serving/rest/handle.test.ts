import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { loadedManager, rest, restBytes, restError } from "../../testing/model-server.ts";
import { parseRoute } from "./route.ts";

const MODEL = "saved_model_half_plus_two_2_versions";
const models = await loadedManager({ [MODEL]: [123], two: [4, 7] });
const context = { models };
const url = (rest: string): string => `/v1/models/${MODEL}${rest}`;
const predict = (body: string, path = url(":predict")) => rest(context, { url: path, body });

// TensorFlow Serving's own cases are in ../cases/http-rest-api-handler.test.ts.
describe("addresses", () => {
  it.each([
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

  it("may have the version without the name", async () => {
    expect(await restError(context, { url: "/v1/models/versions/3" })).toEqual([
      400,
      "Missing model name in request.",
    ]);
  });

  it("in capitals ask for the status, and a query is part of the name", () => {
    expect(parseRoute("GET", "/v1/models/50%25/METADATA")).toEqual({
      verb: "status",
      model: { name: "50%" },
    });
    expect(parseRoute("GET", "/v1/models/foo?x=1")).toEqual({ verb: "status", model: { name: "foo?x=1" } });
  });

  it("that are no addresses get libevent's page, and so do methods that nobody knows", async () => {
    for (const path of [
      "/v1/models/a%zz",
      "/v1/models/a b",
      "/v1/models/a[0]",
      "/v1/models/é",
      "/v1/a#b#c",
    ]) {
      const answer = await rest(context, { url: path });
      expect([answer.status, answer.headers]).toEqual([400, { "Content-Type": "text/html" }]);
      expect(answer.body).toContain("<H1>Bad Request</H1>");
    }
    for (const method of ["TRACE", "CONNECT", "PROPFIND"]) {
      const answer = await rest(context, { method, url: url("") });
      expect([answer.status, answer.body.split("\n")[1]]).toEqual([
        501,
        "<TITLE>501 Not Implemented</TITLE>",
      ]);
    }
  });

  it("answers a browser's question", async () => {
    const ask = (origin?: string) =>
      rest(context, { method: "OPTIONS", url: url(""), headers: origin ? { origin } : {} });
    expect(await ask("https://a.example")).toEqual({ status: 200, headers: {}, body: "" });
    expect(await ask()).toEqual({ status: 400, headers: {}, body: "" });
  });

  it("lets pages of other origins in where it was told to, with every answer", async () => {
    const open = { ...context, enableCors: true };
    const cors = {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Methods": "POST, GET",
      "Access-Control-Allow-Headers": "Content-Type",
    };
    const json = { "Content-Type": "application/json", ...cors };
    expect((await rest(open, { url: url("") })).headers).toEqual(json);
    expect((await rest(open, { url: "/v1/nothing" })).headers).toEqual(json);
    const asked = await rest(open, { method: "OPTIONS", url: url("") });
    expect([asked.status, asked.headers]).toEqual([400, cors]);
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

describe("compressed answers", () => {
  const body = `{"instances": [${"0.123456789,".repeat(500)}1.0]}`;
  const ask = (encoding: string, compress = true) =>
    rest({ ...context, compress }, { url: url(":predict"), body, headers: { "accept-encoding": encoding } });

  it("are for clients that take gzip, where the server was told to", async () => {
    const plain = await rest(context, { url: url(":predict"), body });
    const request = { url: url(":predict"), body, headers: { "accept-encoding": "deflate, gzip;q=0.5" } };
    const { headers, bytes } = await restBytes({ ...context, compress: true }, request);
    expect(headers).toMatchObject({ "Content-Encoding": "gzip", "Content-Type": "application/json" });
    expect(gunzipSync(bytes).toString()).toBe(plain.body);
    for (const encoding of ["identity", "gzip;q=0", "br"])
      expect((await ask(encoding)).body).toBe(plain.body);
    expect((await ask("gzip", false)).body).toBe(plain.body);
  });

  it("are not made of what is short", async () => {
    const request = { url: url(""), headers: { "accept-encoding": "gzip" } };
    const { headers, body: text } = await rest({ ...context, compress: true }, request);
    expect(headers["Content-Encoding"]).toBeUndefined();
    expect(JSON.parse(text)).toHaveProperty("model_version_status");
  });
});
