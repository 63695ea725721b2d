// What classify and regress read and answer over REST, beside the cases of TensorFlow Serving's own tests.
// Not here: those cases, and the sentences that refuse a request (cases/json-tensor-examples.test.ts,
// cases/rest-example-error-texts.test.ts).
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ExampleSchema } from "../../../bytes/protobuf/generated/tensorflow_example_pb.ts";
import { EXAMPLE_MODEL, floatTensor, stringTensor } from "../../testing/example-model.ts";
import { spec } from "../../testing/half-plus-two.ts";
import { loadedManager, rest, restError } from "../../testing/model-server.ts";
import { ExamplesBodyReader } from "./read-examples-body.ts";

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
function features(text: string, pieceBytes?: number): readonly Record<string, unknown>[] {
  const reader = read(text, pieceBytes);
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
  it("is the same however it is cut", () => {
    const text = `{"signature_name":"s","context":{"query":"pizza","location":["sfo"]},
      "examples":[{"ratings":[8.0,9.5e0,NaN,-Infinity],"age":20},{"names":["b\\u00e4r",{"b64":"aGVsbG8="}],"flags":[1,true]}]}`;
    const context = { query: { bytesList: ["pizza"] }, location: { bytesList: ["sfo"] } };
    const ratings = { floatList: [8, 9.5, Number.NaN, Number.NEGATIVE_INFINITY] };
    for (let pieceBytes = 1; pieceBytes <= text.length; pieceBytes++) {
      expect(features(text, pieceBytes)).toEqual([
        { ...context, ratings, age: { int64List: [20n] } },
        { ...context, names: { bytesList: ["bär", "hello"] }, flags: { int64List: [1n, 1n] } },
      ]);
    }
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
    [`{"context":{"b":[[1]]}}`, "Feature: b has element with unexpected JSON type: Array"],
    [`{"examples":[1]}`, "Example must be JSON object but got JSON Number"],
    [
      `{"examples":[{"names":[1.5,true]}]}`,
      "Unexpected element type in feature: names expecting type: float",
    ],
    [
      `{"examples":[{"names":{"b64":"a","c":1}}]}`,
      "Feature: names has element with unexpected JSON type: Object",
    ],
    [
      `{"examples":[{"names":[1,{"b64":"a"}]}]}`,
      "Unexpected element type in feature: names expecting type: int64",
    ],
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
      "/versions/9:classify",
      `{"examples":[{"x":1.0}]}`,
      404,
      "Servable not found for request: Specific(half, 9)",
    ],
    ["/versions/9:classify", "{", 400, "JSON Parse error: Missing a name for object member. at offset: 1"],
    ["/labels/none:regress", `{"examples":[{"x":1.0}]}`, 400, "Unrecognized servable version label: none"],
  ])("%s with %s", async (path, body, status, message) => {
    expect(await restError(context, { url: `/v1/models/half${path}`, body })).toEqual([status, message]);
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
