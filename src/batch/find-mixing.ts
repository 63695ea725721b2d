// The first node whose result for a row depends on the other rows, or on its place among them: two runs of the freed graph
// have one row in common, at different places, and every intermediate value is looked at.
import type { TensorValue } from "../engine/engine.ts";
import { Graph, type Node, subgraphsOf, type Value } from "../graph/graph.ts";
import { assignNames } from "../graph/names.ts";
import type { FreedGraph } from "./free-graph.ts";
import { pickInputs } from "./prove-rows.ts";
import { areEqual, largestValue, rowCount, takeRows } from "./rows.ts";
import type { Values, WithGraphs } from "./runnable.ts";
import type { InputSpec } from "./sample-inputs.ts";

/** Values that one run hands out; all of a large model's would be held in memory at once. */
const VALUES_AT_ONCE = 200;

/** Undefined if no single node shows it. `inputs` has three rows at least. */
export async function findMixing(
  freed: FreedGraph,
  specs: readonly InputSpec[],
  inputs: Values,
  withGraphs: WithGraphs,
): Promise<Node | undefined> {
  assignNames(freed.graph);
  const nodes = freed.graph.nodes.filter((node) => subgraphsOf(node).length === 0);
  const first = pickInputs(inputs, specs, [0, 1]);
  const second = pickInputs(inputs, specs, [2, 0]);
  for (let at = 0; at < nodes.length; at += VALUES_AT_ONCE) {
    const part = nodes.slice(at, at + VALUES_AT_ONCE);
    const graph = showing(freed.graph, part);
    const runs = await bothRuns(graph, first, second, withGraphs);
    const found = runs && part.find((node) => mixes(node, runs, freed));
    if (found) return found;
  }
  return undefined;
}

/** Undefined where the engine stops, as it may on a graph that does not hold together at this size. */
async function bothRuns(
  graph: Graph,
  first: Values,
  second: Values,
  withGraphs: WithGraphs,
): Promise<readonly (Values | undefined)[] | undefined> {
  try {
    return await withGraphs([graph], async ([runnable]) => [
      await runnable?.run(first),
      await runnable?.run(second),
    ]);
  } catch {
    return undefined;
  }
}

/** The graph with the nodes' results as outputs. Nodes are the same objects. */
function showing(whole: Graph, nodes: readonly Node[]): Graph {
  const graph = new Graph(whole.name);
  for (const [domain, version] of whole.opsets) graph.opsets.set(domain, version);
  graph.inputs.push(...whole.inputs);
  graph.nodes = whole.nodes;
  graph.outputs.push(...nodes.flatMap(shown));
  return graph;
}

function shown(node: Node): Value[] {
  return node.outputs.filter((output) => output !== undefined);
}

function mixes(node: Node, [first, second]: readonly (Values | undefined)[], freed: FreedGraph): boolean {
  return shown(node).some((output) => {
    const [a, b] = [first?.get(output.name), second?.get(output.name)];
    const shape = freed.types.shapeOf(output);
    if (!a || !b || !shape) return false;
    if (!freed.types.hasBatch(output)) return !areEqual(a, b, largestValue(a));
    const place = freed.placeOf(output);
    return place !== undefined && !sameRow(a, b, place);
  });
}

function sameRow(
  a: TensorValue,
  b: TensorValue,
  place: NonNullable<ReturnType<FreedGraph["placeOf"]>>,
): boolean {
  if (rowCount(a, place) !== 2 || rowCount(b, place) !== 2) return true;
  return areEqual(takeRows(a, place, [0]), takeRows(b, place, [1]), largestValue(a));
}
