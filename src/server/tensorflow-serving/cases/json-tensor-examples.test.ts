// TensorFlow Serving's util/json_tensor_test.cc: classification, regression and errors, each case under its own name.
// Requests are read by one reader for both methods, as there.
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ExampleSchema } from "../../../bytes/protobuf/generated/tensorflow_example_pb.ts";
import { Problem, problem } from "../../../core/errors.ts";
import { errorResponse } from "../rest/errors.ts";
import { ExamplesBodyReader } from "../rest/read-examples-body.ts";
import { writeResults } from "../rest/write-results.ts";

function read(text: string): ExamplesBodyReader | string {
  const reader = new ExamplesBodyReader();
  reader.feed(Buffer.from(text));
  return reader.finish()?.message ?? reader;
}

/** The features of each example, by name, with the context's. */
function features(text: string): readonly Readonly<Record<string, unknown>>[] {
  const reader = read(text);
  if (typeof reader === "string") throw new Error(reader);
  return reader.examples().map((bytes) => {
    const found = Object.entries(fromBinary(ExampleSchema, bytes).features?.feature ?? {});
    return Object.fromEntries(found.map(([name, { kind }]) => [name, [kind.case, valuesOf(kind.value)]]));
  });
}

function valuesOf(list: { readonly value: readonly unknown[] } | undefined): unknown[] {
  return (list?.value ?? []).map((one) => (one instanceof Uint8Array ? Buffer.from(one).toString() : one));
}

const bytes = (...values: readonly string[]) => ["bytesList", values];
const floats = (...values: readonly number[]) => ["floatList", values];
const longs = (...values: readonly bigint[]) => ["int64List", values];

describe("json_tensor_test: ClassifyRegressRequestTest", () => {
  it("RequestNoContext", () => {
    const text =
      '{"examples": [{"names": [ "foo", "bar" ], "ratings": [ 8.0, 9.0 ], "age": 20}, {"names": [ "baz" ], "ratings": 6.0}]}';
    expect(features(text)).toEqual([
      { names: bytes("foo", "bar"), ratings: floats(8, 9), age: longs(20n) },
      { names: bytes("baz"), ratings: floats(6) },
    ]);
    expect(read(text)).toMatchObject({ signatureName: "" });
  });

  it("RequestWithContextAndSignature", () => {
    const text = `{
      "signature_name": "custom_signture",
      "context": {"query": "pizza", "location": [ "sfo" ]},
      "examples": [
        {"names": [ "foo", "bar" ], "ratings": [ 8.0, 9.0, NaN, Infinity ], "age": 20},
        {"names": [ "baz", { "b64": "aGVsbG8=" } ], "ratings": 6.0, "intboolmix": [ 1, true, false ]},
        {"names": "bar", "ratings": -Infinity}]}`;
    const context = { query: bytes("pizza"), location: bytes("sfo") };
    expect(features(text)).toEqual([
      {
        ...context,
        names: bytes("foo", "bar"),
        ratings: floats(8, 9, Number.NaN, Number.POSITIVE_INFINITY),
        age: longs(20n),
      },
      { ...context, names: bytes("baz", "hello"), ratings: floats(6), intboolmix: longs(1n, 1n, 0n) },
      { ...context, names: bytes("bar"), ratings: floats(Number.NEGATIVE_INFINITY) },
    ]);
    expect(read(text)).toMatchObject({ signatureName: "custom_signture" });
  });

  it.each([
    [
      '{"signature_name": [ "hello" ], "examples": [ { "names": [ "foo", "bar" ] } ]}',
      "'signature_name' key must be a string",
    ],
    ['{"context": [ { "names": [ "foo", "bar" ] } ]}', "Example must be JSON object"],
    ['{"examples": { "names": [ "foo", "bar" ] }}', "list/array"],
    ['{"examples": [ [ { "names": [ "foo", "bar" ] } ] ]}', "Example must be JSON object"],
    ['{"examples": [ { "names": [ 10, null ] } ]}', "names has element with unexpected JSON type: Null"],
    ['{"examples": [ { "names": [ 10, 10.0 ] } ]}', "feature: names expecting type: int64"],
    [
      '{"examples": [ { "names": [ 10, { "test": 10 } ] } ]}',
      "names has element with unexpected JSON type: Object",
    ],
    ['{"examples": [ { "names": [ [10], 20 ] } ]}', "names has element with unexpected JSON type: Array"],
    ['{"examples": [ { "names": [ 20, 18446744073709551603 ] } ]}', "Only int64_t is supported"],
  ])("JsonErrors: %s", (text, part) => {
    expect(read(text)).toContain(part);
  });
});

/** The answer's text, or the message of what is wrong. */
function json(result: Parameters<typeof writeResults>[0]): string {
  const pieces = writeResults(result);
  return pieces instanceof Problem ? pieces.message : Buffer.concat([...pieces]).toString();
}

const NO_CLASSES = {
  kind: "classifications",
  examples: 0,
  classes: 0,
  labels: [],
  scores: undefined,
} as const;

describe("json_tensor_test: ClassifyRegressnResultTest", () => {
  it("JsonFromClassificationResult", () => {
    const labels = ["car", "bike", "bus", "car", "bike", "bus"].map((label) => Buffer.from(label));
    const scores = Float32Array.of(0.2, 0.7, 0.1, 0.7, 0.1, 0.2);
    expect(JSON.parse(json({ kind: "classifications", examples: 2, classes: 3, labels, scores }))).toEqual({
      results: [
        [
          ["car", 0.2],
          ["bike", 0.7],
          ["bus", 0.1],
        ],
        [
          ["car", 0.7],
          ["bike", 0.1],
          ["bus", 0.2],
        ],
      ],
    });
  });

  it("JsonFromRegressionResult", () => {
    const values = Float32Array.of(0.2, 0.9, 1);
    expect(json({ kind: "regressions", values })).toBe('{\n    "results": [0.2, 0.9, 1.0]\n}');
  });

  it("JsonFromRegressionResultWithNonFinite", () => {
    const values = Float32Array.of(0.2, Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, Number.NaN);
    expect(json({ kind: "regressions", values })).toContain("[0.2, Infinity, 1.0, -Infinity, NaN]");
  });

  it("JsonFromResultErrors", () => {
    expect(json(NO_CLASSES)).toBe("Cannot convert empty ClassificationResults to JSON");
    const none = { kind: "regressions", values: new Float32Array(0) } as const;
    expect(json(none)).toBe("Cannot convert empty RegressionResults to JSON");
  });
});

describe("json_tensor_test: MakeJsonFromStatus", () => {
  // StatusOK has no like here: an answer is either a result or a problem.
  it.each(['Bad key: "key"', "Bad key: 'key'"])("StatusError: %s", (text) => {
    const { body, status } = errorResponse(problem("MODEL_NOT_FOUND", { request: text }));
    expect(status).toBe(404);
    expect(JSON.parse(Buffer.concat([...body]).toString())).toEqual({
      error: `Servable not found for request: ${text}`,
    });
  });
});
