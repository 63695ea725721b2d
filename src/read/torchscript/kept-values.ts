// What `forward` keeps in the model's attributes from call to call, as inputs and outputs of the graph.
// A buffer that keeps its type needs nothing of the kind. A number becomes a scalar. A tensor whose first contents have
// another type than all later ones (None, or an empty tensor that stands for "not yet") becomes an input of the later
// type, and is empty in the first call: the program is followed once for either (paths.ts).
// Not here: buffers written in place (aten/states.ts), what changed (state.ts).
import { type Dim, productOf, sameDim, sameShape, symbolName, symbolsIn } from "../../graph/dim.ts";
import { tensorType } from "../../graph/type.ts";
import type { DType } from "../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";
import { contiguousStrides } from "../aten/memory-order.ts";
import type { AtenArgument } from "../aten/program.ts";
import type { Context } from "./evaluate/context.ts";
import { computeScalar } from "./evaluate/python/scalars.ts";
import { appendTensor, emptyTensor, numberTensor } from "./evaluate/stacks.ts";
import { Parting } from "./paths.ts";
import type { ProgramBuilder } from "./program-builder.ts";
import { Unfollowed } from "./refusal.ts";
import { describe, int, tensor, unknownNumber, type Value } from "./values.ts";

/** How an attribute is kept. */
export type Kept =
  | { readonly kind: "buffer" }
  | { readonly kind: "int" | "float" | "bool" }
  | {
      readonly kind: "tensor";
      readonly dtype: DType;
      /** Sizes after a call, in sizes of inputs; undefined where they differ from call to call. */
      readonly shape: readonly (Dim | undefined)[];
      /** The first contents are something else, which an empty input stands for. */
      readonly startsOtherwise: boolean;
    };

const NOWHERE = { scope: "", line: "" };

/** How an attribute must be kept that held `initial` before the first call and holds `after` after one. */
export function keptAs(
  name: string,
  initial: Value | undefined,
  after: Value,
  before: Kept | undefined,
  builder: ProgramBuilder,
): Kept {
  if (initial?.kind === "int" && after.kind === "int") return { kind: "int" };
  for (const kind of ["float", "bool"] as const)
    if (initial?.kind === kind && (after.kind === kind || (after.kind === "scalar" && after.type === kind)))
      return { kind };
  if (after.kind === "tensor" && (initial?.kind === "tensor" || initial?.kind === "none"))
    return keptTensor(name, initial, after.name, before, builder);
  if (after.kind === "none" && before?.kind === "tensor" && before.startsOtherwise) return before;
  throw new Unfollowed(
    `forward changes the attribute ${name} from ${initial ? describe(initial) : "nothing"} to ${describe(after)}`,
    "pass the state in and out of forward as a tensor",
  );
}

function keptTensor(
  name: string,
  initial: Value,
  after: string,
  before: Kept | undefined,
  builder: ProgramBuilder,
): Kept {
  const { dtype, shape } = builder.typeOf(after);
  const first = initial.kind === "tensor" ? builder.typeOf(initial.name) : undefined;
  const isLike = first?.dtype === dtype && sameShape(first.shape, shape);
  if (before?.kind === "tensor") {
    if (before.startsOtherwise && isLike) return before;
    if (before.dtype !== dtype || before.shape.length !== shape.length)
      throw new Unfollowed(`forward leaves the attribute ${name} with other types from call to call`);
    const merged = before.shape.map((dim, axis) =>
      dim !== undefined && sameDim(dim, shape[axis] ?? 0) ? dim : undefined,
    );
    return { ...before, shape: merged };
  }
  if (isLike) return { kind: "buffer" };
  const isEmpty = first === undefined || elementCount(first.shape.map(Number)) === 0;
  const startsOtherwise = isEmpty || first.dtype !== dtype || first.shape.length !== shape.length;
  const sizes = shape.map((dim, axis) => {
    const isOfInputs = [...symbolsIn(dim)].every((size) => unknownNumber(size) === undefined);
    return isOfInputs && (startsOtherwise || sameDim(dim, first?.shape[axis] ?? 0)) ? dim : undefined;
  });
  return { kind: "tensor", dtype, shape: sizes, startsOtherwise };
}

/** Whether two say the same. */
export function isSameKept(a: Kept | undefined, b: Kept): boolean {
  if (a?.kind !== "tensor" || b.kind !== "tensor") return a?.kind === b.kind;
  return a.shape.every((dim, axis) => {
    const other = b.shape[axis];
    return dim === undefined || other === undefined ? dim === other : sameDim(dim, other);
  });
}

/** Sizes of the input: those that depend on a call's inputs are free (undefined), since they were of another call's. */
function inputShape(kept: Extract<Kept, { kind: "tensor" }>): (number | undefined)[] {
  const own = kept.shape.map((dim) => (typeof dim === "number" ? dim : undefined));
  const mustBeFree = kept.startsOtherwise && !own.includes(undefined);
  return mustBeFree ? own.map((dim, axis) => (axis === 0 ? undefined : dim)) : own;
}

/** The input's value, and what the attribute is at the beginning of a call; undefined leaves it as it is. */
export function beginWith(
  name: string,
  kept: Kept,
  context: Context,
): { readonly input: string; readonly value: Value | undefined } | undefined {
  const { builder } = context;
  if (kept.kind === "buffer") return undefined;
  if (kept.kind === "int") {
    const made = builder.freshInteger();
    const input = symbolName(made) ?? "";
    builder.types.set(input, tensorType("int64", []));
    return { input, value: int(made) };
  }
  const input = `state ${name}`;
  if (kept.kind !== "tensor") {
    builder.types.set(input, tensorType(kept.kind === "float" ? "float64" : "bool", []));
    return { input, value: { kind: "scalar", type: kept.kind, name: input } };
  }
  const shape = inputShape(kept).map((dim) => dim ?? builder.freshSize()); // which may be 0, unlike an input's of the user
  builder.types.set(input, tensorType(kept.dtype, shape));
  builder.strides.set(input, contiguousStrides(shape));
  if (kept.startsOtherwise && isFirst(shape, context)) return { input, value: undefined };
  return { input, value: seenAs(input, kept, shape, builder) };
}

/** Whether this path is the one of the first call; parts the program if that is open. */
function isFirst(shape: readonly Dim[], context: Context): boolean {
  const size = productOf(shape.filter((dim) => typeof dim !== "number"));
  const call = { named: new Map<string, Value>(), context, place: NOWHERE };
  const condition = computeScalar("eq", [int(size), int(0)], "bool", call);
  if (!condition) throw new RangeError("integers can be compared");
  const decision = context.decided?.get(condition.name);
  if (decision === undefined) throw new Parting(condition.name, context.builder.calls.length);
  return decision;
}

/** The input with the sizes that it had to have been left with. */
function seenAs(
  input: string,
  kept: Extract<Kept, { kind: "tensor" }>,
  own: readonly Dim[],
  builder: ProgramBuilder,
): Value {
  const shape = kept.shape.map((dim, axis) => dim ?? (own[axis] as Dim));
  if (sameShape(shape, own)) return tensor(input);
  const args: Record<string, AtenArgument> = {
    self: { kind: "tensor", value: input },
    size: { kind: "ints", values: shape },
  };
  return appendTensor(
    "aten::view.default",
    args,
    { kind: "tensor", dtype: kept.dtype, shape },
    builder,
    NOWHERE,
  );
}

/** What a call leaves for the next one. */
export function leaveBehind(kept: Kept, after: Value, builder: ProgramBuilder): AtenArgument {
  if (kept.kind === "tensor") {
    const fits =
      after.kind === "tensor" &&
      builder.typeOf(after.name).dtype === kept.dtype &&
      builder.typeOf(after.name).shape.length === kept.shape.length;
    if (fits) return { kind: "tensor", value: after.name };
    const sizes = inputShape(kept).map((dim) => dim ?? 0);
    return { kind: "tensor", value: emptyTensor(kept.dtype, sizes, builder, NOWHERE).name };
  }
  if (after.kind === "tensor") return { kind: "tensor", value: after.name };
  if (after.kind === "scalar") return { kind: "symbol", value: after.name };
  if (after.kind === "int" || after.kind === "bool") return after;
  return { kind: "symbol", value: numberTensor(after, "float64", builder, NOWHERE).name };
}

/** What the first call takes. */
export function initialTensor(kept: Kept, initial: Value, builder: ProgramBuilder): Tensor {
  if (kept.kind === "tensor" && kept.startsOtherwise) {
    const sizes = inputShape(kept).map((dim) => dim ?? 0);
    return tensorOfNumbers(kept.dtype, sizes, []);
  }
  const weight = initial.kind === "tensor" ? builder.weights.get(initial.name) : undefined;
  if (weight) return weight.tensor;
  if (initial.kind === "int") return tensorOfNumbers("int64", [], [Number(initial.value)]);
  if (initial.kind === "bool") return tensorOfNumbers("bool", [], [initial.value ? 1 : 0]);
  if (initial.kind === "float") return tensorOfNumbers("float64", [], [initial.value]);
  throw new RangeError(`${initial.kind} has no tensor`);
}
