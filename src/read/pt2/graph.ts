// Reads a graph of model.json: its nodes as calls, the types of its values.
// Calls that only compute sizes are left out where the file states their result as an expression of symbols.
// Not here: weights and signatures (program.ts); what a call means (read/aten/).
import type { Dim } from "../../graph/dim.ts";
import { type TensorType, tensorType } from "../../graph/type.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "../aten/program.ts";
import { type ArgumentContext, readArgument } from "./arguments.ts";
import { PT2_DTYPES } from "./dtypes.ts";
import { correctStates } from "./errata.ts";
import type { JsonValue } from "./json-value.ts";
import { originOf } from "./origin.ts";
import { withoutSizes } from "./size-operands.ts";
import type { SymbolScope } from "./symbol-scope.ts";

/** Bodies within bodies of cond, while_loop and their like. */
const MAX_GRAPH_DEPTH = 32;

/** Operators on Python's own integers: the file states what they give. */
const SIZE_ARITHMETIC = /^(?:_operator|math|torch)::|^aten::sym_(?:size|numel|stride|storage_offset)\b/;

/** Reads a graph and the graphs within it. */
export function readGraph(graph: JsonValue, scope: SymbolScope, depth = 0): AtenGraph {
  if (depth > MAX_GRAPH_DEPTH) graph.wrong(`graphs nested at most ${MAX_GRAPH_DEPTH} deep`);
  const symbolicIntegers = readSymbolicIntegers(graph, scope);
  const bodySizes = new Map<AtenGraph, ReadonlyMap<string, Dim>>();
  const context: ArgumentContext = {
    scope,
    symbolicIntegers,
    readGraph(inner) {
      const body = readGraph(inner, scope, depth + 1);
      bodySizes.set(body, readSymbolicIntegers(inner, scope));
      return body;
    },
  };
  const sizesIn = (body: AtenGraph) => bodySizes.get(body) ?? new Map();
  const { types, strides } = readTypes(graph, scope);
  const calls = graph
    .get("nodes")
    .list()
    .map((node) => withoutSizes(readCall(node, context), symbolicIntegers, sizesIn))
    .filter((call) => !isStatedSize(call, scope));
  correctStates(calls, types, strides);
  return {
    inputs: graph.get("inputs").list().map(valueName),
    outputs: graph
      .get("outputs")
      .list()
      .map((output) => readArgument(output, context)),
    calls,
    types,
    strides,
  };
}

/** The symbolic integers of a graph by name; an entry is `{as_int}` or `{as_expr}`. */
export function readSymbolicIntegers(graph: JsonValue, scope: SymbolScope): Map<string, Dim> {
  const values = graph.get("sym_int_values");
  return new Map(values.present ? values.entries().map(([name, value]) => [name, scope.dim(value)]) : []);
}

/** Name of a graph's input; a literal in an input's place gets the empty name. */
function valueName(input: JsonValue): string {
  const [, contents] = input.variant();
  if (contents.optionalString() !== undefined || !contents.isObject) return "";
  const name = contents.get("name").present ? contents.get("name") : contents.get("as_name");
  return name.optionalString() ?? "";
}

function readCall(node: JsonValue, context: ArgumentContext): AtenCall {
  const operator = node
    .get("target")
    .string()
    .replace(/^torch\.ops\./, "");
  const args = new Map<string, AtenArgument>();
  for (const [index, input] of node.get("inputs").list().entries()) {
    args.set(input.get("name").string() || String(index), readArgument(input.get("arg"), context));
  }
  const outputs = node
    .get("outputs")
    .list()
    .map((output) => readArgument(output, context));
  return { target: targetOf(operator), args, outputs, origin: originOf(node, operator) };
}

/** `aten.conv2d.default` becomes `aten::conv2d.default`, `_operator.mul` becomes `_operator::mul`. */
function targetOf(operator: string): string {
  if (operator.startsWith("#")) return operator.slice(1).replace(":", "::");
  const dot = operator.indexOf(".");
  return dot < 0 ? operator : `${operator.slice(0, dot)}::${operator.slice(dot + 1)}`;
}

function isStatedSize(call: AtenCall, scope: SymbolScope): boolean {
  if (!SIZE_ARITHMETIC.test(call.target) || call.outputs.length === 0) return false;
  return call.outputs.every((output) => output.kind === "int" && !scope.isOpaque(output.value));
}

interface Types {
  readonly types: Map<string, TensorType>;
  readonly strides: Map<string, readonly Dim[]>;
}

function readTypes(graph: JsonValue, scope: SymbolScope): Types {
  const types = new Map<string, TensorType>();
  const strides = new Map<string, readonly Dim[]>();
  for (const [name, meta] of graph.get("tensor_values").entries()) {
    const dtype = PT2_DTYPES.get(meta.get("dtype").integer());
    if (!dtype) continue; // a type that no rule takes: the call that uses the value is refused by name
    const sizes = meta.get("sizes").list();
    types.set(
      name,
      tensorType(
        dtype,
        sizes.map((size) => scope.dim(size)),
      ),
    );
    const steps = meta.get("strides");
    if (steps.present)
      strides.set(
        name,
        steps.list().map((step) => scope.dim(step)),
      );
  }
  return { types, strides };
}
