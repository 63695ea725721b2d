// Types, dimensions and constant contents of the graph's text form (../text.ts).
// `random(seed)` in place of a list of elements makes a constant of that shape from a fixed sequence, for tests.
import { BYTES_PER_ELEMENT, type DType, isFloat } from "../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../tensor/numbers.ts";
import { elementCount, type Tensor, tensorFromBytes, tensorFromStrings } from "../../tensor/tensor.ts";
import {
  addDims,
  type Dim,
  floorDivDims,
  maxDims,
  minDims,
  modDims,
  mulDims,
  subDims,
  symbol,
} from "../dim.ts";
import { type TensorType, tensorType, type ValueType } from "../type.ts";
import type { TokenReader } from "./lex.ts";

export function parseType(reader: TokenReader): ValueType {
  const kind = reader.name();
  if (kind === "sequence" || kind === "optional") {
    reader.expect("(");
    const element = parseType(reader);
    reader.expect(")");
    return { kind, element };
  }
  if (!(kind in BYTES_PER_ELEMENT)) reader.fail("a dtype, sequence or optional");
  const dtype = kind as DType; // the table's keys are the dtypes
  if (reader.peek().text === "[" && reader.peek(1).text === "...") {
    for (let mark = 0; mark < 3; mark++) reader.next();
    return tensorType(dtype);
  }
  return tensorType(
    dtype,
    reader.list("[", "]", () => parseDim(reader)),
  );
}

/** A sum of products of numbers, symbols and functions, as `DimExpression` prints it. */
export function parseDim(reader: TokenReader): Dim {
  let sum = reader.accept("-") ? mulDims(parseProduct(reader), -1) : parseProduct(reader);
  for (;;) {
    if (reader.accept("+")) sum = addDims(sum, parseProduct(reader));
    else if (reader.accept("-")) sum = subDims(sum, parseProduct(reader));
    else return sum;
  }
}

function parseProduct(reader: TokenReader): Dim {
  let product = parseFactor(reader);
  while (reader.accept("*")) product = mulDims(product, parseFactor(reader));
  return product;
}

const FUNCTIONS: ReadonlyMap<string, (a: Dim, b: Dim) => Dim> = new Map([
  ["floordiv", floorDivDims],
  ["mod", modDims],
  ["max", maxDims],
  ["min", minDims],
]);

function parseFactor(reader: TokenReader): Dim {
  const token = reader.next();
  if (token.kind === "number") return Number(token.text);
  if (token.kind !== "name" && token.kind !== "string") reader.fail("a dimension", token);
  const combine = FUNCTIONS.get(token.text);
  if (!combine || reader.peek().text !== "(") return symbol(token.text);
  const [a, b] = reader.list("(", ")", () => parseDim(reader));
  if (a === undefined || b === undefined) reader.fail("two arguments", token);
  return combine(a, b);
}

/** `[1, 2, 3]` or `random(seed)` as a constant of a type whose sizes are all numbers. */
export function parseContents(reader: TokenReader, type: TensorType): Tensor {
  const shape = (type.shape ?? reader.fail("a constant of known shape")).map((dim) =>
    typeof dim === "number" ? dim : reader.fail("a constant of fixed sizes"),
  );
  if (reader.acceptWord("random")) {
    const [seed = 0] = reader.list("(", ")", () => Number(reader.next().text));
    return randomTensor(type.dtype, shape, seed);
  }
  const elements = reader.list("[", "]", () => parseElement(reader));
  if (type.dtype === "string") {
    return tensorFromStrings(
      shape,
      elements.map((text) => new TextEncoder().encode(text)),
    );
  }
  if (type.dtype.startsWith("complex") || type.dtype.startsWith("float8")) {
    return tensorFromBytes(type.dtype, shape, Uint8Array.from(elements, Number));
  }
  if (elements.length !== elementCount(shape)) reader.fail(`${elementCount(shape)} elements before this`);
  if (type.dtype === "int64" || type.dtype === "uint64") return wideIntegers(type.dtype, shape, elements);
  return tensorOfNumbers(type.dtype, shape, elements.map(toNumber));
}

const WORDS: ReadonlyMap<string, number> = new Map([
  ["true", 1],
  ["false", 0],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["nan", Number.NaN],
]);

export function toNumber(text: string): number {
  return WORDS.get(text) ?? Number(text);
}

/** A number or word with its sign, or the contents of a string. */
export function parseElement(reader: TokenReader): string {
  const sign = reader.accept("-") ? "-" : "";
  const token = reader.next();
  if (token.kind === "mark" || token.kind === "end") reader.fail("a constant", token);
  return sign + token.text;
}

function wideIntegers(
  dtype: "int64" | "uint64",
  shape: readonly number[],
  elements: readonly string[],
): Tensor {
  const data = BigUint64Array.from(elements, (text) => BigInt.asUintN(64, BigInt(text)));
  return tensorFromBytes(dtype, shape, new Uint8Array(data.buffer));
}

/** Floats in [-1, 1), integers and bools 0 or 1, from a linear congruential sequence. */
function randomTensor(dtype: DType, shape: readonly number[], seed: number): Tensor {
  let state = (seed + 1) * 2654435761;
  const numbers = Array.from({ length: elementCount(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return isFloat(dtype) ? state / 2 ** 31 - 1 : state >>> 31;
  });
  return tensorOfNumbers(dtype, shape, numbers);
}
