// Pools to a given size: window i of n over m elements is [floor(i m / n), ceil((i + 1) m / n)).
// Equal windows are an AveragePool; unequal ones a product with a matrix of averages, one for each axis.
import { ints } from "../../../graph/attribute.ts";
import { addDims, type Dim, dimKey, subDims } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const ADAPTIVE_AVERAGE_POOL: Rule = {
  targets: [
    "aten::adaptive_avg_pool1d.default",
    "aten::adaptive_avg_pool2d.default",
    "aten::adaptive_avg_pool3d.default",
    "aten::_adaptive_avg_pool2d.default",
    "aten::_adaptive_avg_pool3d.default",
  ],
  emit(call) {
    const count = Number(/\dd/.exec(call.name)?.[0][0]);
    const { shape } = call.type("self");
    const targets = call.result().shape.slice(-count);
    const unbatched = shape.length === count + 1;
    const input = unbatched ? call.unsqueeze(call.tensor("self"), 0) : call.tensor("self");
    const output = pool(call, input, shape.slice(-count), targets);
    return unbatched ? call.squeeze(output, 0) : output;
  },
};

function pool(call: Call, input: Value, sizes: readonly Dim[], targets: readonly Dim[]): Value {
  if (targets.every((target) => target === 1)) return call.op("GlobalAveragePool", [input]);
  const kernel = sizes.map((size, axis) => Number(size) / Number(targets[axis]));
  if (kernel.every((size) => Number.isInteger(size) && size > 0)) {
    return kernel.every((size) => size === 1)
      ? input
      : call.op("AveragePool", [input], { kernel_shape: ints(kernel), strides: ints(kernel) });
  }
  return sizes.reduce<Value>(
    (value, size, axis) => averageAxis(call, value, axis, sizes.length, size, targets[axis] as Dim),
    input,
  );
}

function averageAxis(call: Call, value: Value, axis: number, count: number, size: Dim, target: Dim): Value {
  if (size === target) return value;
  if (target === 1) return call.reduce("ReduceMean", value, [axis + 2], true);
  const { dtype } = call.result();
  const fromEnd = count - axis;
  if (fromEnd === 1) return call.op("MatMul", [value, averages(call, dtype, size, target, false)]);
  const left = averages(call, dtype, size, target, true);
  if (fromEnd === 2) return call.op("MatMul", [left, value]);
  // The third axis from the end changes places with the second for the product.
  const swap = [0, 1, 3, 2, 4];
  return call.transpose(call.op("MatMul", [left, call.transpose(value, swap)]), swap);
}

/** Matrix [size, target] whose column i averages window i; [target, size] if `across`. */
function averages(call: Call, dtype: DType, size: Dim, target: Dim, across: boolean): Value {
  if (typeof size === "number" && typeof target === "number")
    return constantAverages(call, dtype, size, target, across);
  const key = `averages ${dtype} ${dimKey(size)} ${dimKey(target)} ${across}`;
  return call.once(key, () => computedAverages(call, dtype, size, target, across));
}

/** Of free sizes: place p weighs 1 / (end - start) in window i where start <= p < end. */
function computedAverages(call: Call, dtype: DType, size: Dim, target: Dim, across: boolean): Value {
  const [count, windows] = [call.dimEmitter.scalar(size), call.dimEmitter.scalar(target)];
  const upTo = (end: Value) => call.op("Range", [call.number(0, "int64"), end, call.number(1, "int64")]);
  const before = call.op("Mul", [upTo(windows), count]); // i m
  const after = call.op("Add", [before, call.dimEmitter.scalar(subDims(addDims(size, target), 1))]);
  const [start, end] = [before, after].map((product) =>
    call.unsqueeze(call.op("Div", [product, windows]), across ? 1 : 0),
  ) as [Value, Value]; // of two products, two quotients
  const place = call.unsqueeze(upTo(count), across ? 0 : 1);
  const within = call.op("And", [call.op("GreaterOrEqual", [place, start]), call.op("Less", [place, end])]);
  const length = call.cast(call.op("Sub", [end, start]), "int64", dtype);
  return call.op("Div", [call.cast(within, "bool", dtype), length]);
}

function constantAverages(call: Call, dtype: DType, size: number, target: number, across: boolean): Value {
  const matrix = new Float64Array(size * target);
  for (let window = 0; window < target; window += 1) {
    const start = Math.floor((window * size) / target);
    const end = Math.ceil(((window + 1) * size) / target);
    for (let at = start; at < end; at += 1)
      matrix[across ? window * size + at : at * target + window] = 1 / (end - start);
  }
  return call.table(dtype, across ? [target, size] : [size, target], matrix);
}
