// Operators of com.microsoft that ONNX took over, and those that are refused whole.
import { int, string } from "../../../graph/attribute.ts";
import type { Expansion } from "./expansion.ts";
import { NodeCall } from "./node-call.ts";

/** The same operator in ONNX, with the same inputs and attributes. */
export const SAME: Expansion = {
  ops: ["Trilu", "GatherND", "Range", "Pad"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    return [call.op(draft.op, draft.inputs, call.attributesWithout())];
  },
};

export const EXPAND_DIMS: Expansion = {
  ops: ["ExpandDims"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const axis = call.op("Reshape", [call.cast(call.input(1), "int64"), call.int64s([1])]);
    return [call.op("Unsqueeze", [call.input(0), axis])];
  },
};

/** [batch, channels, ...] + bias [channels] + skip, channels being the last axis. */
export const BIAS_ADD: Expansion = {
  ops: ["BiasAdd"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    return [call.sum(...draft.inputs)];
  },
};

export const GRID_SAMPLE: Expansion = {
  ops: ["GridSample"],
  expand(draft, context) {
    const call = new NodeCall(draft, context);
    const mode = call.string("mode", "bilinear");
    const names: Readonly<Record<string, string>> = { bilinear: "linear", bicubic: "cubic" };
    const attributes = {
      align_corners: int(call.int("align_corners", 0)),
      mode: string(names[mode] ?? mode),
      padding_mode: string(call.string("padding_mode", "zeros")),
    };
    return [call.op("GridSample", draft.inputs, attributes)];
  },
};

/** Layouts of one processor, which the optimiser writes at its highest level. */
export const PROCESSOR_LAYOUT: Expansion = {
  ops: ["NhwcConv", "NhwcFusedConv", "NhwcMaxPool", "QLinearConv"],
  limits: "not supported",
  expand: () => HARDWARE,
};

export const HARDWARE =
  "it stands in the memory layout of one processor; save the model with graph_optimization_level ORT_ENABLE_EXTENDED, or give the file as it was before";
