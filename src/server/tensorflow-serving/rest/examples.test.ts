import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ExampleSchema } from "../../../bytes/protobuf/generated/tensorflow_example_pb.ts";
import { Problem } from "../../../core/errors.ts";
import { EXAMPLE_MODEL, floatTensor, stringTensor } from "../../testing/example-model.ts";
import { spec } from "../../testing/half-plus-two.ts";
import { loadedManager, rest, restError } from "../../testing/model-server.ts";
import { ExamplesBodyReader } from "./read-examples-body.ts";
import { writeResults } from "./write-results.ts";

const models = await loadedManager({ half: [123] }, EXAMPLE_MODEL);
models.setLabels("half", new Map([["stable", 123n]]));
const context = { models };

/** What the body says, or the message of what is wrong with it; the text comes in pieces of every size. */
function read(text: string, pieceBytes = 7): ExamplesBodyReader | string {
  const reader = new ExamplesBodyReader();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.feed(bytes.subarray(at, at + pieceBytes));
  return reader.finish()?.message ?? reader;
}

/** The features of each example, by name. */
function features(text: string): readonly Record<string, unknown>[] {
  const reader = read(text);
  if (typeof reader === "string") throw new Error(reader);
  return reader.examples().map((bytes) => {
    const { features: all } = fromBinary(ExampleSchema, bytes);
    const entries = Object.entries(all?.feature ?? {}).map(([name, { kind }]) => {
      const values =
        kind.case === "bytesList"
          ? kind.value.value.map((one) => Buffer.from(one).toString())
          : kind.value?.value;
      return [name, kind.case, values];
    });
    return Object.fromEntries(entries.map(([name, kind, values]) => [name, { [String(kind)]: values }]));
  });
}

describe("the body", () => {
  it("has examples of bytes, floats and integers", () => {
    const text = `{"examples":[{"names":["foo","bar"],"ratings":[8.0,9.0],"age":20},{"names":["baz"],"ratings":6.0}]}`;
    expect(features(text)).toEqual([
      {
        names: { bytesList: ["foo", "bar"] },
        ratings: { floatList: [8, 9] },
        age: { int64List: [20n] },
      },
      { names: { bytesList: ["baz"] }, ratings: { floatList: [6] } },
    ]);
  });

  it("has a signature, and a context that every example gets", () => {
    const text = `{"signature_name":"custom_signture","context":{"query":"pizza","location":["sfo"]},
      "examples":[{"ratings":[8.0,9.0,NaN,Infinity],"age":20},
      {"names":["baz",{"b64":"aGVsbG8="}],"ratings":6.0,"intboolmix":[1,true,false]},
      {"names":"bar","ratings":-Infinity}]}`;
    const context = { query: { bytesList: ["pizza"] }, location: { bytesList: ["sfo"] } };
    expect(features(text)).toEqual([
      {
        ...context,
        ratings: { floatList: [8, 9, Number.NaN, Number.POSITIVE_INFINITY] },
        age: { int64List: [20n] },
      },
      {
        ...context,
        names: { bytesList: ["baz", "hello"] },
        ratings: { floatList: [6] },
        intboolmix: { int64List: [1n, 1n, 0n] },
      },
      { ...context, names: { bytesList: ["bar"] }, ratings: { floatList: [Number.NEGATIVE_INFINITY] } },
    ]);
    expect(read(text)).toMatchObject({ signatureName: "custom_signture" });
  });

  it("keeps 64-bit integers, empty lists, other members, and the later of two features", () => {
    const text = `{"more":[{"x":[1]}],"examples":[{"a":[9223372036854775807,-9223372036854775808,-1],"b":[],"c":1,"c":"x"}],"examples":3}`;
    expect(features(text)).toEqual([
      {
        a: { int64List: [2n ** 63n - 1n, -(2n ** 63n), -1n] },
        b: { undefined: undefined },
        c: { bytesList: ["x"] },
      },
    ]);
  });

  it.each([
    ["", "JSON Parse error: The document is empty"],
    [`{"signature_name":["hello"],"examples":[{"a":1}]}`, "'signature_name' key must be a string"],
    [`{"context":[{"a":1}],"examples":[{"a":1}]}`, "Example must be JSON object but got JSON Array"],
    [`{"context":"a","examples":[{"a":null}]}`, "Example must be JSON object but got JSON String"],
    [
      `{"examples":[{"a":null}],"context":{"b":[[1]]}}`,
      "Feature: b has element with unexpected JSON type: Array",
    ],
    [`{"examples":{"a":1}}`, "Expecting 'examples' value to be an list/array"],
    [`{"examples":[]}`, "'examples' value is an empty array"],
    ["{}", "When method is classify, key 'examples' is expected and was not found"],
    [`{"examples":[[{"a":1}]]}`, "Example must be JSON object but got JSON Array"],
    [`{"examples":[1]}`, "Example must be JSON object but got JSON Number"],
    [`{"examples":[{"names":[10,null]}]}`, "Feature: names has element with unexpected JSON type: Null"],
    [`{"examples":[{"names":[10,10.0]}]}`, "Unexpected element type in feature: names expecting type: int64"],
    [
      `{"examples":[{"names":[1.5,true]}]}`,
      "Unexpected element type in feature: names expecting type: float",
    ],
    [`{"examples":[{"names":["a",1]}]}`, "Unexpected element type in feature: names expecting type: bytes"],
    [
      `{"examples":[{"names":[10,{"test":10}]}]}`,
      "Feature: names has element with unexpected JSON type: Object",
    ],
    [
      `{"examples":[{"names":{"b64":"a","c":1}}]}`,
      "Feature: names has element with unexpected JSON type: Object",
    ],
    [`{"examples":[{"names":{"b64":"a"}}]}`, "Unable to base64 decode"],
    [
      `{"examples":[{"names":[1,{"b64":"a"}]}]}`,
      "Unexpected element type in feature: names expecting type: int64",
    ],
    [`{"examples":[{"names":[[10],20]}]}`, "Feature: names has element with unexpected JSON type: Array"],
    [
      `{"examples":[{"names":[20,18446744073709551603]}]}`,
      "Feature: names has uint64_t element. Only int64_t is supported.",
    ],
    [`[1]`, "JSON Value: [1] Is not object"],
    [
      `{"examples":[{"a":null}`,
      "JSON Parse error: Missing a comma or ']' after an array element. at offset: 23",
    ],
  ])("%s: %s", (text, message) => {
    for (const pieceBytes of [1, 7, 1000]) expect(read(text, pieceBytes)).toContain(message);
  });
});

describe("classify and regress", () => {
  const ask = (path: string, body: string) => rest(context, { url: `/v1/models/half${path}`, body });

  it("answer as TensorFlow Serving lays it out", async () => {
    const regress = await ask(
      ":regress",
      `{"signature_name":"regress_x_to_y","examples":[{"x":80.0},{"x":2.0}]}`,
    );
    expect(regress).toMatchObject({ status: 200, body: '{\n    "results": [42.0, 3.0]\n}' });
    expect(regress.headers).toEqual({ "Content-Type": "application/json" });
    const body = `{"signature_name":"classify_x_to_y","examples":[{"x":20.0}]}`;
    expect((await ask("/versions/123:classify", body)).body).toBe(
      '{\n    "results": [[["", 12.0]]\n    ]\n}',
    );
    const labels = `{"signature_name":"classify_with_labels","examples":[{"x":2.0},{"x":4.0}]}`;
    expect(JSON.parse((await ask("/labels/stable:classify", labels)).body)).toEqual({
      results: [
        [
          ["low", -2],
          ["high", 3],
        ],
        [
          ["low", -3],
          ["high", 4],
        ],
      ],
    });
  });

  it.each([
    [
      ":classify",
      `{"examples":[{"x":1.0}]}`,
      400,
      /^No classification inputs found in SignatureDef: inputs \{\n {2}key: "x"\n/,
    ],
    [":regress", `{"examples":[{"x":1.0}]}`, 400, /^No regression inputs found in SignatureDef: inputs \{/],
    [
      ":regress",
      `{"signature_name":"s","examples":[{"x":1.0}]}`,
      400,
      /^No signature was found with the name: s$/,
    ],
    [
      ":regress",
      `{"signature_name":"classify_x_to_y","examples":[{"x":1.0}]}`,
      400,
      /^No regression outputs found in/,
    ],
    [
      ":regress",
      `{"signature_name":"classify_with_labels","examples":[{"x":1.0}]}`,
      400,
      /^Expected one output Tensor\.$/,
    ],
    [
      ":classify",
      `{"signature_name":"regress_x_to_y","examples":[{"x":1.0}]}`,
      400,
      /^Expected classification signature outputs to contain at least one of "classes" or "scores"\. Signature was: /,
    ],
    [
      "/versions/9:classify",
      `{"examples":[{"x":1.0}]}`,
      404,
      /^Servable not found for request: Specific\(half, 9\)$/,
    ],
    ["/versions/9:classify", "{", 400, /^JSON Parse error: /],
    ["/labels/none:regress", `{"examples":[{"x":1.0}]}`, 400, /^Unrecognized servable version label: none$/],
  ])("%s with %s", async (path, body, status, message) => {
    const [code, text] = await restError(context, { url: `/v1/models/half${path}`, body });
    expect(code).toBe(status);
    expect(text).toMatch(message);
  });

  it("look at the method's name where they are told to", async () => {
    const checking = { models, checkMethodNames: true };
    const body = `{"examples":[{"x":1.0}]}`;
    expect(await restError(checking, { url: "/v1/models/half:classify", body })).toEqual([
      400,
      "Expected classification signature method_name to be tensorflow/serving/classify. Was: tensorflow/serving/predict",
    ]);
  });

  it.each([
    [
      "classify",
      "scores",
      floatTensor([2], [1, 2]),
      "Expected Tensor shape: [batch_size num_classes] but got [2]",
    ],
    ["classify", "scores", stringTensor([1, 1], ["a"]), "Expected scores Tensor of DT_FLOAT. Got: DT_STRING"],
    ["classify", "scores", floatTensor([2, 1], [1, 2]), "Expected scores output batch size of 1. Got: 2"],
    [
      "regress",
      "outputs",
      floatTensor([1, 2], [1, 2]),
      "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [1,2]",
    ],
    [
      "regress",
      "outputs",
      floatTensor([2], [1, 2]),
      "Input batch size did not match output batch size: 1 vs. 2",
    ],
    ["regress", "outputs", stringTensor([1], ["a"]), "Expected output Tensor of DT_FLOAT.  Got: DT_STRING"],
  ])("%s refuses what the model brought in %s", async (method, output, tensor, message) => {
    const signatures = [
      {
        name: "serving_default",
        inputs: [spec("inputs", "string", [-1])],
        outputs: [spec(output, tensor.dtype, undefined)],
        methodName: `tensorflow/serving/${method}`,
      },
    ];
    const broken = await loadedManager({ m: [1] }, { signatures, outputs: new Map([[output, tensor]]) });
    const call = { url: `/v1/models/m:${method}`, body: `{"examples":[{"x":1.0}]}` };
    expect(await restError({ models: broken }, call)).toEqual([400, message]);
  });
});

describe("results", () => {
  const text = (result: Parameters<typeof writeResults>[0]): string => {
    const pieces = writeResults(result);
    return pieces instanceof Problem ? pieces.message : Buffer.concat([...pieces]).toString();
  };

  it("write floats as everywhere", () => {
    const values = Float32Array.of(0.2, Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, Number.NaN);
    expect(text({ kind: "regressions", values })).toContain("[0.2, Infinity, 1.0, -Infinity, NaN]");
  });

  it("are not written if there are none", () => {
    expect(text({ kind: "regressions", values: new Float32Array(0) })).toBe(
      "Cannot convert empty RegressionResults to JSON",
    );
    const none = {
      kind: "classifications",
      examples: 0,
      classes: 0,
      labels: undefined,
      scores: undefined,
    } as const;
    expect(text(none)).toBe("Cannot convert empty ClassificationResults to JSON");
  });
});
