// Strides of values as far as they are certain: whether a reshape shares memory with its argument depends on them.
// A value without an entry may lie in memory in any order. Inputs of the model are taken as contiguous.
// Source: https://docs.pytorch.org/docs/stable/tensor_view.html
// Not here: what follows from not knowing (../ambiguous-writes.ts).
import { type Dim, divideExactly, mulDims, sameDim, sameShape } from "../../../graph/dim.ts";
import { type Facts, normalAxis } from "../../aten/argument.ts";
import {
  contiguousStrides,
  expandedStrides,
  isContiguous,
  memoryOrder,
  reshapedStrides,
} from "../../aten/memory-order.ts";
import { memoryFormat, sharedArgument, statedStrides } from "../../aten/views.ts";
import type { ProgramBuilder } from "../program-builder.ts";

type Strides = readonly Dim[];
/** What a view of a tensor of this shape and these strides has; `seen` is the view's shape. */
type Move = (
  call: Facts,
  strides: Strides,
  shape: readonly Dim[],
  seen: readonly Dim[],
) => Strides | undefined;

const axisOf = (call: Facts, rank: number) => normalAxis(call.int("dim"), rank);
const unchanged: Move = (_, strides) => strides;
const without: Move = (call, strides) => strides.filter((_, axis) => axis !== axisOf(call, strides.length));
const reshaped: Move = (call, strides, shape, seen) =>
  call.call.target.endsWith(".dtype") ? undefined : reshapedStrides(shape, strides, seen);
const expanded: Move = (_, strides, shape, seen) => expandedStrides(shape, strides, seen);
const swapped: Move = (_, strides) => swap(strides, -2, -1);
const moved: Move = (call, strides) => {
  const [from, to] = ["source", "destination"].map((name) =>
    call.ints(name).map((axis) => normalAxis(axis, strides.length)),
  );
  if (!from || !to) return undefined;
  const rest = [...strides.keys()].filter((axis) => !from.includes(axis));
  return strides.map((_, axis) => strides[from[to.indexOf(axis)] ?? rest.shift() ?? axis] ?? 1);
};

const every = (names: string, move: Move) => names.split(" ").map((name) => [name, move] as const);

/** Views by the operator's name; of others nothing is known. */
const MOVES: ReadonlyMap<string, Move> = new Map([
  ...every("narrow split split_with_sizes chunk tensor_split unsafe_chunk unsafe_split", unchanged),
  ...every(
    "detach alias to type_as dropout contiguous lift_fresh positive resolve_conj resolve_neg",
    unchanged,
  ),
  ...every("view reshape reshape_as view_as flatten unflatten ravel squeeze _unsafe_view", reshaped),
  ...every("expand expand_as broadcast_to", expanded),
  ...every("select unbind", without),
  ...every("mT mH adjoint", swapped),
  ...every("movedim moveaxis", moved),
  ...every("t numpy_T matrix_H", (_, strides) => (strides.length < 3 ? swap(strides, 0, 1) : undefined)),
  ...every("transpose", (call, strides) =>
    call.has("dim0") ? swap(strides, call.int("dim0"), call.int("dim1")) : undefined,
  ),
  ...every("swapaxes", (call, strides) => swap(strides, call.int("axis0"), call.int("axis1"))),
  ...every("swapdims", (call, strides) => swap(strides, call.int("dim0"), call.int("dim1"))),
  ...every("permute", (call, strides) =>
    call.ints("dims").map((axis) => strides[normalAxis(axis, strides.length)] ?? 1),
  ),
  ...every("slice", (call, strides) => {
    const axis = axisOf(call, strides.length);
    return strides.map((step, place) => (place === axis ? mulDims(step, call.int("step")) : step));
  }),
  ...every("unsqueeze", (call, strides, shape) => {
    const axis = normalAxis(call.int("dim"), strides.length + 1);
    const step = axis < strides.length ? mulDims(strides[axis] ?? 1, shape[axis] ?? 1) : 1;
    return [...strides.slice(0, axis), step, ...strides.slice(axis)];
  }),
  ...every("as_strided", (call) => call.dims("stride")),
]);

function swap(strides: Strides, a: number, b: number): Strides {
  if (strides.length < 2) return strides;
  const [first, second] = [normalAxis(a, strides.length), normalAxis(b, strides.length)];
  return strides.map(
    (step, axis) => (axis === first ? strides[second] : axis === second ? strides[first] : step) ?? 1,
  );
}

/** Operators whose fresh results may lie in memory in another order even if all arguments are contiguous. */
const ANY_ORDER =
  /attention|einsum|linalg|cholesky|qr|svd|inverse|solve|eig|^lu|broadcast_tensors|meshgrid|rot90|nonzero|argwhere|lstm|gru|rnn|fft|stft|tensordot|_symeig|sort|topk|matmul_|unfold|im2col|empty_strided|as_strided|empty_permuted/;
/** Operators whose results are in order in memory, however their arguments lie. */
const IN_ORDER =
  /^(linear|matmul|mm|bmm|addmm|baddbmm|layer_norm|softmax|log_softmax|embedding|index_select|gather|cumsum|tril|triu|repeat|one_hot|new_(zeros|ones|full|empty)|(reshape|reshape_as|flatten|ravel))$/;
/** The same, unless a picture's channels lie innermost. */
const IN_ORDER_BUT_PICTURES = /^(cat|stack|pad|constant_pad_nd)$/;
const PICTURE_RANKS = [4, 5];
/** Operators that do not ask whether an argument's channels lie innermost. */
const NO_PICTURES = /^(masked_fill|index|sum|mean|any|all|amax|amin|argmax|argmin)$/;
/** The stride of an axis of size 1 that nobody knows; it matters for nothing but pictures. */
const SAYS_NOTHING = -1;
/** Functions of each element: the axes of the result lie in memory in the order that the arguments' axes have there. */
const ELEMENTWISE =
  /^(relu6?|silu|gelu|mish|elu|selu|celu|leaky_relu|hardtanh|hardswish|hardsigmoid|sigmoid|tanh|exp|log|sqrt|rsqrt|neg|abs|sin|cos|erf|floor|ceil|round|clone|dropout|clamp|clamp_min|clamp_max|mul|add|sub|rsub|div|pow|zeros_like|ones_like|full_like|empty_like|to|type_as|square|reciprocal|eq|ne|lt|le|gt|ge|where|maximum|minimum|__(and|or|xor)__|(logical|bitwise)_(and|or|xor|not))$/;
/** Operators that ask another tensor for its type alone. */
const LIKE_FIRST = /^(to|type_as)$/;

/** Notes the strides of a call's results where they are certain. */
export function noteStrides(call: Facts, results: readonly string[], builder: ProgramBuilder): void {
  for (const name of results) {
    const strides = stridesOf(call, builder.typeOf(name).shape, builder);
    if (strides) builder.strides.set(name, strides);
  }
}

function stridesOf(call: Facts, shape: readonly Dim[], builder: ProgramBuilder): Strides | undefined {
  const written = call.schema?.arguments.find((argument) => argument.written)?.name;
  if (written !== undefined) return strideOfWritten(call, written, shape, builder);
  const shared = sharedArgument(call.call, builder);
  if (shared !== undefined) return viewStrides(call, shared, shape, builder);
  const stated = statedStrides(call, shape);
  if (stated) return stated;
  if (memoryFormat(call) !== "preserved") return undefined;
  const tensors = LIKE_FIRST.test(call.name) ? tensorsOf(call).slice(0, 1) : tensorsOf(call);
  if (ANY_ORDER.test(call.name)) return undefined;
  if (makesOrder(call, tensors, builder) || tensors.every((name) => isInOrder(name, builder)))
    return contiguousStrides(shape);
  if (NO_PICTURES.test(call.name) && tensors.every((name) => isInOrder(name, builder, true)))
    return inOrderButFor1(shape);
  if (!ELEMENTWISE.test(call.name)) return undefined;
  if (tensors.every((name) => descends(name, builder))) return inOrderButFor1(shape);
  const [only] = tensors;
  const known = only === undefined || tensors.length > 1 ? undefined : builder.strides.get(only);
  const isWhole = known && memoryOrder(shape, known) && sameShape(builder.typeOf(only ?? "").shape, shape);
  return isWhole ? known : undefined;
}

/** Contiguous as far as elements go; the strides of axes of size 1 follow from the arguments'. */
function inOrderButFor1(shape: readonly Dim[]): Dim[] {
  return contiguousStrides(shape).map((step, axis) => (shape[axis] === 1 ? SAYS_NOTHING : step));
}

/** Whether memory has the axes in their order, with gaps or without. */
function descends(name: string, builder: ProgramBuilder): boolean {
  const strides = builder.strides.get(name);
  const { shape } = builder.typeOf(name);
  const steps = strides?.filter((step, axis) => shape[axis] !== 1 && step !== 0);
  return steps?.every((step, at) => at === 0 || isLarger(steps[at - 1] ?? 0, step)) ?? false;
}

function isLarger(a: Dim, b: Dim): boolean {
  if (typeof a === "number" && typeof b === "number") return a > b;
  return divideExactly(a, b) !== undefined && !sameDim(a, b);
}

/** Whether fresh results are in order in memory, however the arguments lie. */
function makesOrder(call: Facts, tensors: readonly string[], builder: ProgramBuilder): boolean {
  if (IN_ORDER.test(call.name)) return true;
  if (!IN_ORDER_BUT_PICTURES.test(call.name)) return false;
  if (tensors.some((name) => PICTURE_RANKS.includes(builder.typeOf(name).shape.length))) return false;
  if (!call.has("pad")) return true;
  const isConstant = call.argument("mode").kind !== "string" || call.string("mode") === "constant";
  const pads = call.dims("pad"); // without any, and with negative ones alone, it is a copy of a view
  return (
    isConstant &&
    pads.some((size) => size !== 0) &&
    pads.every((size) => typeof size === "number" && size >= 0)
  );
}

/** What is written to lies as before, unless the operator says how it is seen from there on. */
function strideOfWritten(
  call: Facts,
  written: string,
  shape: readonly Dim[],
  builder: ProgramBuilder,
): Strides | undefined {
  const isSeenAnew = MOVES.has(call.name.replace(/_$/, "")) || /^(resize|set)/.test(call.name);
  if (isSeenAnew) return viewStrides(call, written, shape, builder);
  const argument = call.argument(written);
  return argument.kind === "tensor" ? builder.strides.get(argument.value) : undefined;
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
  return MOVES.get(call.name.replace(/_$/, ""))?.(call, known, from, shape);
}

function tensorsOf(call: Facts): string[] {
  return [...call.call.args.values()].flatMap((argument) => {
    if (argument.kind === "tensor") return [argument.value];
    return argument.kind === "tensors" ? argument.values.flatMap((value) => value ?? []) : [];
  });
}

/** Of pictures also the strides of axes of size 1, by which PyTorch tells whether channels lie innermost. */
function isInOrder(name: string, builder: ProgramBuilder, isBlind = false): boolean {
  const known = builder.strides.get(name);
  const { shape } = builder.typeOf(name);
  if (!known || !isContiguous(shape, known)) return false;
  if (isBlind || !PICTURE_RANKS.includes(shape.length)) return true;
  return contiguousStrides(shape).every((step, axis) => sameDim(step, known[axis] ?? SAYS_NOTHING));
}
