// Arguments of a call by name: what the file gives, else the schema's default, in the kind that is asked for.
// Invariant: an accessor that finds another kind throws Refusal, which lowering turns into a problem of that call.
// Not here: values of the graph being built (call.ts).
import type { Dim } from "../../graph/dim.ts";
import type { RankedType } from "../../graph/typed-graph.ts";
import { type DType, isComplex } from "../../tensor/dtype.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "./program.ts";
import { type Schema, type SchemaArgument, schemaOf } from "./schema.ts";

/** Why a call cannot be lowered, thrown by accessors and caught by lower.ts for each call. */
export class Refusal extends Error {}

/** A Python number: its kind decides type promotion. */
export type Scalar =
  | { readonly kind: "int" | "float" | "bool"; readonly value: number }
  | { readonly kind: "dim"; readonly value: Dim }
  | { readonly kind: "symbol"; readonly value: string };

const NONE: AtenArgument = { kind: "none" };

/** What is known of the values of a graph. */
export type TypesAndStrides = Pick<AtenGraph, "types" | "strides">;

/** A call's arguments and types, without any values: what a rule's `refuse` sees. */
export class Facts {
  readonly call: AtenCall;
  readonly schema: Schema | undefined;
  private readonly graph: TypesAndStrides;

  constructor(call: AtenCall, graph: TypesAndStrides, schema = schemaOf(call.target)) {
    this.call = call;
    this.graph = graph;
    this.schema = schema;
  }

  get target(): string {
    return this.call.target;
  }

  /** The operator's name without namespace, overload, and the underscore of the in-place form. */
  get name(): string {
    return this.target.replace(/^.*::/, "").replace(/\..*$/, "");
  }

  /** The argument as it is; the schema's default if it is omitted, `none` if there is no default. */
  argument(name: string): AtenArgument {
    const given = this.call.args.get(name);
    if (given) return given;
    const declared = this.schema?.arguments.find((argument) => argument.name === name);
    return declared ? defaultOf(declared) : NONE;
  }

  has(name: string): boolean {
    return this.argument(name).kind !== "none";
  }

  /** Type of a tensor argument. */
  type(name: string): RankedType {
    const argument = this.argument(name);
    if (argument.kind !== "tensor") throw this.wrongKind(name, "a tensor");
    return this.typeOf(argument.value);
  }

  /** Types of a list of tensors; an absent one is undefined. */
  typesOf(name: string): (RankedType | undefined)[] {
    return this.names(name).map((value) => (value === undefined ? undefined : this.typeOf(value)));
  }

  rank(name: string): number {
    return this.type(name).shape.length;
  }

  shape(name: string): readonly Dim[] {
    return this.type(name).shape;
  }

  /** Strides of a tensor argument in elements, where the file tells them. */
  strides(name: string): readonly Dim[] | undefined {
    const argument = this.argument(name);
    return argument.kind === "tensor" ? this.graph.strides?.get(argument.value) : undefined;
  }

  dtypeOf(name: string): DType {
    return this.type(name).dtype;
  }

  /** The declared type of the i-th result. Lists of results count each element. */
  result(index = 0): RankedType {
    const name = this.outputNames()[index];
    if (name === undefined) throw new Refusal(`it has no result ${index}`);
    return this.typeOf(name);
  }

  /** Value names of the results, lists flattened; results that are no tensors are undefined. */
  outputNames(): (string | undefined)[] {
    return this.call.outputs.flatMap((output) => {
      if (output.kind === "tensors") return [...output.values];
      return [output.kind === "tensor" ? output.value : undefined];
    });
  }

  /** Whether the i-th result exists, that is, whether the file declares a tensor for it. */
  hasResult(index: number): boolean {
    const name = this.outputNames()[index];
    return name !== undefined && this.graph.types.has(name);
  }

  int(name: string): number {
    const dim = this.dim(name);
    if (typeof dim !== "number")
      throw new Refusal(`its argument ${name} is ${dim}; a fixed number is wanted`);
    return dim;
  }

  dim(name: string): Dim {
    const argument = this.argument(name);
    if (argument.kind === "int") return argument.value;
    if (argument.kind === "bool") return argument.value ? 1 : 0;
    if (argument.kind === "float" && Number.isInteger(argument.value)) return argument.value;
    throw this.wrongKind(name, "an integer");
  }

  /** An integer that may be absent. */
  optionalInt(name: string): number | undefined {
    return this.has(name) ? this.int(name) : undefined;
  }

  ints(name: string): number[] {
    return this.dims(name).map((dim) => {
      if (typeof dim !== "number")
        throw new Refusal(`its argument ${name} holds ${dim}; fixed numbers are wanted`);
      return dim;
    });
  }

  /** Integers for `count` axes: one given stands for all. */
  spread(name: string, count: number): number[] {
    const given = this.ints(name);
    if (given.length === 1) return new Array<number>(count).fill(given[0] ?? 0);
    if (given.length !== count)
      throw new Refusal(`its argument ${name} has ${given.length} numbers; ${count} are wanted`);
    return given;
  }

  dims(name: string): readonly Dim[] {
    const argument = this.argument(name);
    if (argument.kind === "ints") return argument.values;
    if (argument.kind === "int") return [argument.value];
    if (argument.kind === "none" || isEmptyList(argument)) return [];
    throw this.wrongKind(name, "a list of integers");
  }

  float(name: string): number {
    const argument = this.argument(name);
    if (argument.kind === "float") return argument.value;
    if (argument.kind === "bool") return argument.value ? 1 : 0;
    if (argument.kind === "int" && typeof argument.value === "number") return argument.value;
    throw this.wrongKind(name, "a number");
  }

  optionalFloat(name: string): number | undefined {
    return this.has(name) ? this.float(name) : undefined;
  }

  floats(name: string): readonly number[] {
    const argument = this.argument(name);
    if (argument.kind === "floats") return argument.values;
    return this.ints(name);
  }

  bool(name: string): boolean {
    const argument = this.argument(name);
    if (argument.kind === "bool") return argument.value;
    if (argument.kind === "none") return false;
    throw this.wrongKind(name, "true or false");
  }

  string(name: string): string {
    const argument = this.argument(name);
    if (argument.kind !== "string") throw this.wrongKind(name, "a string");
    return argument.value;
  }

  /** A dtype argument; undefined if absent. */
  dtype(name: string): DType | undefined {
    const argument = this.argument(name);
    if (argument.kind === "dtype") return argument.value;
    if (argument.kind === "none") return undefined;
    throw this.wrongKind(name, "an element type");
  }

  scalar(name: string): Scalar {
    const argument = this.argument(name);
    if (argument.kind === "bool") return { kind: "bool", value: argument.value ? 1 : 0 };
    if (argument.kind === "float") return argument;
    if (argument.kind === "symbol") return argument;
    if (argument.kind !== "int") throw this.wrongKind(name, "a number");
    if (typeof argument.value === "number" && isRounded(argument.value))
      throw new Refusal(
        `its argument ${name} is near ${argument.value}, and integers beyond 2^53 are not kept exactly`,
      );
    return typeof argument.value === "number"
      ? { kind: "int", value: argument.value }
      : { kind: "dim", value: argument.value };
  }

  /** A dimension argument as a non-negative axis of a tensor of that rank; scalars count as rank 1. */
  axis(name: string, rank: number): number {
    return normalAxis(this.int(name), rank);
  }

  /** Axes; an absent or empty list means all. */
  axes(name: string, rank: number): number[] {
    const given = this.has(name) ? this.ints(name) : [];
    if (given.length === 0) return [...new Array(rank).keys()];
    return given.map((axis) => normalAxis(axis, rank));
  }

  /** Whether a value, by its name, is a complex tensor. */
  isComplexValue(value: string): boolean {
    const type = this.graph.types.get(value);
    return type !== undefined && isComplex(type.dtype);
  }

  protected names(name: string): readonly (string | undefined)[] {
    const argument = this.argument(name);
    if (argument.kind === "tensors") return argument.values;
    if (argument.kind === "tensor") return [argument.value];
    if (argument.kind === "none" || isEmptyList(argument)) return [];
    throw this.wrongKind(name, "a list of tensors");
  }

  protected typeOf(value: string): RankedType {
    const type = this.graph.types.get(value);
    if (!type?.shape) throw new Refusal(`nothing is known of the shape of ${value}`);
    return type as RankedType; // it has a shape
  }

  private wrongKind(name: string, wanted: string): Refusal {
    return new Refusal(`its argument ${name} is ${textOf(this.argument(name))}; ${wanted} is wanted`);
  }
}

/** A size that has to be known before the model runs. */
export function fixedSize(size: Dim | undefined): number {
  if (typeof size !== "number") throw new Refusal(`one of its sizes is ${size}; a fixed number is wanted`);
  return size;
}

export function normalAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + Math.max(rank, 1) : axis;
}

/** Whether an integer is what another one was rounded to. Powers of 2 are taken for themselves, and 2^63 for the largest. */
function isRounded(value: number): boolean {
  return !Number.isSafeInteger(value) && !Number.isInteger(Math.log2(Math.abs(value)));
}

function isEmptyList(argument: AtenArgument): boolean {
  return "values" in argument && argument.values.length === 0;
}

function textOf(argument: AtenArgument): string {
  if (argument.kind === "other") return argument.text;
  if (argument.kind === "none") return "None";
  return "value" in argument && typeof argument.value !== "object"
    ? `${argument.kind} ${argument.value}`
    : argument.kind;
}

function defaultOf(declared: SchemaArgument): AtenArgument {
  const text = declared.fallback;
  if (text === undefined || text === "None") return NONE;
  if (text === "True" || text === "False") return { kind: "bool", value: text === "True" };
  if (text.startsWith('"')) return { kind: "string", value: text.slice(1, -1) };
  if (text.startsWith("[")) return listDefault(declared.type, text);
  const number = Number(text);
  if (Number.isNaN(number)) return { kind: "other", text };
  if (declared.type.includes("[")) return { kind: "ints", values: [number] };
  const real = declared.type.startsWith("float") || /[.e]/.test(text);
  return { kind: real ? "float" : "int", value: number };
}

function listDefault(type: string, text: string): AtenArgument {
  const items = text
    .slice(1, -1)
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  if (type.startsWith("bool")) return { kind: "bools", values: items.map((item) => item === "True") };
  return { kind: type.startsWith("float") ? "floats" : "ints", values: items.map(Number) };
}
