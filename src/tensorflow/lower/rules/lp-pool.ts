// LpPool and GlobalLpPool: (sum over the window of |x|^p)^(1/p). Pads are zeros and count as nothing.
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { padValue } from "../pad-value.ts";
import { ANY_ORDER, CHANNELS_LAST, type LoweringRule } from "../rule.ts";
import { slidingWindow } from "../sliding-window.ts";
import type { Window } from "../window.ts";
import { poolWindow } from "./max-pool.ts";

/** Narrow floats are summed in float32. */
function sumType(dtype: DType): DType {
  return dtype === "float64" ? "float64" : "float32";
}

function powers(node: NodeLowering): TfValue {
  const dtype = sumType(node.dtype(0));
  const size = node.op("Abs", [node.cast(node.data(), dtype)]);
  return node.op("Pow", [size, node.scalar(dtype, node.int("p", 2))]);
}

function root(node: NodeLowering, sum: TfValue): TfValue {
  const inverse = node.scalar(sum.dtype as DType, 1 / node.int("p", 2)); // sums are floats
  return node.cast(node.op("Pow", [sum, inverse]), node.dtype(0));
}

export const lpPool: LoweringRule = {
  op: "LpPool",
  since: 18,
  layout: CHANNELS_LAST,
  limits: "1 to 3 spatial dimensions; sizes known where ceil_mode needs them",
  refuse(facts) {
    const window = poolWindow(facts);
    return typeof window === "string" ? window : undefined;
  },
  emit(node) {
    const window = poolWindow(node) as Window; // refuse has checked it
    const after = window.end.map((pad, axis) => pad + (window.extra[axis] ?? 0));
    const cells = padValue(node, powers(node), [0, ...window.begin, 0], [0, ...after, 0]);
    return root(
      node,
      slidingWindow(node, cells, window).reduce((left, right) => node.op("AddV2", [left, right])),
    );
  },
};

export const globalLpPool: LoweringRule = {
  op: "GlobalLpPool",
  since: 2,
  layout: ANY_ORDER,
  emit(node) {
    const spatial = Array.from({ length: node.rank(0) - 2 }, (_, axis) => node.physical(axis + 2));
    return root(node, node.op("Sum", [powers(node), node.int32s(spatial)], { keep_dims: true }));
  },
};
