// Constant nodes are initializers in the IR: the contents of one, whichever attribute holds them.
// Specification: https://onnx.ai/onnx/operators/onnx__Constant.html
import type { Attributes } from "../../graph/attribute.ts";
import { int64Tensor } from "../../graph/builder.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import { type Tensor, tensorFromStrings } from "../../tensor/tensor.ts";

/** The contents; undefined if no attribute holds any. */
export function constantOf(attributes: Attributes): Tensor | undefined {
  for (const [name, attribute] of attributes) {
    if (name === "value" && attribute.kind === "tensor") return attribute.value;
    if (name === "value_float" && attribute.kind === "float")
      return tensorOfNumbers("float32", [], [attribute.value]);
    if (name === "value_int" && attribute.kind === "int") return int64Tensor([attribute.value], []);
    if (name === "value_string" && attribute.kind === "string")
      return tensorFromStrings([], utf8([attribute.value]));
    if (name === "value_floats" && attribute.kind === "floats") {
      return tensorOfNumbers("float32", [attribute.value.length], attribute.value);
    }
    if (name === "value_ints" && attribute.kind === "ints") {
      return int64Tensor(attribute.value, [attribute.value.length]);
    }
    if (name === "value_strings" && attribute.kind === "strings") {
      return tensorFromStrings([attribute.value.length], utf8(attribute.value));
    }
  }
  return undefined;
}

function utf8(strings: readonly string[]): Uint8Array[] {
  return strings.map((text) => new TextEncoder().encode(text));
}
