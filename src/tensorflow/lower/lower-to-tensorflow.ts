// ONNX graph -> TensorFlow graph: inputs, nodes, outputs; what nobody uses is dropped.
// Invariant: endpoints keep ONNX's names, shapes and order of axes, whatever stands inside.
// Not here: how an operator is lowered (rules/), where weights are stored (write/).
import { type Problem, problem, raise } from "../../core/errors.ts";
import type { Dim } from "../../graph/dim.ts";
import type { Value } from "../../graph/graph.ts";
import { typeText } from "../../graph/type.ts";
import type { TypedGraph } from "../../graph/typed-graph.ts";
import { TfBuilder } from "../builder.ts";
import { fuseBias } from "../fuse-bias.ts";
import type { TfEndpoint, TfGraph, TfNode, TfShape } from "../graph.ts";
import { identityLayout } from "../layout/layout.ts";
import { GraphLowering, type RuleOf } from "./graph-lowering.ts";
import { ruleOf } from "./rules.ts";
import { ValueStore } from "./value-store.ts";

export interface LowerOptions {
  /** What messages call the model. */
  readonly file: string;
  /** Rules that go before the tables', for operators of the user's own. */
  readonly ruleOf?: RuleOf | undefined;
  /** Weights become constants of the graph instead of variables. */
  readonly isFrozen?: boolean;
}

/** Lowers a graph with types. Throws a FerryError (exit code 4) with every node that cannot be lowered. */
export function lowerToTensorFlow(typed: TypedGraph, options: LowerOptions): TfGraph {
  const { graph } = typed;
  raise([
    ...graph.inputs.flatMap((value) => noTensor(typed, value, "input", options.file)),
    ...graph.outputs.flatMap((value) => noTensor(typed, value, "output", options.file)),
  ]);
  const lowering = new GraphLowering(typed, options.file, (node) => options.ruleOf?.(node) ?? ruleOf(node));
  lowering.judge(graph);
  const tf = new TfBuilder();
  tf.isFrozen = options.isFrozen ?? false;
  const values = new ValueStore(tf, typed);
  const inputs = graph.inputs.map((value) => placeholder(tf, values, value));
  lowering.emit(graph, values);
  raise(lowering.problems);
  tf.scope = "";
  const outputs = graph.outputs.map((value) => identity(tf, values, value));
  return fuseBias(
    pruned({ nodes: tf.nodes, functions: tf.functions, variables: tf.variables, inputs, outputs }),
  );
}

/** Why a value cannot stand in the signature: a sequence, an optional, or of a type that the IR does not have. */
function noTensor(typed: TypedGraph, value: Value, endpoint: "input" | "output", file: string): Problem[] {
  const type = typed.knownType(value);
  // What stands behind an operator that nobody knows has no type; that operator is the reason to tell.
  if (type?.kind === "tensor" || (!type && endpoint === "output")) return [];
  const found = type ? typeText(type) : "of a type without kernels, such as int4, or of none";
  return [problem("ENDPOINT_NO_TENSOR", { file, endpoint, name: value.name, found })];
}

function placeholder(tf: TfBuilder, values: ValueStore, value: Value): TfEndpoint {
  const { dtype, shape } = values.typed.typeOf(value);
  const free = freeShape(shape);
  const made = tf.op("Placeholder", [], { dtype, shape: free }, `serving_default_${value.name}`);
  values.set(value, made, identityLayout(shape.length));
  return { key: value.name, value: made, dtype, shape: free };
}

/** An output has a node of its own, so that TensorFlow may fuse the one that computes it. */
function identity(tf: TfBuilder, values: ValueStore, value: Value): TfEndpoint {
  const { dtype, shape } = values.typed.typeOf(value);
  const made = tf.op("Identity", [values.get(value, identityLayout(shape.length))], {}, value.name);
  return { key: value.name, value: made, dtype, shape: freeShape(shape) };
}

/** -1 for sizes that only running tells. */
function freeShape(shape: readonly Dim[]): NonNullable<TfShape> {
  return shape.map((dim) => (typeof dim === "number" ? dim : -1));
}

/** Keeps the endpoints and what the outputs need. */
function pruned(graph: TfGraph): TfGraph {
  const needed = new Set<TfNode>(graph.inputs.map((input) => input.value.node));
  const pending = graph.outputs.map((output) => output.value.node);
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    pending.push(...node.inputs.map((input) => input.node), ...node.controls);
  }
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => needed.has(node)),
    variables: graph.variables.filter((variable) => needed.has(variable.read)),
  };
}
