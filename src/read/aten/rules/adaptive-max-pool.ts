// Largest elements of adaptive windows: window i of n over m elements is [floor(i m / n), ceil((i + 1) m / n)).
// Equal windows are a MaxPool; unequal ones are gathered side by side, short ones with their first element repeated.
import { int, ints } from "../../../graph/attribute.ts";
import { type Dim, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const ADAPTIVE_MAX_POOL: Rule = {
  targets: [1, 2, 3].map((count) => `aten::adaptive_max_pool${count}d.default`),
  emit(call) {
    const count = Number(/\dd/.exec(call.name)?.[0][0]);
    const shape = call.shape("self");
    const sizes = shape.slice(-count).map(fixed);
    const targets = call.result().shape.slice(-count).map(fixed);
    const kernel = sizes.map((size, axis) => size / (targets[axis] ?? 1));
    return kernel.every((size) => Number.isInteger(size) && size > 0)
      ? equalWindows(call, kernel, sizes)
      : unequalWindows(call, sizes, targets);
  },
};

function fixed(size: Dim): number {
  if (typeof size !== "number") throw new Refusal(`it pools ${size} elements; a fixed size is wanted`);
  return size;
}

function equalWindows(call: Call, kernel: readonly number[], sizes: readonly number[]): Value[] {
  const unbatched = call.rank("self") === kernel.length + 1;
  const input = unbatched ? call.unsqueeze(call.tensor("self"), 0) : call.tensor("self");
  const attributes = { kernel_shape: ints(kernel), strides: ints(kernel) };
  const outputs = call.builder.emitAll("MaxPool", [input], attributes, { outputs: call.wants(1) ? 2 : 1 });
  const [values, flat] = unbatched ? outputs.map((output) => call.squeeze(output, 0)) : outputs;
  if (!values) return [];
  return flat
    ? [
        values,
        call.op("Mod", [
          flat,
          call.number(
            sizes.reduce((a, b) => a * b, 1),
            "int64",
          ),
        ]),
      ]
    : [values];
}

function unequalWindows(call: Call, sizes: readonly number[], targets: readonly number[]): Value[] {
  const windows = windowsOf(sizes, targets);
  const width = Math.max(...windows.map((window) => window.length));
  const table = windows.flatMap((window) =>
    Array.from({ length: width }, (_, at) => window[at] ?? (window[0] as number)),
  );
  const shape = call.shape("self");
  const lead = shape.slice(0, shape.length - sizes.length);
  const flat = call.reshape(call.tensor("self"), shape, [...lead, productOf(sizes)]);
  const axis = lead.length;
  const gathered = call.op("Gather", [flat, call.table("int64", [windows.length, width], table)], {
    axis: int(axis),
  });
  const values = call.reduce("ReduceMax", gathered, [axis + 1], false);
  const result = [call.reshape(values, [...lead, windows.length], call.result().shape)];
  if (!call.wants(1)) return result;
  const within = call.op("ArgMax", [gathered], { axis: int(axis + 1), keepdims: int(0) });
  const starts = call.builder.int64s(windows.map((_, index) => index * width));
  const places = call.op("Gather", [call.builder.int64s(table), call.op("Add", [within, starts])], {
    axis: int(0),
  });
  return [...result, call.reshape(places, [...lead, windows.length], call.result().shape)];
}

/** For each window, row-major, the flat places of its elements. */
function windowsOf(sizes: readonly number[], targets: readonly number[]): number[][] {
  let windows: number[][] = [[0]];
  for (const [axis, size] of sizes.entries()) {
    const target = targets[axis] ?? 1;
    windows = windows.flatMap((window) =>
      Array.from({ length: target }, (_, at) => {
        const [start, end] = [Math.floor((at * size) / target), Math.ceil(((at + 1) * size) / target)];
        return window.flatMap((place) =>
          Array.from({ length: end - start }, (_, step) => place * size + start + step),
        );
      }),
    );
  }
  return windows;
}

/** Values put back to the places that pooling took them from; all other places are 0. */
export const MAX_UNPOOL: Rule = {
  targets: ["aten::max_unpool2d.default", "aten::max_unpool3d.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const count = call.name === "max_unpool2d" ? 2 : 3;
    const lead = shape.slice(0, -count);
    const [inside, outside] = [productOf(shape.slice(-count)), productOf(call.result().shape.slice(-count))];
    const zeros = call.expand(call.number(0, dtype), [], [...lead, outside]);
    const index = call.reshape(call.as("indices", "int64"), shape, [...lead, inside]);
    const values = call.reshape(call.tensor("self"), shape, [...lead, inside]);
    const written = call.op("ScatterElements", [zeros, index, values], { axis: int(-1) });
    return call.reshape(written, [...lead, outside], call.result().shape);
  },
};
