import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ExampleSchema } from "../../bytes/protobuf/generated/tensorflow_example_pb.ts";
import { parsePythonLiteral } from "../python/parse-literal.ts";
import { exampleTensor } from "./tf-example.ts";

function examples(text: string) {
  const value = parsePythonLiteral(text);
  if (!value) throw new Error(`${text} is no literal`);
  return exampleTensor("x", value);
}

describe("exampleTensor", () => {
  it("makes one serialized Example an entry, its lists of the kind of their first value", () => {
    const { dtype, shape, strings } = examples(
      `[{"id": [26], "w": [0.5, 1], "s": ["a", "b"], "b": [b"\\xff"]}, {}]`,
    );
    expect({ dtype, shape }).toEqual({ dtype: "string", shape: [2] });
    const { features } = fromBinary(ExampleSchema, strings?.[0] ?? new Uint8Array());
    const kinds = Object.entries(features?.feature ?? {}).map(([name, { kind }]) => [
      name,
      kind.case,
      kind.value?.value,
    ]);
    expect(kinds.sort()).toEqual([
      ["b", "bytesList", [Uint8Array.of(255)]],
      ["id", "int64List", [26n]],
      ["s", "bytesList", [new TextEncoder().encode("a"), new TextEncoder().encode("b")]],
      ["w", "floatList", [0.5, 1]],
    ]);
  });

  it.each([
    ["{'a': [1]}", "tf.Example input must be a list of dictionaries, a dict was given"],
    ["[1]", "an example must be a dictionary, not a int"],
    ["[{'a': 1}]", "feature value must be a list, but a is a int"],
    ["[{1: [1]}]", "a feature's name must be a string, not a int"],
    ["[{'a': [[1]]}]", "feature a: a list is not supported"],
    ["[{'a': []}]", "feature a is empty"],
    ["[{'a': [1, 'b']}]", "feature a begins with a int, a str follows"],
  ])("refuses %s", (text, reason) => {
    expect(() => examples(text)).toThrow(`--input_examples x: ${reason}`);
  });
});
