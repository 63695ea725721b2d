// Operators on text. Source: https://onnx.ai/onnx/operators/onnx__StringNormalizer.html
import { int, string } from "../attribute.ts";
import type { OperatorDefinition } from "./definition.ts";
import { result } from "./shapes.ts";

const NORMALIZER: OperatorDefinition = {
  op: "StringNormalizer",
  since: 10,
  attributes: {
    case_change_action: string("NONE"),
    is_case_sensitive: int(0),
    locale: "string",
    stopwords: "strings",
  },
  infer: (context) => {
    const shape = context.shape(0);
    const kept = context.node.attributes.has("stopwords")
      ? shape?.map((dim, axis) => (axis === shape.length - 1 ? context.unknownDim() : dim))
      : shape;
    return [result("string", kept)];
  },
};

const SPLIT: OperatorDefinition = {
  op: "StringSplit",
  since: 20,
  attributes: { delimiter: "string", maxsplit: "int" },
  infer: (context) => {
    const shape = context.shape(0);
    return [result("string", shape && [...shape, context.unknownDim()]), result("int64", shape)];
  },
};

const REGEX_FULL_MATCH: OperatorDefinition = {
  op: "RegexFullMatch",
  since: 20,
  elementwise: true,
  attributes: { pattern: "string" },
  infer: (context) => [result("bool", context.shape(0))],
};

export const STRINGS: readonly OperatorDefinition[] = [NORMALIZER, SPLIT, REGEX_FULL_MATCH];
