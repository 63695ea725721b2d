// For property tests: small models made of what exporters write, grown one step at a time from random numbers.
// Every model has one input `x: float32[n, 4, 6, 6]` and two outputs; n is free.
import { float, int, ints } from "../../graph/attribute.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { symbol } from "../../graph/dim.ts";
import { Graph, Value } from "../../graph/graph.ts";
import { tensorType } from "../../graph/type.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import { elementCount } from "../../tensor/tensor.ts";

/** A value with its sizes behind the free batch. */
interface Grown {
  readonly value: Value;
  readonly sizes: readonly number[];
}

type Step = (grower: Grower, from: Grown, choice: number) => Grown | undefined;

export const INPUT_SIZES = [4, 6, 6];

/** One model from a list of numbers: each picks a step, the value it starts from, and the details. */
export function randomGraph(choices: readonly number[]): Graph {
  const grower = new Grower();
  for (const choice of choices) grower.grow(choice);
  return grower.finish();
}

class Grower {
  readonly graph = new Graph();
  readonly build = new GraphBuilder(this.graph);
  private readonly values: Grown[] = [];
  private seed = 1;

  constructor() {
    this.graph.opsets.set("", 21);
    const x = new Value("x", tensorType("float32", [symbol("n"), ...INPUT_SIZES]));
    this.graph.inputs.push(x);
    this.values.push({ value: x, sizes: INPUT_SIZES });
  }

  grow(choice: number): void {
    const step = STEPS[choice % STEPS.length];
    const back = Math.floor(choice / 64) % 3;
    const from = this.values[Math.max(0, this.values.length - 1 - back)];
    const next = from && step?.(this, from, Math.floor(choice / 256));
    if (next) this.values.push(next);
  }

  finish(): Graph {
    for (const [index, { value }] of this.values.slice(-2).entries()) {
      const output = this.build.emit("Identity", [value]);
      output.name = `y${index}`;
      this.graph.outputs.push(output);
    }
    return this.graph;
  }

  /** A constant of numbers in [low, low + 1) from a fixed sequence. */
  floats(shape: readonly number[], low = -0.5): Value {
    const numbers = Array.from({ length: elementCount(shape) }, () => {
      this.seed = (Math.imul(this.seed, 1664525) + 1013904223) >>> 0;
      return low + this.seed / 2 ** 32;
    });
    return this.build.constant(tensorOfNumbers("float32", shape, numbers));
  }

  scalar(value: number): Value {
    return this.build.constant(tensorOfNumbers("float32", [], [value]));
  }

  /** A Reshape to [n, ...sizes] whose target is computed from the shape, as exporters do. */
  reshape(from: Value, sizes: readonly number[]): Value {
    const batch = this.build.emit("Gather", [this.build.emit("Shape", [from]), this.build.int64(0)]);
    const row = this.build.emit("Unsqueeze", [batch, this.build.int64s([0])]);
    const target = this.build.emit("Concat", [row, this.build.int64s(sizes)], { axis: int(0) });
    return this.build.emit("Reshape", [from, target]);
  }
}

/** Convolution (grouped, or transposed) and batch normalisation, with or without a second reader between. */
const convNorm: Step = (grower, from, choice) => {
  const { build } = grower;
  const [channels = 0] = from.sizes;
  if (from.sizes.length !== 3) return undefined;
  const kind = choice % 3;
  const groups = choice % 5 > 2 && channels % 2 === 0 ? 2 : 1;
  const weight = grower.floats(kind === 2 ? [channels, 3, 3, 3] : [4, channels / groups, 3, 3]);
  const outputs = kind === 2 ? 3 * groups : 4;
  const attributes = { group: int(groups), pads: ints([1, 1, 1, 1]) };
  const conv = build.emit(kind === 2 ? "ConvTranspose" : "Conv", [from.value, weight], attributes);
  const [scale, bias, mean] = [0, 1, 2].map(() => grower.floats([outputs]));
  const norm = build.emit("BatchNormalization", [conv, scale, bias, mean, grower.floats([outputs], 0.5)]);
  const sizes = [outputs, ...from.sizes.slice(1)];
  return { value: choice % 4 === 0 ? build.emit("Add", [norm, conv]) : norm, sizes };
};

const STEPS: readonly Step[] = [
  convNorm,
  ({ build }, from) => ({ value: build.emit("Identity", [from.value]), sizes: from.sizes }),
  ({ build }, from) => ({ value: build.emit("Cast", [from.value], { to: int(1) }), sizes: from.sizes }),
  (grower, from) => ({
    value: grower.reshape(from.value, [elementCount(from.sizes)]),
    sizes: [elementCount(from.sizes)],
  }),
  (grower, from) => {
    const [first = 1, ...rest] = from.sizes;
    if (first % 2 !== 0) return undefined;
    return { value: grower.reshape(from.value, [2, first / 2, ...rest]), sizes: [2, first / 2, ...rest] };
  },
  ({ build }, from, choice) => {
    const order = from.sizes.map((_, axis) => axis);
    const turned = choice % 2 === 0 ? order.reverse() : [...order.slice(1), ...order.slice(0, 1)];
    const perm = [0, ...turned.map((axis) => axis + 1)];
    const value = build.emit("Transpose", [from.value], { perm: ints(perm) });
    return { value, sizes: turned.map((axis) => from.sizes[axis] ?? 1) };
  },
  (grower, from) => {
    const { build } = grower;
    const shifted = build.emit("Add", [from.value, grower.scalar(3)]);
    const clipped = build.emit("Clip", [shifted, grower.scalar(0), grower.scalar(6)]);
    const product = build.emit("Mul", [from.value, clipped]);
    return { value: build.emit("Div", [product, grower.scalar(6)]), sizes: from.sizes };
  },
  ({ build }, from) => {
    const gate = build.emit("HardSigmoid", [from.value], { alpha: float(1 / 6), beta: float(0.5) });
    return { value: build.emit("Mul", [gate, from.value]), sizes: from.sizes };
  },
  (grower, from) => {
    const { build } = grower;
    const erf = build.emit("Erf", [build.emit("Div", [from.value, grower.scalar(Math.SQRT2)])]);
    const gate = build.emit("Add", [erf, grower.scalar(1)]);
    const half = build.emit("Mul", [from.value, grower.scalar(0.5)]);
    return { value: build.emit("Mul", [half, gate]), sizes: from.sizes };
  },
  (grower, from) => {
    const { build } = grower;
    const axes = build.int64s([-1]);
    const width = [from.sizes.at(-1) ?? 1];
    const centered = build.emit("Sub", [from.value, build.emit("ReduceMean", [from.value, axes])]);
    const variance = build.emit("ReduceMean", [build.emit("Mul", [centered, centered]), axes]);
    const root = build.emit("Sqrt", [build.emit("Add", [variance, grower.scalar(1e-3)])]);
    const scaled = build.emit("Mul", [build.emit("Div", [centered, root]), grower.floats(width)]);
    return { value: build.emit("Add", [scaled, grower.floats(width)]), sizes: from.sizes };
  },
  (grower, from, choice) => {
    const [width] = from.sizes;
    if (from.sizes.length !== 1 || width === undefined) return undefined;
    const { build } = grower;
    const weight = build.emit("Transpose", [grower.floats([5, width])], { perm: ints([1, 0]) });
    const sum = build.emit("Add", [build.emit("MatMul", [from.value, weight]), grower.floats([5])]);
    if (choice % 2 === 0) return { value: sum, sizes: [5] };
    const parameters = [0, 1, 2].map(() => grower.floats([5]));
    return {
      value: build.emit("BatchNormalization", [sum, ...parameters, grower.floats([5], 0.5)]),
      sizes: [5],
    };
  },
  ({ build }, from) => {
    if (from.sizes.length !== 3) return undefined;
    const value = build.emit("ReduceMean", [from.value, build.int64s([2, 3])]);
    return { value, sizes: [from.sizes[0] ?? 1, 1, 1] };
  },
  ({ build }, from) => {
    const size = from.sizes.at(-1) ?? 1;
    const args = [[0], [size + 5], [-1]].map((numbers) => build.int64s(numbers));
    return { value: build.emit("Slice", [from.value, ...args]), sizes: from.sizes };
  },
  ({ build }, from) => {
    const joined = build.emit("Concat", [from.value, from.value], { axis: int(1) });
    return { value: joined, sizes: [(from.sizes[0] ?? 1) * 2, ...from.sizes.slice(1)] };
  },
  ({ build }, from) => {
    const twice = [build.emit("Tanh", [from.value]), build.emit("Tanh", [from.value])];
    return { value: build.emit("Add", twice), sizes: from.sizes };
  },
  ({ build }, from) => {
    const [rows = 1, columns = 1] = from.sizes.slice(-2);
    if (from.sizes.length < 2) return undefined;
    const folded = build.emit("Reshape", [from.value, build.int64s([-1, rows, columns])]);
    const turned = build.emit("Transpose", [folded], { perm: ints([0, 2, 1]) });
    const sizes = [...from.sizes.slice(0, -2), columns, rows];
    return { value: build.emit("Reshape", [turned, build.int64s([-1, ...sizes])]), sizes };
  },
];
