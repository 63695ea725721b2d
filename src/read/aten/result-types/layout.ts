// Results that are their argument in another shape or order, in pieces, or put together.
import {
  addDims,
  type Dim,
  divideExactly,
  floorDivDims,
  mulDims,
  productOf,
  sameDim,
  subDims,
} from "../../../graph/dim.ts";
import { divideIfDivisible, isSameIfDivisible } from "../../../graph/dividing.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import { type Facts, normalAxis, Refusal } from "../argument.ts";
import { promote } from "../promote.ts";
import { isCounted } from "./bounds.ts";
import {
  firstArgument,
  forEach,
  type Infer,
  type InferTable,
  promoted,
  replaced,
  same,
  sameOrEnd,
  typed,
} from "./infer.ts";

/** Gives the shape; the elements keep their type. */
function shaped(shapeOf: (call: Facts, shape: readonly Dim[]) => readonly Dim[]): Infer {
  return (call) => {
    const { dtype, shape } = call.type(firstArgument(call));
    return [typed(dtype, shapeOf(call, shape))];
  };
}

/**
 * A shape with one -1 at most, for as many elements as `from` has. Where only running tells how many these are, or whether
 * a size divides, the run ends if they do not fit.
 */
function viewedShape(from: readonly Dim[], to: readonly Dim[], fresh?: () => Dim): Dim[] {
  const [others, wanted] = withoutCommon(
    from,
    to.filter((size) => size !== -1),
  );
  const [total, known] = [productOf(others), productOf(wanted)];
  const fitsOrEnds = isCounted(total) || isCounted(known);
  if (!to.includes(-1)) {
    if (!fitsOrEnds && !isSameIfDivisible(total, known))
      throw new Refusal(`[${from}] has not always as many elements as [${to}]`);
    return [...to];
  }
  const rest = sameDim(known, 0) ? 0 : (divideExactly(total, known) ?? found());
  if (rest === undefined) throw new Refusal(`[${from}] cannot always be seen as [${to}]`);
  return to.map((size) => (size === -1 ? rest : size));

  function found(): Dim | undefined {
    if (fitsOrEnds && typeof known === "number") return floorDivDims(total, known);
    return fitsOrEnds ? fresh?.() : divideIfDivisible(total, known);
  }
}

/** Two shapes without the sizes that stand in both: none is divided by a sum such as `n + 1` then. */
function withoutCommon(a: readonly Dim[], b: readonly Dim[]): readonly [readonly Dim[], readonly Dim[]] {
  const left = [...a];
  const right = b.filter((size) => {
    const at = typeof size === "number" ? -1 : left.findIndex((other) => sameDim(other, size));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [left, right];
}

const view: Infer = (call, fresh) => {
  if (call.has("dtype")) throw new Refusal("it reads elements as another type");
  const size = call.has("shape") ? "shape" : "size";
  const { dtype, shape } = call.type("self");
  return [typed(dtype, viewedShape(shape, call.dims(size), fresh))];
};

const viewLike: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(dtype, viewedShape(shape, call.shape("other")))];
};

const flatten = shaped((call, shape) => {
  if (shape.length === 0) return [1];
  const [start, end] = [call.axis("start_dim", shape.length), call.axis("end_dim", shape.length)];
  return [...shape.slice(0, start), productOf(shape.slice(start, end + 1)), ...shape.slice(end + 1)];
});

const unflatten = shaped((call, shape) => {
  const axis = call.axis("dim", shape.length);
  const sizes = viewedShape([shape[axis] ?? 1], call.dims("sizes"));
  return [...shape.slice(0, axis), ...sizes, ...shape.slice(axis + 1)];
});

/** Only an axis whose size is 1 for certain goes; one that may be 1 makes the rank uncertain. */
const squeeze = shaped((call, shape) => {
  const isList = call.argument("dim").kind === "ints";
  const axes = isList && call.ints("dim").length === 0 ? [] : call.axes("dim", shape.length);
  return shape.filter((size, axis) => {
    if (!axes.includes(axis)) return true;
    if (typeof size !== "number" && !call.has("dim"))
      throw new Refusal(`its shape has an axis of ${size}, which may be 1`);
    return size !== 1;
  });
});

const unsqueeze = shaped((call, shape) => {
  const axis = normalAxis(call.int("dim"), shape.length + 1);
  return [...shape.slice(0, axis), 1, ...shape.slice(axis)];
});

const permute = shaped((call, shape) =>
  call.ints("dims").map((axis) => shape[normalAxis(axis, shape.length)] ?? 1),
);

function swapped(shape: readonly Dim[], a: number, b: number): Dim[] {
  const [first, second] = [normalAxis(a, shape.length), normalAxis(b, shape.length)];
  return shape.map(
    (size, axis) => (axis === first ? shape[second] : axis === second ? shape[first] : size) ?? 1,
  );
}

const AXIS_NAMES = [
  ["dim0", "dim1"],
  ["axis0", "axis1"],
] as const;

const transpose = shaped((call, shape) => {
  const [a, b] = AXIS_NAMES.find(([name]) => call.has(name)) ?? AXIS_NAMES[0];
  return shape.length === 0 ? [] : swapped(shape, call.int(a), call.int(b));
});

const lastTwo = shaped((_, shape) => (shape.length < 2 ? shape : swapped(shape, -2, -1)));

const moved = shaped((call, shape) => {
  const from = call.ints("source").map((axis) => normalAxis(axis, shape.length));
  const to = call.ints("destination").map((axis) => normalAxis(axis, shape.length));
  const rest = shape.filter((_, axis) => !from.includes(axis));
  return shape.map((_, axis) => {
    const at = to.indexOf(axis);
    return (at >= 0 ? shape[from[at] ?? 0] : rest.shift()) ?? 1;
  });
});

const expand = shaped((call, shape) => {
  const sizes = call.has("other") ? call.shape("other") : call.dims("size");
  return sizes.map((size, axis) => {
    const own = shape[axis - (sizes.length - shape.length)] ?? 1;
    if (size === -1) return own;
    return own === 1 || isCounted(own) || isCounted(size) ? size : same(own, size);
  });
});

const repeat = shaped((call, shape) => {
  const times = call.has("dims") ? call.dims("dims") : call.dims("repeats");
  const rank = Math.max(times.length, shape.length);
  return Array.from({ length: rank }, (_, axis) =>
    mulDims(shape[axis - (rank - shape.length)] ?? 1, times[axis - (rank - times.length)] ?? 1),
  );
});

const concatenated: Infer = (call) => {
  const types = typesOf(call, "tensors").filter(({ shape }) => !(shape.length === 1 && shape[0] === 0));
  const [first] = types;
  if (!first) return typesOf(call, "tensors").slice(0, 1);
  const axis = call.axis("dim", first.shape.length);
  const shape = first.shape.map((size, place) =>
    types.slice(1).reduce<Dim>((sum, { shape: other }) => {
      const next = other[place] ?? 0;
      return place === axis ? addDims(sum, next) : sameOrEnd(sum, next);
    }, size),
  );
  return [typed(commonType(types), shape)];
};

const stacked: Infer = (call) => {
  const types = typesOf(call, "tensors");
  const [first] = types;
  if (!first) throw new Refusal("it stacks nothing");
  for (const { shape } of types)
    for (const [axis, size] of shape.entries()) sameOrEnd(first.shape[axis] ?? 0, size);
  const axis = normalAxis(call.int("dim"), first.shape.length + 1);
  return [
    typed(commonType(types), [...first.shape.slice(0, axis), types.length, ...first.shape.slice(axis)]),
  ];
};

function typesOf(call: Facts, name: string): RankedType[] {
  return call.typesOf(name).flatMap((type) => type ?? []);
}

function commonType(types: readonly RankedType[]) {
  return promote(types.map(({ dtype, shape }) => ({ dtype, rank: shape.length > 0 ? "dims" : "scalar" })));
}

/** The pieces of an axis. */
function pieces(sizesOf: (call: Facts, size: Dim) => readonly Dim[]): Infer {
  return (call) => {
    const { dtype, shape } = call.type("self");
    const axis = call.axis("dim", shape.length);
    return sizesOf(call, shape[axis] ?? 1).map((size) => typed(dtype, replaced(shape, axis, size)));
  };
}

function evenPieces(size: Dim, piece: Dim): Dim[] {
  const count = divideExactly(size, piece);
  if (typeof count === "number") return new Array<Dim>(Math.max(count, 1)).fill(piece);
  if (typeof size !== "number" || typeof piece !== "number")
    throw new Refusal(`an axis of ${size} is cut into pieces of ${piece}; how many depends on the input`);
  const whole = Math.floor(size / piece);
  return [...new Array<Dim>(whole).fill(piece), size - whole * piece];
}

const split = pieces((call, size) => {
  for (const name of ["split_sizes", "split_size"]) {
    if (call.argument(name).kind === "ints") return call.dims(name);
  }
  return evenPieces(size, call.dim("split_size"));
});

const chunk = pieces((call, size) => {
  const count = call.int("chunks");
  const exact = divideExactly(size, count);
  if (exact !== undefined && typeof size !== "number") return new Array<Dim>(count).fill(exact);
  if (typeof size !== "number") throw new Refusal(`an axis of ${size} is cut into ${count} pieces`);
  return size === 0 ? new Array<Dim>(count).fill(0) : evenPieces(size, Math.ceil(size / count));
});

const unbind: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const axis = call.axis("dim", shape.length);
  const size = shape[axis];
  if (typeof size !== "number")
    throw new Refusal(`it takes an axis of ${size} apart; a fixed size is wanted`);
  const rest = shape.filter((_, place) => place !== axis);
  return new Array<RankedType>(size).fill(typed(dtype, rest));
};

const pad = shaped((call, shape) => {
  const widths = call.has("pad") ? call.dims("pad") : call.dims("padding");
  return shape.map((size, axis) => {
    const at = (shape.length - 1 - axis) * 2;
    return addDims(addDims(size, widths[at] ?? 0), widths[at + 1] ?? 0);
  });
});

const diagonal: Infer = (call) => {
  const { dtype, shape } = call.type(firstArgument(call));
  const [first, second] = [call.axis("dim1", shape.length), call.axis("dim2", shape.length)];
  const offset = call.int("offset");
  const [rows, columns] = [shape[first] ?? 0, shape[second] ?? 0];
  const rest = shape.filter((_, axis) => axis !== first && axis !== second);
  if (offset === 0 && sameDim(rows, columns)) return [typed(dtype, [...rest, rows])];
  if (typeof rows !== "number" || typeof columns !== "number")
    throw new Refusal(`a diagonal of ${rows} by ${columns} elements; fixed sizes are wanted`);
  const size = offset >= 0 ? Math.min(rows, columns - offset) : Math.min(rows + offset, columns);
  return [typed(dtype, [...rest, Math.max(size, 0)])];
};

const atLeast =
  (rank: number, place: (shape: readonly Dim[]) => Dim[]): Infer =>
  (call) => {
    const { dtype, shape } = call.type("self");
    return [typed(dtype, shape.length >= rank ? shape : place(shape))];
  };

const difference: Infer = (call) => {
  const { shape } = call.type("self");
  const axis = call.axis("dim", shape.length);
  const joined = ["prepend", "self", "append"].filter((name) => call.has(name));
  const dtype = promoted(call, joined);
  const extra = ["prepend", "append"].flatMap((name) =>
    call.has(name) ? [call.shape(name)[axis] ?? 0] : [],
  );
  const whole = extra.reduce<Dim>(addDims, shape[axis] ?? 0);
  return [typed(dtype, replaced(shape, axis, subDims(whole, call.int("n"))))];
};

const asComplex: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(dtype === "float64" ? "complex128" : "complex64", shape.slice(0, -1))];
};

const asReal: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(dtype === "complex128" ? "float64" : "float32", [...shape, 2])];
};

const strided: Infer = (call) => [typed(call.dtypeOf("self"), call.dims("size"))];

export const LAYOUT: InferTable = {
  ...forEach("view reshape _unsafe_view _reshape_alias view_copy _reshape_copy", view),
  ...forEach("reshape_as view_as", viewLike),
  ...forEach("squeeze squeeze_copy", squeeze),
  ...forEach("unsqueeze unsqueeze_copy", unsqueeze),
  ...forEach("permute permute_copy", permute),
  ...forEach("transpose swapaxes swapdims transpose_copy", transpose),
  ...forEach("t t_copy mT mH adjoint matrix_H", lastTwo),
  numpy_T: shaped((_, shape) => [...shape].reverse()),
  ...forEach("movedim moveaxis", moved),
  ...forEach("expand expand_as broadcast_to expand_copy", expand),
  ...forEach("repeat tile", repeat),
  ...forEach("cat concat concatenate", concatenated),
  ...forEach("stack _stack", stacked),
  ...forEach(
    "split split_with_sizes unsafe_split unsafe_split_with_sizes split_copy split_with_sizes_copy",
    split,
  ),
  ...forEach("chunk unsafe_chunk", chunk),
  ...forEach("unbind unbind_copy", unbind),
  ...forEach("pad constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d", pad),
  ...forEach("replication_pad1d replication_pad2d replication_pad3d", pad),
  ...forEach("diagonal diagonal_copy linalg_diagonal", diagonal),
  atleast_1d: atLeast(1, () => [1]),
  atleast_2d: atLeast(2, ([size]) => [1, size ?? 1]),
  atleast_3d: atLeast(3, (shape) => (shape.length === 2 ? [...shape, 1] : [1, shape[0] ?? 1, 1])),
  ravel: shaped((_, shape) => [productOf(shape)]),
  flatten,
  unflatten,
  diff: difference,
  view_as_complex: asComplex,
  view_as_real: asReal,
  as_strided: strided,
};
