// `x[i, :, mask]`: a list of index tensors, one for each axis, with None for whole axes, made ready for GatherND and ScatterND.
// Method: masks become the places of their true elements; the indexed axes move to the front; the broadcast index tensors
// become one, [broadcast..., number of indexed axes].
// Source: https://numpy.org/doc/stable/user/basics.indexing.html#advanced-indexing
import { int } from "../../graph/attribute.ts";
import type { Dim } from "../../graph/dim.ts";
import type { Value } from "../../graph/graph.ts";
import { broadcastShapes } from "./broadcast.ts";
import type { Call } from "./call.ts";

export interface Indexing {
  /** The one index, if there is only one and no mask: Gather can do it. */
  readonly single: { readonly axis: number; readonly index: Value } | undefined;
  /** Indexed axes, ascending. */
  readonly axes: readonly number[];
  /** int64 [broadcast..., axes.length]; made when it is asked for. */
  tuples(): Value;
  /** Rank of the broadcast shape of the indices. */
  readonly rank: number;
  /** Where the broadcast axes stand in the result: at the first indexed axis if those are neighbours, else in front. */
  readonly place: number;
}

interface Part {
  readonly axis: number;
  readonly value: Value;
  /** Undefined for a mask's places, whose number only running tells. */
  readonly shape: readonly Dim[] | undefined;
}

/** Reads the argument `indices` of a call. */
export function readIndices(call: Call, options: { readonly clamped?: boolean } = {}): Indexing {
  const parts = options.clamped ? partsOf(call).map((part) => clamped(call, part)) : partsOf(call);
  const axes = parts.map((part) => part.axis);
  const [first] = parts;
  const rank = Math.max(0, ...parts.map((part) => part.shape?.length ?? 1));
  const neighbours = axes.every((axis, index) => axis === (axes[0] ?? 0) + index);
  return {
    single: first && parts.length === 1 && first.shape ? { axis: first.axis, index: first.value } : undefined,
    axes,
    rank,
    place: neighbours ? (axes[0] ?? 0) : 0,
    tuples: () =>
      call.op(
        "Concat",
        aligned(call, parts).map((value) => call.unsqueeze(value, rank)),
        { axis: int(-1) },
      ),
  };
}

/** Indices beyond the axis become those of its ends. */
function clamped(call: Call, part: Part): Part {
  const size = call.dimEmitter.scalar(call.shape("self")[part.axis] as Dim);
  const lowest = call.op("Neg", [size]);
  const highest = call.op("Sub", [size, call.number(1, "int64")]);
  const value = call.op("Max", [call.op("Min", [part.value, highest]), lowest]);
  return { ...part, value };
}

function partsOf(call: Call): Part[] {
  const types = call.typesOf("indices");
  const parts: Part[] = [];
  let axis = 0;
  for (const [place, value] of call.optionalTensors("indices").entries()) {
    const type = types[place];
    if (value && type && (type.dtype === "bool" || type.dtype === "uint8")) {
      for (const index of placesOf(call, value, type.dtype, type.shape.length)) {
        parts.push({ axis, value: index, shape: undefined });
        axis += 1;
      }
      continue;
    }
    if (value && type) parts.push({ axis, value: call.cast(value, type.dtype, "int64"), shape: type.shape });
    axis += 1;
  }
  return parts;
}

/** Coordinates of a mask's true elements, one int64 vector for each of its axes. */
function placesOf(call: Call, mask: Value, dtype: "bool" | "uint8", rank: number): Value[] {
  const found = call.op("NonZero", [call.cast(mask, dtype, "bool")]);
  return Array.from({ length: rank }, (_, axis) =>
    call.op("Gather", [found, call.builder.int64(axis)], { axis: int(0) }),
  );
}

/** All index tensors in one shape. */
function aligned(call: Call, parts: readonly Part[]): Value[] {
  if (parts.every((part) => part.shape)) {
    const shapes = parts.map((part) => part.shape ?? []);
    const common = broadcastShapes(shapes);
    return parts.map((part, index) => call.expand(part.value, shapes[index] ?? [], common));
  }
  if (parts.every((part) => !part.shape) && parts.length > 0 && onlyOneMask(call))
    return parts.map((part) => part.value);
  // Where a mask's count is not known, adding zeros of everybody's shape broadcasts.
  const zeros = parts
    .map((part) => call.op("Mul", [part.value, call.number(0, "int64")]))
    .reduce((a, b) => call.op("Add", [a, b]));
  return parts.map((part) => call.op("Add", [part.value, zeros]));
}

function onlyOneMask(call: Call): boolean {
  return call.typesOf("indices").filter((type) => type).length === 1;
}

/** The permutation that brings the indexed axes to the front. */
export function axesToFront(axes: readonly number[], rank: number): number[] {
  return [...axes, ...[...new Array<number>(rank).keys()].filter((axis) => !axes.includes(axis))];
}

/** Undoes a permutation. */
export function inversePermutation(perm: readonly number[]): number[] {
  return perm.map((_, axis) => perm.indexOf(axis));
}

/** From [broadcast..., rest...] to the order of the result: the broadcast axes move to `place`. */
export function resultOrder(indexing: Indexing, rest: number): number[] {
  const broadcast = [...new Array<number>(indexing.rank).keys()];
  const others = [...new Array<number>(rest).keys()].map((axis) => axis + indexing.rank);
  return [...others.slice(0, indexing.place), ...broadcast, ...others.slice(indexing.place)];
}
