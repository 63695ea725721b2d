// Sizes and types as configs write them, and as graphs hold them.
import type { Dim } from "../graph/dim.ts";
import type { RankedType } from "../graph/typed-graph.ts";
import { evaluateExpression } from "../read/dimensions/evaluate-expression.ts";
import { parseExpression } from "../read/dimensions/expression-text.ts";
import { BYTES_PER_ELEMENT, type DType } from "../tensor/dtype.ts";
import type { Size, TensorType } from "./config.ts";

function asSizes(shape: readonly Dim[]): Size[] {
  return shape.map((dim) => (typeof dim === "number" ? dim : String(dim)));
}

export function asTensorType({ dtype, shape }: RankedType): TensorType {
  return { dtype, shape: asSizes(shape) };
}

/** The type that a user's function gave; or, in words, what it is instead. `unknown` makes a size for -1. */
export function rankedType(given: unknown, unknown: () => Dim): RankedType | string {
  if (typeof given !== "object" || given === null) return describe(given);
  const { dtype, shape } = given as { dtype?: unknown; shape?: unknown }; // checked below
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES_PER_ELEMENT, dtype))
    return `the dtype ${describe(dtype)}`;
  if (!Array.isArray(shape)) return `the shape ${describe(shape)}`;
  const dims: Dim[] = [];
  for (const size of shape as unknown[]) {
    const dim = size === -1 ? unknown() : dimOf(size);
    if (dim === undefined) return `the size ${describe(size)}`;
    dims.push(dim);
  }
  return { kind: "tensor", dtype: dtype as DType, shape: dims }; // a key of the table of dtypes
}

function dimOf(size: unknown): Dim | undefined {
  if (typeof size === "number") return Number.isInteger(size) && size >= 0 ? size : undefined;
  const expression = typeof size === "string" ? parseExpression(size) : undefined;
  return expression && evaluateExpression(expression);
}

/** A value in a message. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === "string") return `'${value}'`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object"
    ? `an object with ${Object.keys(value).join(", ") || "no fields"}`
    : `${value}`;
}
