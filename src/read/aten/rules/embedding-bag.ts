// Sums, means or maxima of rows of a table, bag by bag. A bag goes from its offset to the next one's.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html
import { int, string } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { type Facts, fixedSize } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

const [MEAN, MAX] = [1, 2];

export const EMBEDDING_BAG: Rule = {
  targets: [
    "aten::embedding_bag.default",
    "aten::embedding_bag.padding_idx",
    "aten::_embedding_bag.default",
    "aten::_embedding_bag_forward_only.default",
  ],
  emit: (call) => [bags(call)],
};

function bags(call: Call): Value {
  const { dtype } = call.type("weight");
  const count = call.result().shape[0] as Dim;
  const width = call.result().shape[1] as Dim;
  const rows = call.op("Gather", [call.tensor("weight"), call.tensor("indices")], { axis: int(0) });
  const bag = call.unsqueeze(bagOf(call), 1);
  const counted = countedRows(call, dtype);
  const mode = call.int("mode");
  const add = (base: Value, updates: Value, how: string) =>
    call.op("ScatterND", [base, bag, updates], { reduction: string(how) });
  const filled = (value: number, columns: Dim) =>
    call.expand(call.number(value, dtype), [], [count, columns]);
  if (mode === MAX) return maxima(call, rows, counted, add, filled, width, dtype);
  let weighted = counted ? call.op("Mul", [rows, counted]) : rows;
  if (call.has("per_sample_weights"))
    weighted = call.op("Mul", [weighted, call.unsqueeze(call.as("per_sample_weights", dtype), 1)]);
  const sum = add(filled(0, width), weighted, "add");
  if (mode !== MEAN) return sum;
  const one = counted ?? call.expand(call.number(1, dtype), [], [call.shape("indices")[0] as Dim, 1]);
  const sizes = add(filled(0, 1), one, "add");
  return call.op("Div", [sum, call.op("Max", [sizes, call.number(1, dtype)])]);
}

function maxima(
  call: Call,
  rows: Value,
  counted: Value | undefined,
  add: (base: Value, updates: Value, how: string) => Value,
  filled: (value: number, columns: Dim) => Value,
  width: Dim,
  dtype: DType,
): Value {
  const lowest = call.number(Number.NEGATIVE_INFINITY, dtype);
  const kept = counted ? call.op("Where", [call.cast(counted, dtype, "bool"), rows, lowest]) : rows;
  const largest = add(filled(Number.NEGATIVE_INFINITY, width), kept, "max");
  const one = counted ?? call.expand(call.number(1, dtype), [], [call.shape("indices")[0] as Dim, 1]);
  const isEmpty = call.op("Equal", [add(filled(0, 1), one, "add"), call.number(0, dtype)]);
  return call.op("Where", [isEmpty, call.number(0, dtype), largest]);
}

/** The bag of each index: how many bags have begun, less one. */
function bagOf(call: Call): Value {
  const offsets = call.as("offsets", "int64");
  const begun = includesLast(call) ? call.slice(offsets, 0, 0, -1) : offsets;
  const places = call.op("Range", [
    call.builder.int64(0),
    call.dimEmitter.scalar(call.shape("indices")[0] as Dim),
    call.builder.int64(1),
  ]);
  const after = call.op("GreaterOrEqual", [call.unsqueeze(places, 1), call.unsqueeze(begun, 0)]);
  const counts = call.reduce("ReduceSum", call.cast(after, "bool", "int64"), [1], false);
  return call.op("Sub", [counts, call.number(1, "int64")]);
}

function includesLast(call: Facts): boolean {
  return call.bool("include_last_offset");
}

/** Only the public operator counts from the end; in the others a negative number means none. */
function paddingOf(call: Facts): number {
  const given = call.has("padding_idx") ? call.int("padding_idx") : -1;
  if (given >= 0 || !call.has("padding_idx") || call.target !== "aten::embedding_bag.padding_idx")
    return given;
  return given + fixedSize(call.shape("weight")[0]);
}

/** 1 for each index that counts and 0 for padding, [n, 1]; undefined if all count. */
function countedRows(call: Call, dtype: DType): Value | undefined {
  const padding = paddingOf(call);
  if (padding < 0) return undefined;
  const same = call.op("Equal", [call.as("indices", "int64"), call.number(padding, "int64")]);
  return call.unsqueeze(call.cast(call.op("Not", [same]), "bool", dtype), 1);
}
