// Packed sequences: the steps of all sequences one after the other without padding, time before batch, and for each step
// how many sequences it has. Sequences are sorted, longest first, so those of a step are the first ones of the batch.
// Layout: data [sum of lengths, ...], batch sizes int64 [T]; padded [T, B, ...], lengths int64 [B].
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html
import { int } from "../../graph/attribute.ts";
import type { Value } from "../../graph/graph.ts";
import type { Call } from "./call.ts";

/** [T, B], true where a step belongs to a sequence. */
export interface Packing {
  readonly mask: Value;
}

export function packingOfLengths(call: Call, lengths: Value): Packing {
  const steps = call.reduce("ReduceMax", lengths, [0], false);
  return { mask: call.op("Less", [call.unsqueeze(count(call, steps), 1), call.unsqueeze(lengths, 0)]) };
}

export function packingOfSizes(call: Call, sizes: Value): Packing {
  const sequences = call.reduce("ReduceMax", sizes, [0], false);
  return { mask: call.op("Less", [call.unsqueeze(count(call, sequences), 0), call.unsqueeze(sizes, 1)]) };
}

/** How many sequences a step has, or how many steps a sequence. */
export function countsOf(call: Call, { mask }: Packing, of: "steps" | "sequences"): Value {
  return call.reduce("ReduceSum", call.cast(mask, "bool", "int64"), [of === "steps" ? 1 : 0], false);
}

/** Padded [T, B, ...] to data. Steps beyond the longest sequence are left out. */
export function pack(call: Call, padded: Value, { mask }: Packing): Value {
  return call.op("GatherND", [padded, call.transpose(call.op("NonZero", [mask]), [1, 0])]);
}

/** Data [n, F] to padded [T, B, F], `filling` where no sequence has a step. */
export function unpack(call: Call, data: Value, width: Value, filling: Value, { mask }: Packing): Value {
  const places = call.transpose(call.op("NonZero", [mask]), [1, 0]);
  const shape = call.op("Concat", [call.op("Shape", [mask]), width], { axis: int(0) });
  return call.op("ScatterND", [call.op("Expand", [filling, shape]), places, data]);
}

/** The sizes of data after the first axis, int64. */
export function widthOf(call: Call, data: Value): Value {
  return call.op("Shape", [data], { start: int(1) });
}

function count(call: Call, size: Value): Value {
  return call.op("Range", [call.builder.int64(0), size, call.builder.int64(1)]);
}
