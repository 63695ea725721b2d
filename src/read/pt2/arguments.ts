// Arguments of calls: the schema's union to AtenArgument.
// Symbolic integers become the dimensions that the file states for them; symbolic floats and bools stay names.
// Not here: defaults of arguments that are left out, which come from the operator schemas (read/aten/).
import type { Dim } from "../../graph/dim.ts";
import type { AtenArgument, AtenGraph } from "../aten/program.ts";
import { PT2_DTYPES } from "./dtypes.ts";
import type { JsonValue } from "./json-value.ts";
import type { SymbolScope } from "./symbol-scope.ts";

export interface ArgumentContext {
  readonly scope: SymbolScope;
  /** What the graph states of its symbolic integers, by name. */
  readonly symbolicIntegers: ReadonlyMap<string, Dim>;
  /** Reads a graph given as an argument. */
  readGraph(graph: JsonValue): AtenGraph;
}

type Decode = (contents: JsonValue, context: ArgumentContext) => AtenArgument;

/** Reads a union `{variant: contents}`; variants that mean nothing to a lowering are kept as text. */
export function readArgument(argument: JsonValue, context: ArgumentContext): AtenArgument {
  const [variant, contents] = argument.variant();
  const decode = VARIANTS.get(variant);
  if (decode) return decode(contents, context);
  return { kind: "other", text: `${variant.replace(/^as_/, "")} ${contents.text()}` };
}

const VARIANTS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ["as_none", () => ({ kind: "none" })],
  ["as_tensor", (contents) => ({ kind: "tensor", value: contents.get("name").string() })],
  ["as_tensors", (contents) => ({ kind: "tensors", values: contents.list().map(nameOf) })],
  ["as_optional_tensor", optionalTensor],
  ["as_optional_tensors", (contents) => ({ kind: "tensors", values: contents.list().map(optionalName) })],
  ["as_int", (contents) => ({ kind: "int", value: contents.integer() })],
  ["as_ints", (contents) => ({ kind: "ints", values: contents.list().map((item) => item.integer()) })],
  ["as_float", (contents) => ({ kind: "float", value: contents.number() })],
  ["as_floats", (contents) => ({ kind: "floats", values: contents.list().map((item) => item.number()) })],
  ["as_bool", (contents) => ({ kind: "bool", value: contents.boolean() })],
  ["as_bools", (contents) => ({ kind: "bools", values: contents.list().map((item) => item.boolean()) })],
  ["as_string", (contents) => ({ kind: "string", value: contents.string() })],
  ["as_strings", (contents) => ({ kind: "strings", values: contents.list().map((item) => item.string()) })],
  ["as_sym_int", (contents, context) => ({ kind: "int", value: symbolicInteger(contents, context) })],
  ["as_sym_ints", (contents, context) => symbolicIntegers(contents, context)],
  ["as_sym_float", symbolicScalar],
  ["as_sym_bool", symbolicScalar],
  ["as_complex", complex],
  ["as_scalar_type", dtype],
  ["as_graph", (contents, context) => ({ kind: "graph", value: context.readGraph(contents.get("graph")) })],
]);

function nameOf(item: JsonValue): string {
  return item.get("name").string();
}

function optionalName(item: JsonValue): string | undefined {
  const [variant, contents] = item.variant();
  return variant === "as_none" ? undefined : nameOf(contents);
}

function optionalTensor(contents: JsonValue): AtenArgument {
  const value = optionalName(contents);
  return value === undefined ? { kind: "none" } : { kind: "tensor", value };
}

function symbolicIntegers(contents: JsonValue, context: ArgumentContext): AtenArgument {
  return { kind: "ints", values: contents.list().map((item) => symbolicInteger(item, context)) };
}

/** `{as_int}` or `{as_name}`, the name of one of the graph's symbolic integers. */
function symbolicInteger(item: JsonValue, context: ArgumentContext): Dim {
  const [variant, contents] = item.variant();
  if (variant === "as_int") return contents.integer();
  const name = contents.string();
  // A name that the graph says nothing of is a symbol of its own, which the call of that name defines.
  return context.symbolicIntegers.get(name) ?? context.scope.resolve(context.scope.dimOfText(name));
}

/** A symbolic float or bool: `{as_name}`, or a literal that the exporter found out. */
function symbolicScalar(contents: JsonValue): AtenArgument {
  const [variant, scalar] = contents.variant();
  if (variant === "as_name") return { kind: "symbol", value: scalar.string() };
  if (variant === "as_bool") return { kind: "bool", value: scalar.boolean() };
  return variant === "as_int"
    ? { kind: "int", value: scalar.integer() }
    : { kind: "float", value: scalar.number() };
}

function complex(contents: JsonValue): AtenArgument {
  const imaginary = contents.get("imag").number();
  return { kind: "complex", real: contents.get("real").number(), imaginary };
}

function dtype(contents: JsonValue): AtenArgument {
  const number = contents.integer();
  const value = PT2_DTYPES.get(number);
  return value ? { kind: "dtype", value } : { kind: "other", text: `dtype ${number} of torch.export` };
}
