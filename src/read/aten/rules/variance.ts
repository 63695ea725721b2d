// Variance and standard deviation: the sum of squared deviations over n - correction (1 unless told otherwise).
import { productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Facts } from "../argument.ts";
import type { Call } from "../call.ts";
import { axesOf, isEmptyReduction, keepsAxes } from "../reduction.ts";
import type { Rule } from "../rule.ts";

const overloads = (name: string) =>
  ["default", "dim", "correction"].map((overload) => `aten::${name}.${overload}`);

export const VARIANCE: Rule = {
  targets: [...overloads("var"), ...overloads("std")],
  emit: (call) => spread(call).deviation,
};

export const VARIANCE_AND_MEAN: Rule = {
  targets: [...overloads("var_mean"), ...overloads("std_mean")],
  emit(call) {
    const { deviation, mean } = spread(call);
    return [deviation, mean];
  },
};

function spread(call: Call): { deviation: Value; mean: Value } {
  const { shape, dtype } = call.type("self");
  const axes = axesOf(call);
  const keep = keepsAxes(call);
  const x = call.tensor("self");
  if (isEmptyReduction(call)) {
    const nothing = call.expand(call.number(Number.NaN, dtype), [], call.result().shape);
    return { deviation: nothing, mean: nothing };
  }
  const mean = call.reduce("ReduceMean", x, axes, true);
  const centred = call.op("Sub", [x, mean]);
  const sum = call.reduce("ReduceSum", call.op("Mul", [centred, centred]), axes, keep);
  const count = productOf(axes.map((axis) => shape[axis] ?? 1));
  const variance = call.op("Div", [sum, divisor(call, count)]);
  return {
    deviation: call.name.startsWith("std") ? call.op("Sqrt", [variance]) : variance,
    mean: keep || axes.length === 0 ? mean : call.op("Squeeze", [mean, call.builder.int64s(axes)]),
  };

  /** n - correction, not below 0. */
  function divisor(within: Call, size: typeof count): Value {
    const correction = correctionOf(within);
    if (typeof size === "number") return within.number(Math.max(0, size - correction), dtype);
    const counted = within.cast(within.dimEmitter.scalar(size), "int64", dtype);
    const less = within.op("Sub", [counted, within.number(correction, dtype)]);
    return within.op("Max", [less, within.number(0, dtype)]);
  }
}

function correctionOf(call: Facts): number {
  if (call.has("unbiased")) return call.bool("unbiased") ? 1 : 0;
  return call.has("correction") ? call.float("correction") : 1;
}
