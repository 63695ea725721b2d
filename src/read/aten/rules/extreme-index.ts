// Places of extremes, extremes with their places, and sorting. PyTorch takes the first of equal elements, and so do the engines.
// Not so NaN, for PyTorch the largest number: engines order it each in its own way (docs/operators.md).
import { int } from "../../../graph/attribute.ts";
import { type Dim, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import { keepsAxes } from "../reduction.ts";
import type { Rule } from "../rule.ts";

export const ARG_EXTREME: Rule = {
  targets: ["aten::argmax.default", "aten::argmin.default"],
  emit(call) {
    const shape = call.shape("self");
    const op = call.name === "argmax" ? "ArgMax" : "ArgMin";
    const { dtype } = call.type("self");
    const computed = arithmeticDType(dtype);
    const x = call.as("self", computed);
    if (call.has("dim") && shape.length > 0) {
      return call.op(op, [x], {
        axis: int(call.axis("dim", shape.length)),
        keepdims: int(keepsAxes(call) ? 1 : 0),
      });
    }
    const flat = call.reshape(x, shape, [productOf(shape)]);
    return call.reshape(call.op(op, [flat], { axis: int(0), keepdims: int(0) }), [], call.result().shape);
  },
};

export const EXTREME_ALONG: Rule = {
  targets: ["aten::max.dim", "aten::min.dim"],
  emit(call) {
    const rank = call.rank("self");
    if (rank === 0) return [call.tensor("self"), call.builder.int64(0)];
    const { dtype } = call.type("self");
    const computed = arithmeticDType(dtype);
    const x = call.as("self", computed);
    const axis = call.axis("dim", rank);
    const kind = call.name === "max" ? "Max" : "Min";
    const value = call.reduce(`Reduce${kind}`, x, [axis], keepsAxes(call));
    const place = call.op(`Arg${kind}`, [x], { axis: int(axis), keepdims: int(keepsAxes(call) ? 1 : 0) });
    return [call.cast(value, computed, dtype), place];
  },
};

export const TOP_K: Rule = {
  targets: ["aten::topk.default"],
  emit(call) {
    const rank = call.rank("self");
    if (rank === 0) return [call.tensor("self"), call.builder.int64(0)];
    return largest(call, call.axis("dim", rank), call.dim("k"), call.bool("largest"));
  },
};

export const SORT: Rule = {
  targets: ["aten::sort.default", "aten::sort.stable"],
  emit: (call) => sorted(call, call.bool("descending")),
};

export const ARG_SORT: Rule = {
  targets: ["aten::argsort.default", "aten::argsort.stable"],
  emit: (call) => sorted(call, call.bool("descending"))[1] as Value, // values and places
};

/** Sorted along the first axis. */
export const MATRIX_SORT: Rule = {
  targets: ["aten::msort.default"],
  emit(call) {
    const shape = call.shape("self");
    return shape.length === 0 ? call.tensor("self") : (largest(call, 0, shape[0] as Dim, false)[0] as Value); // two outputs
  },
};

/** The k-th smallest element along an axis. */
export const KTH_VALUE: Rule = {
  targets: ["aten::kthvalue.default"],
  emit(call) {
    const rank = call.rank("self");
    if (rank === 0) return [call.tensor("self"), call.builder.int64(0)];
    const axis = call.axis("dim", rank);
    const index = call.builder.int64(call.int("k") - 1);
    return largest(call, axis, call.int("k"), false).map((value) => {
      const picked = call.op("Gather", [value, index], { axis: int(axis) });
      return keepsAxes(call) ? call.unsqueeze(picked, axis) : picked;
    });
  },
};

function sorted(call: Call, descending: boolean): Value[] {
  const shape = call.shape("self");
  if (shape.length === 0) return [call.tensor("self"), call.builder.int64(0)];
  const axis = call.axis("dim", shape.length);
  return largest(call, axis, shape[axis] as Dim, descending);
}

/** The k largest or smallest in order, and their places. */
function largest(call: Call, axis: number, k: Dim, descending: boolean): Value[] {
  const { dtype } = call.type("self");
  const computed = arithmeticDType(dtype);
  const attributes = { axis: int(axis), largest: int(descending ? 1 : 0), sorted: int(1) };
  const [values, places] = call.builder.emitAll(
    "TopK",
    [call.as("self", computed), call.vector([k])],
    attributes,
    { outputs: 2 },
  );
  return [call.cast(values as Value, computed, dtype), places as Value]; // two outputs were asked for
}
