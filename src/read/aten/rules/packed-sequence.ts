// Sequences of different lengths packed before a recurrent layer, and padded again behind it.
// Not here: how they are packed (../packed-sequence.ts), the layers (recurrent.ts).
import { sameDim } from "../../../graph/dim.ts";
import type { Call } from "../call.ts";
import { countsOf, pack, packingOfLengths, packingOfSizes, unpack, widthOf } from "../packed-sequence.ts";
import type { Rule } from "../rule.ts";

/** Data, and how many sequences each step has. */
export const PACK: Rule = {
  targets: ["aten::_pack_padded_sequence.default"],
  emit(call) {
    const packing = packingOfLengths(call, call.as("lengths", "int64"));
    return [pack(call, timeFirst(call), packing), countsOf(call, packing, "steps")];
  },
};

function timeFirst(call: Call) {
  const input = call.tensor("input");
  const rest = [...call.shape("input").keys()].slice(2);
  return call.bool("batch_first") ? call.transpose(input, [1, 0, ...rest]) : input;
}

/** Padded sequences, and their lengths. */
export const UNPACK: Rule = {
  targets: ["aten::_pad_packed_sequence.default"],
  limits: "the longest sequence tells how many steps there are (no other total_length)",
  refuse(call) {
    const total = call.dim("total_length");
    const own = sameDim(total, call.shape("batch_sizes")[0] ?? 0);
    return own || (typeof total === "number" && total <= 0) ? undefined : "a total length is not supported";
  },
  emit(call) {
    const { dtype, shape } = call.type("data");
    const packing = packingOfSizes(call, call.as("batch_sizes", "int64"));
    const data = call.tensor("data");
    const padded = unpack(call, data, widthOf(call, data), call.as("padding_value", dtype), packing);
    const rest = shape.slice(1).map((_, axis) => axis + 2);
    const turned = call.bool("batch_first") ? call.transpose(padded, [1, 0, ...rest]) : padded;
    return [turned, countsOf(call, packing, "sequences")];
  },
};
