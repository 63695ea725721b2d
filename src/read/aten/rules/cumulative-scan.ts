// Running products, extremes and logarithms of sums.
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import { fixedSize } from "../argument.ts";
import type { Call } from "../call.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";
import { scan } from "../scan.ts";

export const CUMULATIVE_PRODUCT: Rule = {
  targets: ["aten::cumprod.default"],
  emit(call) {
    const { dtype } = call.result();
    const computed = arithmeticDType(dtype);
    const [product] = along(call, [call.as("self", computed)], ([a], [b]) => [call.op("Mul", [a, b])]);
    return call.cast(product as Value, computed, dtype); // as many as went in
  },
};

/** log(exp(x0) + ... + exp(xi)): the larger plus the logarithm of 1 + exp(-gap) */
export const LOG_CUMULATIVE_SUM_EXP: Rule = {
  targets: ["aten::logcumsumexp.default"],
  emit(call) {
    const { dtype } = call.result();
    const combine = ([a, b]: readonly Value[]) => {
      const larger = call.op("Max", [a, b]);
      const gap = call.op("Abs", [call.op("Sub", [a, b])]);
      const sum = call.op("Add", [larger, call.op("Softplus", [call.op("Neg", [gap])])]);
      // Two equal infinities have no gap, but log 2 between them changes nothing.
      const equal = call.op("Add", [larger, call.number(Math.LN2, dtype)]);
      return call.op("Where", [call.op("Equal", [a, b]), equal, sum]);
    };
    return along(call, [call.as("self", dtype)], ([a], [b]) => [combine([a as Value, b as Value])]); // one each
  },
};

/** The extreme so far and the last place where it stood. A NaN stays. */
export const CUMULATIVE_EXTREME: Rule = {
  targets: ["aten::cummax.default", "aten::cummin.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    if (shape.length === 0) return [call.tensor("self"), call.builder.int64(0)];
    const axis = call.axis("dim", shape.length);
    const computed = arithmeticDType(dtype);
    const wins = call.name === "cummax" ? "GreaterOrEqual" : "LessOrEqual";
    const [value, place] = along(
      call,
      [call.as("self", computed), places(call, shape, axis)],
      ([a, i], [b, j]) => {
        const better = call.op(wins, [b, a]);
        const later = isFloat(computed) ? call.op("Or", [better, call.op("IsNaN", [b])]) : better;
        return [call.op("Where", [later, b, a]), call.op("Where", [later, j, i])];
      },
    );
    return [call.cast(value as Value, computed, dtype), place];
  },
};

function along(call: Call, values: readonly Value[], combine: Parameters<typeof scan>[4]): readonly Value[] {
  const shape = call.shape("self");
  if (shape.length === 0) return values;
  const axis = call.axis("dim", shape.length);
  return scan(call, values, axis, shape[axis], combine);
}

/** The place of each element along the axis. */
function places(call: Call, shape: readonly Dim[], axis: number): Value {
  const size = fixedSize(shape[axis]);
  const own = shape.map((_, at) => (at === axis ? size : 1));
  return call.expand(
    call.table(
      "int64",
      own,
      Array.from({ length: size }, (_, index) => index),
    ),
    own,
    shape,
  );
}
