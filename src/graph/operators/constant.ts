// Constant: one of several attributes holds the value. Source: https://onnx.ai/onnx/operators/onnx__Constant.html
// Not here: sparse_value, which readers make dense.
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import { type Tensor, tensorFromStrings } from "../../tensor/tensor.ts";
import type { Attribute } from "../attribute.ts";
import { int64Tensor } from "../builder.ts";
import { tensorType } from "../type.ts";
import type { InferContext, OperatorDefinition } from "./definition.ts";

export const CONSTANT: OperatorDefinition = {
  op: "Constant",
  since: 13,
  attributes: {
    value: "tensor",
    value_float: "float",
    value_floats: "floats",
    value_int: "int",
    value_ints: "ints",
    value_string: "string",
    value_strings: "strings",
  },
  infer: (context) => {
    const tensor = constantOf(context);
    return [tensor && { type: tensorType(tensor.dtype, tensor.shape) }];
  },
  move: constantOf,
};

function constantOf(context: InferContext): Tensor | undefined {
  const [attribute] = context.node.attributes.values();
  return attribute && tensorOf(attribute);
}

function tensorOf(attribute: Attribute): Tensor | undefined {
  const utf8 = new TextEncoder();
  switch (attribute.kind) {
    case "tensor":
      return attribute.value;
    case "float":
      return tensorOfNumbers("float32", [], [attribute.value]);
    case "floats":
      return tensorOfNumbers("float32", [attribute.value.length], attribute.value);
    case "int":
      return int64Tensor([attribute.value], []);
    case "ints":
      return int64Tensor(attribute.value, [attribute.value.length]);
    case "string":
      return tensorFromStrings([], [utf8.encode(attribute.value)]);
    case "strings":
      return tensorFromStrings(
        [attribute.value.length],
        attribute.value.map((text) => utf8.encode(text)),
      );
    default:
      return undefined;
  }
}
