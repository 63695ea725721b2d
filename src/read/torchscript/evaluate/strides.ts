// Strides of values as far as they are certain: whether a reshape shares memory with its argument depends on them.
// A value without an entry may lie in memory in any order. Inputs of the model are taken as contiguous.
// Source: https://docs.pytorch.org/docs/stable/tensor_view.html
// Not here: what follows from not knowing (../ambiguous-writes.ts).
import { type Dim, mulDims, sameDim, sameShape } from "../../../graph/dim.ts";
import { type Facts, normalAxis } from "../../aten/argument.ts";
import { sharedArgument, viewIsPossible } from "../../aten/views.ts";
import type { ProgramBuilder } from "../program-builder.ts";

type Strides = readonly Dim[];
type Move = (call: Facts, strides: Strides, shape: readonly Dim[]) => Strides | undefined;

const axisOf = (call: Facts, rank: number) => normalAxis(call.int("dim"), rank);
const unchanged: Move = (_, strides) => strides;

/** Views that lead through memory in another way. */
const MOVES: Readonly<Record<string, Move>> = {
  permute: (call, strides) => call.ints("dims").map((axis) => strides[normalAxis(axis, strides.length)] ?? 1),
  transpose: (call, strides) =>
    call.has("dim0") ? swap(strides, call.int("dim0"), call.int("dim1")) : undefined,
  t: (_, strides) => swap(strides, 0, 1),
  mT: (_, strides) => swap(strides, -2, -1),
  select: (call, strides) => strides.filter((_, axis) => axis !== axisOf(call, strides.length)),
  slice: (call, strides) => {
    const axis = axisOf(call, strides.length);
    return strides.map((step, place) => (place === axis ? mulDims(step, call.int("step")) : step));
  },
  unsqueeze: (call, strides, shape) => {
    const axis = normalAxis(call.int("dim"), strides.length + 1);
    const step = axis < strides.length ? mulDims(strides[axis] ?? 1, shape[axis] ?? 1) : 1;
    return [...strides.slice(0, axis), step, ...strides.slice(axis)];
  },
  narrow: unchanged,
  split: unchanged,
  split_with_sizes: unchanged,
  chunk: unchanged,
  detach: unchanged,
  alias: unchanged,
  to: unchanged,
  type_as: unchanged,
  dropout: unchanged,
  contiguous: unchanged,
  unbind: (call, strides) => strides.filter((_, axis) => axis !== axisOf(call, strides.length)),
};

function swap(strides: Strides, a: number, b: number): Strides {
  if (strides.length < 2) return strides;
  const [first, second] = [normalAxis(a, strides.length), normalAxis(b, strides.length)];
  return strides.map(
    (step, axis) => (axis === first ? strides[second] : axis === second ? strides[first] : step) ?? 1,
  );
}

/** Operators whose fresh results may lie in memory in another order even if all arguments are contiguous. */
const ANY_ORDER =
  /attention|einsum|^index|nonzero|argwhere|lstm|gru|rnn|fft|stft|tensordot|_symeig|sort|topk|matmul_|unfold|im2col|empty_strided|as_strided|empty_permuted/;
/** Functions of each element of one tensor: the result lies as the argument does. */
const ELEMENTWISE =
  /^(relu6?|silu|gelu|mish|elu|selu|celu|leaky_relu|hardtanh|hardswish|hardsigmoid|sigmoid|tanh|exp|log|sqrt|rsqrt|neg|abs|sin|cos|erf|floor|ceil|round|clone|dropout|clamp|clamp_min|clamp_max|mul|add|sub|div|pow|zeros_like|ones_like|full_like|to|square|reciprocal)$/;

/** Notes the strides of a call's results where they are certain. */
export function noteStrides(call: Facts, results: readonly string[], builder: ProgramBuilder): void {
  for (const name of results) {
    const strides = stridesOf(call, builder.typeOf(name).shape, builder);
    if (strides) builder.strides.set(name, strides);
  }
}

function stridesOf(call: Facts, shape: readonly Dim[], builder: ProgramBuilder): Strides | undefined {
  const written = call.schema?.arguments.find((argument) => argument.written)?.name;
  if (written !== undefined) return viewStrides(call, written, shape, builder);
  const shared = sharedArgument(call.call, builder);
  if (shared !== undefined) return viewStrides(call, shared, shape, builder);
  if (call.has("memory_format") && call.name !== "contiguous") return undefined;
  const tensors = tensorsOf(call);
  if (ANY_ORDER.test(call.name)) return undefined;
  if (tensors.every((name) => isContiguous(name, builder))) return contiguousStrides(shape);
  const [only] = tensors;
  if (only === undefined || tensors.length > 1 || !ELEMENTWISE.test(call.name)) return undefined;
  const known = builder.strides.get(only);
  return known && isDense(known, shape) && sameShape(builder.typeOf(only).shape, shape) ? known : undefined;
}

function viewStrides(
  call: Facts,
  argument: string,
  shape: readonly Dim[],
  builder: ProgramBuilder,
): Strides | undefined {
  const source = call.argument(argument);
  const known = source.kind === "tensor" ? builder.strides.get(source.value) : undefined;
  if (!known || source.kind !== "tensor") return undefined;
  const from = builder.typeOf(source.value).shape;
  const move = Object.hasOwn(MOVES, call.name) ? MOVES[call.name] : undefined;
  if (move) return move(call, known, from);
  if (sameShape(from, shape)) return known;
  const isRow = sameStrides(known, contiguousStrides(from), from);
  return isRow && viewIsPossible(from, known, shape) && !/expand|broadcast/.test(call.name)
    ? contiguousStrides(shape)
    : undefined;
}

function tensorsOf(call: Facts): string[] {
  return [...call.call.args.values()].flatMap((argument) => {
    if (argument.kind === "tensor") return [argument.value];
    return argument.kind === "tensors" ? argument.values.flatMap((value) => value ?? []) : [];
  });
}

function isContiguous(name: string, builder: ProgramBuilder): boolean {
  const known = builder.strides.get(name);
  const { shape } = builder.typeOf(name);
  return known !== undefined && sameStrides(known, contiguousStrides(shape), shape);
}

/** Strides of axes of size 1 say nothing. */
function sameStrides(a: Strides, b: Strides, shape: readonly Dim[]): boolean {
  return a.every((step, axis) => shape[axis] === 1 || sameDim(step, b[axis] ?? 1));
}

/** Whether the strides are those of a contiguous tensor with its axes permuted. */
function isDense(strides: Strides, shape: readonly Dim[]): boolean {
  const left = strides
    .map((step, axis) => ({ step, size: shape[axis] ?? 1 }))
    .filter(({ size }) => size !== 1);
  let step: Dim = 1;
  while (left.length > 0) {
    const next = left.findIndex((axis) => sameDim(axis.step, step));
    if (next < 0) return false;
    step = mulDims(step, left[next]?.size ?? 1);
    left.splice(next, 1);
  }
  return true;
}

export function contiguousStrides(shape: readonly Dim[]): Dim[] {
  const strides: Dim[] = [];
  let step: Dim = 1;
  for (const size of [...shape].reverse()) {
    strides.unshift(step);
    step = mulDims(step, size);
  }
  return strides;
}
