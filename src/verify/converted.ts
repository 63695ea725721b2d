// What is verified: a version directory, converted for the purpose or given, and the graph that its model.onnx holds.
// Values of the graph are aligned with those of the source by the names that the source's reader left at them; for a
// given directory, whose file does not keep these, by converting the source again: the same file gives the same names.
import * as fs from "node:fs";
import * as path from "node:path";
import { readNpz } from "../bytes/npz.ts";
import { type ConvertOptions, convertModel } from "../convert.ts";
import { fail } from "../core/errors.ts";
import type { TensorValue } from "../engine/engine.ts";
import { evaluateWithEngine } from "../evaluate.ts";
import { openFile, siblingOpener } from "../files/open-file.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { inferTypes } from "../graph/infer-types.ts";
import { tensorType } from "../graph/type.ts";
import { channelsFirstOrder, channelsLastOrder, turnedInputs } from "../passes/lay-out-inputs.ts";
import { readOnnx } from "../read/onnx/read-onnx.ts";
import { withGraphs } from "../run-graphs.ts";
import { type Tensor, tensorFromBytes } from "../tensor/tensor.ts";
import { transposed } from "../tensor/transpose.ts";
import { INITIAL_STATE_FILE } from "../write/initial-state.ts";

export interface Converted {
  readonly directory: string;
  /** As model.onnx holds it, with types. */
  readonly graph: Graph;
  /** What the model keeps between calls, as it begins: the last inputs of the graph, and the last outputs. */
  readonly states: readonly TensorValue[];
  /** The source's names of values that the graph computes. */
  sourceNames(): Promise<ReadonlyMap<Value, string>>;
  /** The graph's weights cannot be read afterwards. */
  close(): void;
}

/** The graph's inputs that the source has too, with the types that they have there. */
export function sourceInputs({ graph, states }: Converted): readonly Pick<Value, "name" | "type">[] {
  const turned = turnedInputs(graph);
  const inputs = graph.inputs.slice(0, graph.inputs.length - states.length);
  return inputs.map(({ name, type }) => {
    const shape = turned.has(name) && type?.kind === "tensor" ? type.shape : undefined;
    if (type?.kind !== "tensor" || !shape) return { name, type };
    const own = channelsFirstOrder(shape.length).flatMap((axis) => shape[axis] ?? []);
    return { name, type: tensorType(type.dtype, own) };
  });
}

/** The source's inputs as the graph takes them, and what it keeps between calls. */
export function feedsOf(
  { graph, states }: Pick<Converted, "graph" | "states">,
  inputs: readonly TensorValue[],
): Map<Value, TensorValue> {
  const turned = turnedInputs(graph);
  const all = [...inputs, ...states];
  return new Map(
    graph.inputs.flatMap((value, index) => {
      const given = all[index];
      return given ? [[value, turned.has(value.name) ? channelsLast(given) : given]] : [];
    }),
  );
}

function channelsLast({ dtype, shape, data }: TensorValue): TensorValue {
  return asValue(transposed(tensorFromBytes(dtype, shape, data), channelsLastOrder(shape.length)));
}

/** The graph's outputs that the source has too. */
export function sourceOutputs({ graph, states }: Converted): readonly Value[] {
  return graph.outputs.slice(0, graph.outputs.length - states.length);
}

export type ModelOptions = Pick<ConvertOptions, "model" | "inputs" | "custom" | "customName">;

/** Converts the file into `base`. Throws what convertModel throws. */
export async function convertFor(file: string, options: ModelOptions, base: string): Promise<Converted> {
  const { graph, directory, close } = await convertAgain(file, options, { output: base, version: 1 });
  const states = graph.states.map(({ initial }) => asValue(initial));
  return { directory, graph, states, sourceNames: async () => namesIn(graph), close };
}

/** A directory that was converted from the file before. Throws SAVED_MODEL_MISSING, FILE_NOT_FOUND and what reading throws. */
export function openDirectory(directory: string, file: string, options: ModelOptions): Converted {
  const onnx = path.join(directory, "model.onnx");
  const source = openFile(onnx);
  const siblings = siblingOpener(onnx);
  const graph = readOnnx(source, { openSibling: siblings.open });
  declareTypes(graph);
  return {
    directory,
    graph,
    states: statesIn(directory, graph),
    async sourceNames() {
      const layouts = Object.fromEntries([...turnedInputs(graph)].map((name) => [name, "nhwc"] as const));
      const again = await convertAgain(file, options, { dryRun: true, inputsLayout: layouts });
      try {
        return namesByName(namesIn(again.graph), graph);
      } finally {
        again.close();
      }
    },
    close() {
      siblings.close();
      source.close();
    },
  };
}

interface Again {
  readonly graph: Graph;
  /** Empty for a dry run. */
  readonly directory: string;
  close(): void;
}

async function convertAgain(
  file: string,
  options: ModelOptions,
  where: Pick<ConvertOptions, "output" | "version" | "dryRun" | "inputsLayout">,
): Promise<Again> {
  const source = openFile(file);
  const siblings = siblingOpener(file);
  const close = () => {
    siblings.close();
    source.close();
  };
  let graph: Graph | undefined;
  try {
    const converted = await convertModel(source, {
      ...options,
      ...where,
      openSibling: siblings.open,
      evaluate: evaluateWithEngine,
      withGraphs,
      onGraph: (typed) => {
        graph = typed.graph;
      },
    });
    if (!graph) return fail("OUTPUT_FAILED", { path: where.output ?? file, reason: "nothing was converted" });
    return { graph, directory: converted.directory ?? "", close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The initial states that the directory keeps, for the inputs of their names. */
function statesIn(directory: string, graph: Graph): TensorValue[] {
  const file = path.join(directory, INITIAL_STATE_FILE);
  if (!fs.existsSync(file)) return [];
  const source = openFile(file);
  try {
    const arrays = readNpz(source);
    return graph.inputs.flatMap(({ name }) => {
      const initial = arrays.get(name);
      return initial ? [asValue(initial)] : [];
    });
  } finally {
    source.close();
  }
}

function asValue(tensor: Tensor): TensorValue {
  return { dtype: tensor.dtype, shape: tensor.shape, data: tensor.read() };
}

function namesIn(graph: Graph): Map<Value, string> {
  const names = new Map<Value, string>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output?.source !== undefined) names.set(output, output.source);
  }
  return names;
}

/** The same names for the values of another graph that are called alike. */
function namesByName(known: ReadonlyMap<Value, string>, graph: Graph): Map<Value, string> {
  const byName = new Map([...known].map(([value, name]) => [value.name, name]));
  const names = new Map<Value, string>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) {
      const name = output && byName.get(output.name);
      if (output && name !== undefined) names.set(output, name);
    }
  }
  return names;
}

function declareTypes(graph: Graph): void {
  const typed = inferTypes(graph);
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output) output.type = typed.knownType(output);
  }
}
