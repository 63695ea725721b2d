// Strides of values as far as they are known: whether a reshape shares memory with its argument depends on them.
// Fresh tensors are taken as contiguous, unless they come from one that is not; then nothing is said of them.
import { type Dim, mulDims } from "../../../graph/dim.ts";
import type { Facts } from "../../aten/argument.ts";
import { normalAxis } from "../../aten/argument.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import type { TensorValue } from "../values.ts";

type Permute = (call: Facts, strides: readonly Dim[]) => readonly Dim[] | undefined;

const swapped =
  (a: number, b: number): Permute =>
  (_, strides) =>
    swap(strides, a, b);

const PERMUTED: Readonly<Record<string, Permute>> = {
  permute: (call, strides) => call.ints("dims").map((axis) => strides[normalAxis(axis, strides.length)] ?? 1),
  transpose: (call, strides) => swap(strides, call.int("dim0"), call.int("dim1")),
  t: swapped(0, 1),
  mT: swapped(-2, -1),
  detach: (_, strides) => strides,
  alias: (_, strides) => strides,
};

function swap(strides: readonly Dim[], a: number, b: number): readonly Dim[] {
  if (strides.length < 2) return strides;
  const [first, second] = [normalAxis(a, strides.length), normalAxis(b, strides.length)];
  return strides.map(
    (step, axis) => (axis === first ? strides[second] : axis === second ? strides[first] : step) ?? 1,
  );
}

/** Notes the strides of results that are views of a tensor whose strides are known. */
export function resultStrides(call: Facts, results: readonly TensorValue[], builder: ProgramBuilder): void {
  const permute = Object.hasOwn(PERMUTED, call.name) ? PERMUTED[call.name] : undefined;
  const [result] = results;
  const source = call.argument("self");
  if (!permute || !result || source.kind !== "tensor") return;
  const known = builder.strides.get(source.value) ?? contiguousStrides(builder.typeOf(source.value).shape);
  const strides = permute(call, known);
  if (strides) builder.strides.set(result.name, strides);
}

export function contiguousStrides(shape: readonly Dim[]): Dim[] {
  let step: Dim = 1;
  return shape
    .map((_, index) => {
      const axis = shape.length - 1 - index;
      const own = step;
      step = mulDims(step, shape[axis] ?? 1);
      return own;
    })
    .reverse();
}
