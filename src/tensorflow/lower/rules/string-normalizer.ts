// StringNormalizer: drops stop words, then changes the case. Source: https://onnx.ai/onnx/operators/onnx__StringNormalizer.html
// One row of strings, [C] or [1, C]; where nothing is left, one empty string is.
import { attributeOf } from "../../../graph/graph.ts";
import { tensorFromStrings } from "../../../tensor/tensor.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

const ENCODING = { encoding: "utf-8" };

/** A locale of its own may have a case of its own, such as Turkish. */
function refuseLocale(facts: NodeFacts): string | undefined {
  const locale = facts.string("locale", "en_US");
  return locale === "" || locale.startsWith("en") ? undefined : `its locale ${locale} is not English`;
}

export const stringNormalizer: LoweringRule = {
  op: "StringNormalizer",
  since: 10,
  layout: LOGICAL,
  limits: "English locales",
  refuse: refuseLocale,
  emit(node) {
    const row = node.op("Reshape", [node.logical(0), node.int64s([-1])]);
    const words = attributeOf(node.node, "stopwords", "strings") ?? [];
    const kept = words.length === 0 ? row : withoutWords(node, row, words);
    const action = node.string("case_change_action", "NONE");
    const changed =
      action === "LOWER"
        ? node.op("StringLower", [kept], ENCODING)
        : action === "UPPER"
          ? node.op("StringUpper", [kept], ENCODING)
          : kept;
    return node.rank(0) === 1 ? changed : node.op("ExpandDims", [changed, node.int32(0)]);
  },
};

function withoutWords(node: NodeLowering, row: TfValue, words: readonly string[]): TfValue {
  const bytes = words.map((word) => new TextEncoder().encode(word));
  const stop = node.make(tensorFromStrings([1, words.length], bytes));
  const sensitive = node.int("is_case_sensitive", 0) === 1;
  const alike = (value: TfValue) => (sensitive ? value : node.op("StringLower", [value], ENCODING));
  const column = node.op("Reshape", [alike(row), node.int64s([-1, 1])]);
  const stopped = node.op("Any", [node.op("Equal", [column, alike(stop)]), node.int32s([1])]);
  const places = node.op("Reshape", [
    node.op("Where", [node.op("LogicalNot", [stopped])]),
    node.int64s([-1]),
  ]);
  const left = node.op("GatherV2", [row, places, node.int32(0)]);
  const empty = node.cast(
    node.op("Equal", [node.op("Size", [places], { out_type: "int64" }), node.int64(0)]),
    "int64",
  );
  const filler = node.op("Fill", [
    node.op("Reshape", [empty, node.int64s([1])]),
    node.make(tensorFromStrings([], [new Uint8Array()])),
  ]);
  return node.op("ConcatV2", [[left, filler], node.int32(0)]);
}
