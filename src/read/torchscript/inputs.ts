// The inputs of `forward`: names from its parameters, element types and sizes from the traced example or from the caller.
// In a trace, an axis is taken as the batch if the sizes of the example's inputs agree there; whether the code allows it to
// be free shows when the code is followed (read-torchscript.ts).
// Not here: outputs (outputs.ts).
import { entryOf, isRecord, type PickleValue, itemsOf as pickledItems } from "../../bytes/pickle/values.ts";
import { type Problem, problem } from "../../core/errors.ts";
import { type Dim, symbol, symbolName } from "../../graph/dim.ts";
import type { RankedType } from "../../graph/typed-graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import { contiguousStrides } from "../aten/memory-order.ts";
import type { AtenInput } from "../aten/program.ts";
import { tensorRecord } from "../torch-save/tensor-record.ts";
import type { ScriptArchive } from "./archive.ts";
import type { InputSpec } from "./input-spec.ts";
import type { ProgramBuilder } from "./program-builder.ts";
import { Malformed, Unfollowed } from "./refusal.ts";
import type { Expression, FunctionDefinition, Parameter } from "./source/syntax.ts";
import { bool, float, int, list, string, tensor, tuple, type Value } from "./values.ts";

/** The types of the example's tensors, in the order of `forward`'s parameters, nested ones flattened. */
export type Example = readonly Nested[];
type Nested = RankedType | readonly Nested[];

/** Nested tuples of an example deeper than any signature. */
const MAX_DEPTH = 16;

/** What a traced archive says of its example; undefined for others. */
export function tracedExample(archive: ScriptArchive): Example | undefined {
  const saved = archive.pickle("traced_inputs");
  const stored = saved && untagged(entryOf(untagged(saved.value), "forward"));
  const items = stored === undefined ? undefined : pickledItems(stored);
  return items?.map((item) => nested(item, 0));
}

function nested(pickled: PickleValue, depth: number): Nested {
  if (depth > MAX_DEPTH) throw new Malformed("traced_inputs.pkl", `is nested over ${MAX_DEPTH} deep`);
  const plain = untagged(pickled);
  const record = tensorRecord(plain);
  if (record) return { kind: "tensor", dtype: record.dtype, shape: record.shape };
  const items = plain === undefined ? undefined : pickledItems(plain);
  if (!items) throw new Malformed("traced_inputs.pkl", "holds something that is no tensor");
  return items.map((item) => nested(item, depth + 1));
}

/** Lists and dicts are wrapped in calls that state their type. */
function untagged(pickled: PickleValue | undefined): PickleValue | undefined {
  if (!isRecord(pickled) || pickled.kind !== "object") return pickled;
  const { callee, args } = pickled;
  const isTag = isRecord(callee) && callee.kind === "global" && callee.module === "torch.jit._pickle";
  return isTag ? pickledItems(args)?.[0] : pickled;
}

export interface Inputs {
  readonly inputs: readonly AtenInput[];
  /** Arguments of `forward`, in order. */
  readonly args: readonly Value[];
  /** Further arguments by the names of `forward`'s parameters. */
  readonly named?: ReadonlyMap<string, Value>;
}

/** The size that all tensors of the example have on this axis; undefined if they differ or lack it. */
export function sizeOn(axis: number, example: Example): number | undefined {
  const sizes = new Set<Dim | undefined>();
  const visit = (item: Nested): void => {
    if (isType(item)) sizes.add(item.shape[axis]);
    else for (const inner of item) visit(inner);
  };
  for (const item of example) visit(item);
  const [size] = sizes;
  return sizes.size === 1 && typeof size === "number" && size > 0 ? size : undefined;
}

function isType(item: Nested): item is RankedType {
  return "dtype" in item;
}

/** What the batch of a trace is called where it is taken for free. */
export const TRACED_BATCH = "batch";

/** The inputs of a trace; the axis of number `batchAxis`, if there is one, becomes the symbol `batch`. */
export function tracedInputs(
  forward: FunctionDefinition,
  example: Example,
  batchAxis: number | undefined,
  builder: ProgramBuilder,
): Inputs {
  const inputs: AtenInput[] = [];
  const make = (item: Nested, name: string): Value => {
    if (!isType(item)) return tuple(item.map((inner, index) => make(inner, `${name}_${index}`)));
    const shape = item.shape.map((size, axis) => (axis === batchAxis ? symbol(TRACED_BATCH) : size));
    return addInput(name, { ...item, shape }, inputs, builder);
  };
  const parameters = forward.parameters.slice(1);
  const args = parameters.map((parameter, index) => {
    const item = example[index];
    if (!item)
      throw new Malformed(
        "traced_inputs.pkl",
        `has ${example.length} inputs for ${parameters.length} parameters`,
      );
    const value = make(item, parameter.name);
    return value.kind === "tuple" && isList(parameter.type) ? list(value.items) : value;
  });
  return { inputs, args };
}

function isList(type: Expression | undefined): boolean {
  return type?.kind === "subscript" && type.object.kind === "name" && type.object.name === "List";
}

function addInput(name: string, type: RankedType, inputs: AtenInput[], builder: ProgramBuilder): Value {
  const value = `input ${name}`;
  builder.types.set(value, type);
  builder.strides.set(value, contiguousStrides(type.shape));
  inputs.push({ name, value });
  return tensor(value);
}

/** The inputs as the caller gives them; a problem that asks for what is missing. */
export function statedInputs(
  file: string,
  forward: FunctionDefinition,
  specs: Readonly<Record<string, InputSpec>>,
  builder: ProgramBuilder,
): Inputs | Problem {
  const parameters = forward.parameters.slice(1);
  const given = parameters.map((parameter) => givenNames(parameter, specs));
  const known = new Set(given.flat());
  const missing = parameters.filter(({ fallback }, index) => given[index]?.length === 0 && !fallback);
  const unknown = Object.keys(specs).filter((name) => !known.has(name));
  if (missing.length > 0 || unknown.length > 0) return askFor(file, parameters, missing, unknown);
  const inputs: AtenInput[] = [];
  const named = new Map<string, Value>();
  for (const [index, { name: parameter, type }] of parameters.entries()) {
    const values = (given[index] ?? []).flatMap((name) => {
      const spec = specs[name];
      return spec ? [statedInput(name, type, spec, inputs, builder)] : [];
    });
    const [value] = values;
    if (value) named.set(parameter, isList(type) ? list(values) : value); // the others have defaults
  }
  return { inputs, args: [], named };
}

/** The names that a parameter is given under: its own, or for the elements of a list `images_0`, `images_1`, ... */
function givenNames({ name, type }: Parameter, specs: Readonly<Record<string, InputSpec>>): string[] {
  if (Object.hasOwn(specs, name)) return [name];
  const names: string[] = [];
  while (isList(type) && Object.hasOwn(specs, `${name}_${names.length}`))
    names.push(`${name}_${names.length}`);
  return names;
}

function statedInput(
  name: string,
  type: Expression | undefined,
  spec: InputSpec,
  inputs: AtenInput[],
  builder: ProgramBuilder,
): Value {
  if ("value" in spec) return literal(spec.value);
  const shape = spec.shape.map((size) => (typeof size === "string" ? symbol(size) : size));
  const scalar = shape.length === 0 ? scalarInput(name, type, spec.dtype, inputs, builder) : undefined;
  return scalar ?? addInput(name, { kind: "tensor", dtype: spec.dtype, shape }, inputs, builder);
}

/** A parameter that is a Python number, as a scalar input; undefined for a tensor. Throws Unfollowed for another dtype. */
function scalarInput(
  name: string,
  type: Expression | undefined,
  dtype: DType,
  inputs: AtenInput[],
  builder: ProgramBuilder,
): Value | undefined {
  const python = type?.kind === "name" ? type.name : "";
  const wanted = Object.hasOwn(SCALAR_DTYPES, python) ? SCALAR_DTYPES[python] : undefined;
  if (wanted === undefined) return undefined;
  if (dtype !== wanted)
    throw new Unfollowed(
      `the parameter ${name} is Python's ${python}, which ${dtype} does not hold`,
      `give --input ${name}=${wanted}[]`,
    );
  const made = builder.freshInteger();
  const value = python === "int" ? (symbolName(made) ?? "") : `input ${name}`;
  builder.types.set(value, { kind: "tensor", dtype, shape: [] });
  inputs.push({ name, value });
  if (python === "int") return int(made);
  return { kind: "scalar", type: python === "float" ? "float" : "bool", name: value };
}

const SCALAR_DTYPES: Readonly<Record<string, DType>> = { int: "int64", float: "float64", bool: "bool" };

function literal(value: number | boolean | string): Value {
  if (typeof value === "boolean") return bool(value);
  if (typeof value === "string") return string(value);
  return Number.isInteger(value) ? int(value) : float(value);
}

function askFor(
  file: string,
  parameters: readonly Parameter[],
  missing: readonly Parameter[],
  unknown: readonly string[],
): Problem {
  const wanted = missing.length > 0 ? missing : parameters;
  const found =
    unknown.length > 0
      ? `forward has no parameter ${unknown.join(", ")} (it has ${parameters.map(({ name }) => name).join(", ")})`
      : "the archive holds no example inputs";
  return problem("TORCHSCRIPT_INPUTS", { file, found, flags: wanted.map(flagFor).join(" ") });
}

/** A flag to fill in; numbers and truth values are built into the model, a list is given element by element. */
function flagFor({ name, type }: Parameter): string {
  if (isList(type)) return `--input '${name}_0=float32[3,224,224]'`;
  const plain = type?.kind === "name" ? type.name : "Tensor";
  if (plain === "int") return `--input ${name}=1`;
  if (plain === "bool") return `--input ${name}=True`;
  return plain === "float" ? `--input ${name}=1.0` : `--input '${name}=float32[batch,3,224,224]'`;
}
