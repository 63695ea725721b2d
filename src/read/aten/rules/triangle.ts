// Triangles and diagonals of matrices.
import { int } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { normalAxis, Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { freeDiagonalPlaces } from "../free-diagonal.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

export const TRIANGLE: Rule = {
  targets: ["aten::tril.default", "aten::triu.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const computed =
      dtype === "bool" ? dtype : arithmeticDType(dtype) === "int32" ? "int64" : arithmeticDType(dtype);
    const upper = { upper: int(call.name === "triu" ? 1 : 0) };
    const result = call.op(
      "Trilu",
      [call.as("self", computed), call.dimEmitter.scalar(call.dim("diagonal"))],
      upper,
    );
    return call.cast(result, computed, dtype);
  },
};

export const DIAGONAL: Rule = {
  targets: ["aten::diagonal.default", "aten::diagonal_copy.default", "aten::linalg_diagonal.default"],
  emit(call) {
    const rank = call.rank(inputName(call));
    return diagonal(call, call.axis("dim1", rank), call.axis("dim2", rank), call.int("offset"));
  },
};

/** A vector makes a matrix, a matrix gives its diagonal. */
export const DIAG: Rule = {
  targets: ["aten::diag.default"],
  emit(call) {
    const shape = call.shape("self");
    const offset = call.int("diagonal");
    return shape.length === 1 ? onDiagonal(call, shape, 0, 1, offset) : diagonal(call, 0, 1, offset);
  },
};

export const DIAG_FLAT: Rule = {
  targets: ["aten::diagflat.default"],
  emit(call) {
    const shape = call.shape("self");
    const count = shape.reduce<number>((product, size) => product * fixed(size), 1);
    return onDiagonal(
      call,
      [count],
      0,
      1,
      call.int("offset"),
      call.reshape(call.tensor("self"), shape, [count]),
    );
  },
};

export const DIAG_EMBED: Rule = {
  targets: ["aten::diag_embed.default"],
  emit(call) {
    const shape = call.shape("self");
    const rank = shape.length + 1;
    return onDiagonal(
      call,
      shape,
      normalAxis(call.int("dim1"), rank),
      normalAxis(call.int("dim2"), rank),
      call.int("offset"),
    );
  },
};

/** The diagonal replaced. */
export const DIAGONAL_SCATTER: Rule = {
  targets: ["aten::diagonal_scatter.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const rank = shape.length;
    const [a, b] = [call.axis("dim1", rank), call.axis("dim2", rank)];
    const perm = matrixLast(rank, a, b);
    const places = diagonalPlaces(fixed(shape[a]), fixed(shape[b]), call.int("offset"));
    const front = [rank - 2, rank - 1, ...new Array<number>(rank - 2).keys()];
    const there = front.map((axis) => perm[axis] as number);
    const source = call.as("src", dtype);
    const turned = call.transpose(source, [rank - 2, ...new Array<number>(rank - 2).keys()]);
    const index = call.table("int64", [places.length, 2], places.flat());
    const written = call.op("ScatterND", [call.transpose(call.tensor("self"), there), index, turned]);
    return call.transpose(
      written,
      there.map((_, axis) => there.indexOf(axis)),
    );
  },
};

function inputName(call: Call): string {
  return call.name === "linalg_diagonal" ? "A" : "self";
}

function fixed(size: Dim | undefined): number {
  if (typeof size !== "number")
    throw new Refusal(`it takes the diagonal of a matrix of ${size} rows or columns; fixed sizes are wanted`);
  return size;
}

function matrixLast(rank: number, a: number, b: number): number[] {
  return [...[...new Array<number>(rank).keys()].filter((axis) => axis !== a && axis !== b), a, b];
}

function diagonalPlaces(rows: number, columns: number, offset: number): [number, number][] {
  const start: [number, number] = offset < 0 ? [-offset, 0] : [0, offset];
  const count = Math.max(0, Math.min(rows - start[0], columns - start[1]));
  return Array.from({ length: count }, (_, at) => [start[0] + at, start[1] + at]);
}

/** The matrices are flattened; their diagonals are every (columns + 1)-th element. */
function diagonal(call: Call, a: number, b: number, offset: number): Value {
  const shape = call.shape(inputName(call));
  const perm = matrixLast(shape.length, a, b);
  if (typeof shape[a] !== "number" || typeof shape[b] !== "number")
    return freeDiagonal(call, perm, shape[a] as Dim, shape[b] as Dim, offset);
  const [rows, columns] = [fixed(shape[a]), fixed(shape[b])];
  const lead = perm.slice(0, -2).map((axis) => shape[axis] as Dim);
  const turned = call.transpose(call.tensor(inputName(call)), perm);
  const flat = call.reshape(turned, [...lead, rows, columns], [...lead, rows * columns]);
  const places = diagonalPlaces(rows, columns, offset).map(([row, column]) => row * columns + column);
  return call.op("Gather", [flat, call.builder.int64s(places)], { axis: int(lead.length) });
}

/** Of matrices whose sizes only running tells: row i gives element i + offset of it, as far as both reach. */
function freeDiagonal(call: Call, perm: readonly number[], rows: Dim, columns: Dim, offset: number): Value {
  const places = freeDiagonalPlaces(call, rows, columns, offset);
  const rank = perm.length;
  const matrixFirst = [perm[rank - 2] as number, perm[rank - 1] as number, ...perm.slice(0, -2)]; // there are two
  const diagonals = call.op("GatherND", [call.transpose(call.tensor(inputName(call)), matrixFirst), places]);
  return call.transpose(diagonals, [...new Array(rank - 2).keys()].map((axis) => axis + 1).concat(0));
}

/** Vectors in the last axis become diagonals of matrices whose axes are a and b of the result. */
function onDiagonal(
  call: Call,
  shape: readonly Dim[],
  a: number,
  b: number,
  offset: number,
  input?: Value,
): Value {
  const { dtype } = call.result();
  const count = fixed(shape.at(-1));
  const size = count + Math.abs(offset);
  const flat = new Array<number>(size * size).fill(count);
  for (const [at, [row, column]] of diagonalPlaces(size, size, offset).entries())
    flat[row * size + column] = at;
  // One zero after each vector fills all places off the diagonal.
  const lead = shape.slice(0, -1);
  const zero = call.expand(call.table(dtype, [1], [0]), [1], [...lead, 1]);
  const extended = call.op("Concat", [input ?? call.tensor("self"), zero], { axis: int(lead.length) });
  const matrices = call.op("Gather", [extended, call.table("int64", [size, size], flat)], {
    axis: int(lead.length),
  });
  const rank = lead.length + 2;
  const back = matrixLast(rank, a, b);
  return call.transpose(
    matrices,
    back.map((_, axis) => back.indexOf(axis)),
  );
}
