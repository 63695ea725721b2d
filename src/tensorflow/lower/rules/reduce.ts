// Reductions. Source: https://onnx.ai/onnx/operators/onnx__ReduceSum.html and its siblings.

import { isInteger } from "../../../tensor/dtype.ts";
import type { TfOperator } from "../../builder.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { physicalAxes, reducedAxes, reductionLayout, refuseAxes } from "../reduction.ts";
import type { LoweringRule } from "../rule.ts";
import { widened } from "../widened.ts";

type Formula = (
  node: NodeLowering,
  x: TfValue,
  reduce: (op: TfOperator, value: TfValue) => TfValue,
) => TfValue;

function reduction(op: string, since: number, formula: Formula): LoweringRule {
  const emit = (node: NodeLowering) => {
    const axes = physicalAxes(node);
    const keep_dims = node.int("keepdims", 1) === 1;
    const none = reducedAxes(node)?.length === 0;
    return formula(node, node.data(), (operator, value) =>
      none ? value : widened(node, operator, [value, axes], { keep_dims }),
    );
  };
  return {
    op,
    since,
    layout: reductionLayout,
    limits: "the number of axes is known",
    refuse: refuseAxes,
    emit,
  };
}

/** Through float64 and back for integers, for which roots and logarithms have no kernel. */
function inFloats(formula: Formula): Formula {
  return (node, x, reduce) => {
    if (!isInteger(node.dtype(0))) return formula(node, x, reduce);
    return node.cast(formula(node, node.cast(x, "float64"), reduce), node.dtype(0));
  };
}

/** The maximum of bools is whether any is set. */
function extremum(numbers: TfOperator, bools: TfOperator): Formula {
  return (node, x, reduce) => {
    if (node.dtype(0) !== "bool") return reduce(numbers, x);
    return node.op(bools, [x, physicalAxes(node)], { keep_dims: node.int("keepdims", 1) === 1 });
  };
}

// log(sum(exp(x - m))) + m, where m is the maximum, or 0 where that is infinite
const logSumExp: Formula = (node, x, reduce) => {
  const axes = physicalAxes(node);
  const zero = node.scalar(x.dtype as "float32", 0);
  const top = widened(node, "Max", [x, axes], { keep_dims: true });
  const finite = widened(node, "IsFinite", [top]);
  const shift = node.op("SelectV2", [finite, top, zero]);
  const sum = reduce("Sum", node.op("Exp", [node.op("Sub", [x, shift])]));
  return node.op("AddV2", [node.op("Log", [sum]), reduce("Max", shift)]);
};

export const REDUCTIONS: readonly LoweringRule[] = [
  reduction("ReduceSum", 13, (_, x, reduce) => reduce("Sum", x)),
  reduction("ReduceMean", 18, (_, x, reduce) => reduce("Mean", x)),
  reduction("ReduceProd", 18, (_, x, reduce) => reduce("Prod", x)),
  reduction("ReduceMax", 20, extremum("Max", "Any")),
  reduction("ReduceMin", 20, extremum("Min", "All")),
  reduction("ReduceL1", 18, (node, x, reduce) => reduce("Sum", widened(node, "Abs", [x]))),
  reduction("ReduceSumSquare", 18, (node, x, reduce) => reduce("Sum", widened(node, "Mul", [x, x]))),
  reduction(
    "ReduceL2",
    18,
    inFloats((node, x, reduce) => node.op("Sqrt", [reduce("Sum", node.op("Mul", [x, x]))])),
  ),
  reduction(
    "ReduceLogSum",
    18,
    inFloats((node, x, reduce) => node.op("Log", [reduce("Sum", x)])),
  ),
  reduction("ReduceLogSumExp", 18, inFloats(logSumExp)),
];
