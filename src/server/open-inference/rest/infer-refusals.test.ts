import { describe, expect, it } from "vitest";
import { signature, spec } from "../../testing/half-plus-two.ts";
import { openInferenceServer } from "../../testing/open-inference.ts";

const PAIR = signature(
  "serving_default",
  [spec("a", "float32", [-1, 2]), spec("b", "int64", [-1, 1])],
  [spec("c", "float32", [-1, 2]), spec("d", "int64", [-1, 1])],
);
const pair = await openInferenceServer([PAIR]);
const INFER = "/v2/models/m/infer";

describe("what is wrong with a request", () => {
  const a = { name: "a", shape: [1, 2], datatype: "FP32", data: [1, 2] };
  const b = { name: "b", shape: [1, 1], datatype: "INT64", data: [5] };
  const deep = "[".repeat(250_000);

  it.each<[string, unknown, string]>([
    ["not JSON", "{", "the request is not JSON"],
    ["empty", "", "the request is not JSON"],
    ["a list", [], "the request is no object"],
    ["more behind it", `${JSON.stringify({ inputs: [a, b] })}x`, "There is more behind it."],
    ["no inputs", {}, "the request has no 'inputs'"],
    ["inputs that are no list", { inputs: {} }, "'inputs' is an object, but must be a list"],
    ["inputs nested too deep", `{"inputs":${deep}`, "nests deeper than 100 levels"],
    [
      "data nested too deep",
      `{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":${deep.slice(0, 200)}${"]".repeat(200)}},${JSON.stringify(b)}]}`,
      "nests deeper than 100 levels",
    ],
    ["a member twice", '{"inputs":[],"inputs":[]}', "the member 'inputs' twice"],
    ["no name", { inputs: [{ ...a, name: undefined }] }, "inputs[0] has no 'name'"],
    ["no shape", { inputs: [{ ...a, shape: undefined }] }, "inputs[0] has no 'shape'"],
    ["no datatype", { inputs: [{ ...a, datatype: undefined }] }, "inputs[0] has no 'datatype'"],
    ["no data", { inputs: [{ ...a, data: undefined }, b] }, "input 'a' has no 'data'"],
    ["data that is no list", { inputs: [{ ...a, data: 5 }, b] }, "the data of input 'a' is a single value"],
    ["a negative size", { inputs: [{ ...a, shape: [-1, 2] }, b] }, "shape [-1,2] is not one"],
    ["a size with a fraction", { inputs: [{ ...a, shape: [1.5, 2] }, b] }, "shape [1.5,2] is not one"],
    ["a shape beyond all memory", { inputs: [{ ...a, shape: [16, 2 ** 60] }, b] }, "is not one"],
    ["a shape that is no list", { inputs: [{ ...a, shape: 2 }, b] }, "the shape of input 'a' is 2"],
    ["an unknown datatype", { inputs: [{ ...a, datatype: "FP31" }, b] }, "datatype 'FP31' is none"],
    [
      "another datatype",
      { inputs: [{ ...a, datatype: "FP64" }, b] },
      "data-type is 'FP64', but model 'm' expects 'FP32'",
    ],
    ["another shape", { inputs: [{ ...a, shape: [2, 1] }, b] }, "Expected [-1,2], got [2,1]"],
    [
      "an unknown input",
      { inputs: [a, { ...b, name: "z" }] },
      "model 'm' has no input 'z'; its inputs are 'a', 'b'",
    ],
    [
      "an input that is missing",
      { inputs: [a] },
      "expected 2 inputs but got 1 inputs for model 'm'; missing: 'b'",
    ],
    ["an input twice", { inputs: [a, a, b] }, "input 'a' was sent twice"],
    [
      "data and bytes",
      { inputs: [{ ...a, parameters: { binary_data_size: 8 } }, b] },
      "both values and bytes",
    ],
    ["an unknown output", { inputs: [a, b], outputs: [{ name: "z" }] }, "model 'm' has no output 'z'"],
    [
      "an output twice",
      { inputs: [a, b], outputs: [{ name: "c" }, { name: "c" }] },
      "output 'c' is asked for twice",
    ],
    ["an id that is no text", { id: 5, inputs: [a, b] }, "'id' is 5, but must be a string"],
    [
      "a reserved parameter",
      { inputs: [a, b], parameters: { triton_x: 1 } },
      "parameter 'triton_x' is reserved",
    ],
    ["a parameter that is a list", { inputs: [a, b], parameters: { p: [] } }, "parameter 'p' is a list"],
    [
      "too many classes",
      { inputs: [a, b], outputs: [{ name: "c", parameters: { classification: 3 } }] },
      "classification 3 is not possible",
    ],
    [
      "an unknown signature",
      { inputs: [a, b], parameters: { signature_name: "q" } },
      "model 'm' has no signature 'q'",
    ],
  ])("is said: %s", async (_, request, reason) => {
    const [status, answer] = await pair.json(INFER, request);
    expect([status, (answer as { error: string }).error]).toEqual([400, expect.stringContaining(reason)]);
  });

  it("members called like parts of objects are members like others", async () => {
    const text = JSON.stringify({ inputs: [a, b] }).replace(
      "{",
      '{"__proto__":{"inputs":1},"constructor":2,',
    );
    expect((await pair.rest({ url: INFER, body: text })).status).toBe(200);
  });

  it("unknown models and versions are not found", async () => {
    expect(await pair.json("/v2/models/z/infer", {})).toEqual([
      404,
      { error: "Request for unknown model: 'z' is not found" },
    ]);
    expect((await pair.json("/v2/models/m/versions/4/infer", {}))[0]).toBe(404);
    expect((await pair.json("/v2/models/m/versions/x/infer", {}))[0]).toBe(400);
    expect((await pair.json("/v2/models/..%2Fm/infer", {}))[0]).toBe(404);
  });

  it("memory that nobody shares is not served", async () => {
    const shared = { ...a, data: undefined, parameters: { shared_memory_region: "r" } };
    expect((await pair.json(INFER, { inputs: [shared, b] }))[0]).toBe(501);
  });
});
