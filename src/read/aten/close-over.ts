// Bodies of `cond` and loops that write into tensors of the graph around them: what they write into becomes a result.
// Method: a body that writes into a tensor, or into a view of one, is handed the root, makes all views that it reads of that
// root anew, and gives the root's new contents; a loop carries the root from round to round.
// Not here: writes within one graph (functionalize.ts).
import type { TensorType } from "../../graph/type.ts";
import { Refusal } from "./argument.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "./program.ts";
import { renameArgument, renameArguments } from "./rename.ts";

/** What is known of the values around the bodies. */
export interface Surroundings {
  rootOf(name: string): string;
  /** The calls that make a view from its root. */
  viewCalls(name: string): readonly AtenCall[];
  typeOf(name: string): TensorType | undefined;
  /** Whether nothing looks at a tensor's memory after the call. */
  isForgotten(name: string): boolean;
}

/** What a body does to memory. */
export interface BodyMemory {
  /** Inputs that it writes into, by name. */
  readonly written: ReadonlyMap<string, unknown>;
  rootOf(name: string): string;
}

export interface Closure {
  readonly args: Map<string, AtenArgument>;
  /** Tensors that are written into. */
  readonly roots: readonly string[];
  readonly results: AtenArgument[];
}

/** Where a call keeps its bodies and what it hands to them. */
interface Layout {
  readonly bodies: readonly string[];
  /** Values that stay as they are from round to round; the bodies' last inputs. */
  readonly captured: string;
  /** Values that a loop replaces in each round. */
  readonly carried?: string;
}

const LAYOUTS: ReadonlyMap<string, Layout> = new Map<string, Layout>([
  ["higher_order::cond", { bodies: ["1", "2"], captured: "3" }],
  ["prim::Loop", { bodies: ["body"], captured: "captured", carried: "carried" }],
]);

/** The call's new arguments; undefined if its bodies write into nothing of the graph around them. Throws Refusal. */
export function closeOver(
  call: AtenCall,
  memoryOf: (body: AtenGraph) => BodyMemory,
  around: Surroundings,
): Closure | undefined {
  const layout = LAYOUTS.get(call.target);
  if (!layout) return undefined;
  const captured = namesIn(call.args.get(layout.captured));
  const roots = new Set<string>();
  for (const name of layout.bodies) {
    const body = call.args.get(name);
    if (body?.kind !== "graph") continue;
    const first = body.value.inputs.length - captured.length;
    const memory = memoryOf(body.value);
    for (const written of memory.written.keys()) {
      const at = body.value.inputs.indexOf(written);
      if (at >= first) roots.add(around.rootOf(captured[at - first] ?? ""));
      else if (at >= 0 && !isAlone(call, layout, at, body.value, memory, around))
        throw new Refusal("a loop writes into a tensor that it also replaces; clone it before");
    }
  }
  if (roots.size === 0) return undefined;
  const args = new Map(call.args);
  const kept = captured.filter((name) => !roots.has(around.rootOf(name)));
  args.set(layout.captured, { kind: "tensors", values: layout.carried ? kept : [...roots, ...kept] });
  if (layout.carried) {
    const carried = namesIn(call.args.get(layout.carried));
    args.set(layout.carried, { kind: "tensors", values: [...carried, ...roots] });
  }
  for (const name of layout.bodies) {
    const body = call.args.get(name);
    if (body?.kind === "graph")
      args.set(name, { kind: "graph", value: withRoots(body.value, captured, [...roots], around) });
  }
  return { args, roots: [...roots], results: [] };
}

/**
 * Whether the memory that a loop both writes into and replaces is seen by nothing else: what it begins with is given once
 * and not looked at again, and what a round leaves is no other result and nothing captured. Then the writes are the
 * body's own.
 */
function isAlone(
  call: AtenCall,
  layout: Layout,
  at: number,
  body: AtenGraph,
  memory: BodyMemory,
  around: Surroundings,
): boolean {
  const captured = namesIn(call.args.get(layout.captured));
  const carried = layout.carried ? namesIn(call.args.get(layout.carried)) : [];
  const initial = carried[at - 1]; // the round comes first
  if (initial === undefined || !around.isForgotten(initial)) return false;
  const root = around.rootOf(initial);
  if ([...carried, ...captured].filter((name) => around.rootOf(name) === root).length > 1) return false;
  const left = body.outputs.map((output) =>
    output.kind === "tensor" ? memory.rootOf(output.value) : undefined,
  );
  const own = left[at]; // the condition comes first
  if (own === undefined || left.filter((other) => other === own).length > 1) return false;
  return !body.inputs.slice(body.inputs.length - captured.length).some((name) => memory.rootOf(name) === own);
}

/** Inputs of a body: its own, the roots, the captured values that are no part of a root. */
function withRoots(
  body: AtenGraph,
  captured: readonly string[],
  roots: readonly string[],
  around: Surroundings,
): AtenGraph {
  const first = body.inputs.length - captured.length;
  const types = new Map(body.types);
  const inner = (root: string) => `${root} within`;
  for (const root of roots) {
    const type = around.typeOf(root);
    if (type) types.set(inner(root), type);
  }
  const prelude: AtenCall[] = [];
  const renamed = new Map<string, string>();
  const kept: string[] = [];
  for (const [index, name] of captured.entries()) {
    const input = body.inputs[first + index] ?? name;
    const root = around.rootOf(name);
    if (!roots.includes(root)) kept.push(input);
    else if (name === root) renamed.set(input, inner(root));
    else prelude.push(...remade(around.viewCalls(name), name, input, types, around));
  }
  const rename = (name: string) => renamed.get(name) ?? name;
  const calls = body.calls.map((call) => renamedCall(call, rename));
  const results = roots.map((root): AtenArgument => ({ kind: "tensor", value: inner(root) }));
  return {
    ...body,
    inputs: [...body.inputs.slice(0, first), ...roots.map(inner), ...kept],
    outputs: [...body.outputs.map((output) => renameArgument(output, rename)), ...results],
    calls: [...prelude, ...calls],
    types,
  };
}

/** The calls that make a view, on names of their own; the last result is called `input`. */
function remade(
  views: readonly AtenCall[],
  name: string,
  input: string,
  types: Map<string, TensorType>,
  around: Surroundings,
): AtenCall[] {
  const rename = (inside: string): string => {
    if (inside === name) return input;
    const fresh = `${inside} within`;
    const type = around.typeOf(inside);
    if (type) types.set(fresh, type);
    return fresh;
  };
  return views.map((call) => renamedCall(call, rename));
}

function renamedCall(call: AtenCall, rename: (name: string) => string): AtenCall {
  const outputs = call.outputs.map((output) => renameArgument(output, rename));
  return { ...call, args: renameArguments(call.args, rename), outputs };
}

function namesIn(argument: AtenArgument | undefined): readonly string[] {
  return argument?.kind === "tensors" ? argument.values.filter((value) => value !== undefined) : [];
}
