// Says where two runs of a model part, in words: the operator, its module and its line in the user's code, the nodes
// that it became, and the files that reproduce it. A search that fails is told as such, never as a finding.
// Not here: the search (find-difference.ts).
import type { TensorValue } from "../engine/engine.ts";
import { type Graph, NO_ORIGIN, type Node, type Origin, type Value } from "../graph/graph.ts";
import { PythonFailure } from "../python/worker.ts";
import { userLine } from "../read/source-line.ts";
import { type Converted, feedsOf, sourceOutputs } from "./converted.ts";
import type { ModelEngine } from "./engines.ts";
import { type Compute, type Culprit, findDifference, type Sides } from "./find-difference.ts";
import { partOf } from "./part-of.ts";
import type { Parting } from "./report.ts";
import { writeReproduction } from "./reproduce.ts";
import type { InnerValues, Place, Source } from "./source.ts";

export interface Setting {
  readonly converted: Converted;
  readonly inputs: readonly TensorValue[];
  /** Which output differs. */
  readonly output: number;
  readonly batch: string;
  readonly tolerance: number | undefined;
  /** Path without an ending for the files that reproduce the difference. */
  readonly reproduction: string;
}

/** The converted ONNX model against the source. */
export async function locateInConversion(
  source: Source,
  onnx: ModelEngine,
  setting: Setting,
): Promise<Parting> {
  const between = [source.title, onnx.form] as const;
  const { inner } = source;
  const { graph } = setting.converted;
  const names = await setting.converted.sourceNames();
  let known: ReadonlySet<string>;
  try {
    known = await inner.names(setting.inputs);
  } catch (error) {
    if (!(error instanceof PythonFailure)) throw error;
    return unknown(between, setting, `the source does not tell its intermediate values: ${error.headline}`);
  }
  const reference = referenceOf(source, inner, setting, names);
  const outputs = sourceOutputs(setting.converted);
  const has = (value: Value) => outputs.includes(value) || known.has(names.get(value) ?? "");
  const sides = sidesOf(graph, alignedValues(graph, has), reference, onnx, setting);
  return locate(sides, between, setting, (value) => inner.placeOf(names.get(value) ?? ""));
}

/** The SavedModel against model.onnx, of which both have every value; `source`, if there is one, knows the lines of code. */
export async function locateInSavedModel(
  source: Source | undefined,
  onnx: ModelEngine,
  savedModel: ModelEngine,
  setting: Setting,
): Promise<Parting> {
  const { graph } = setting.converted;
  const reference = computeWith(onnx, setting);
  const sides = sidesOf(
    graph,
    alignedValues(graph, () => true),
    reference,
    savedModel,
    setting,
  );
  return locate(sides, [onnx.form, savedModel.form], setting, async (value) => {
    const name = source && (await setting.converted.sourceNames()).get(value);
    return name === undefined ? undefined : source?.inner.placeOf(name);
  });
}

async function locate(
  sides: Sides,
  between: Parting["between"],
  setting: Setting,
  placeOf: (value: Value) => Promise<Place | undefined>,
): Promise<Parting> {
  const output = sides.graph.outputs[setting.output];
  if (!output?.producer) return unknown(between, setting, "no node computes this output");
  try {
    const difference = await findDifference(sides, output);
    if (difference.kind === "none") return unknown(between, setting, "the two give the same outputs here");
    const value = difference.kind === "culprit" ? difference.culprit.value : difference.value;
    const nodes = difference.kind === "culprit" ? difference.culprit.part.nodes : [value.producer];
    const told = await describe(
      value,
      nodes.filter((node) => node !== undefined),
      await placeOf(value),
    );
    const common = { between, batch: setting.batch, ...told };
    if (difference.kind === "accumulated") {
      const { relativeError } = difference.comparison;
      return { ...common, kind: "accumulated", reason: undefined, relativeError, reproduction: undefined };
    }
    const { reason, relativeError } = difference.culprit.comparison;
    return { ...common, kind: "operator", reason, relativeError, ...reproduced(difference.culprit, setting) };
  } catch (error) {
    return unknown(between, setting, error instanceof Error ? error.message : String(error));
  }
}

function reproduced(culprit: Culprit, setting: Setting): Pick<Parting, "reproduction"> {
  return { reproduction: writeReproduction(culprit, setting.reproduction) };
}

type Told = Pick<Parting, "operator" | "module" | "line" | "code" | "value" | "nodes">;

/** The node that ends the part says most; where a pass made it, one before it may know its origin. */
async function describe(value: Value, nodes: readonly Node[], place: Place | undefined): Promise<Told> {
  const origins = nodes.map((node) => node.origin).reverse();
  const origin: Origin = origins.find(({ operator, line }) => operator !== "" || line !== "") ?? NO_ORIGIN;
  const trace = place?.trace ?? "";
  const line = userLine(trace) || origin.line;
  return {
    operator: place?.operator || origin.operator,
    module: origins.find(({ scope }) => scope !== "")?.scope ?? "",
    line,
    code: codeAt(trace, line),
    value: value.name,
    nodes: nodes.map((node) => `${node.operator} '${node.name}'`),
  };
}

/** What a stack trace quotes below a frame. */
function codeAt(trace: string, line: string): string {
  const lines = trace.split("\n").map((text) => text.trim());
  const next = line === "" ? undefined : lines[lines.lastIndexOf(line) + 1];
  return next === undefined || next.startsWith("File ") ? "" : next;
}

/** Values that nodes of the graph compute and that `has` takes, in order; sequences and optionals cannot be compared. */
function alignedValues(graph: Graph, has: (value: Value) => boolean): Value[] {
  return graph.nodes.flatMap(({ outputs }) =>
    outputs.flatMap((value) => {
      const isTensor = value?.type === undefined || value.type.kind === "tensor";
      return value && isTensor && has(value) ? [value] : [];
    }),
  );
}

function sidesOf(
  graph: Graph,
  aligned: readonly Value[],
  reference: Compute,
  engine: ModelEngine,
  setting: Setting,
): Sides {
  return {
    graph,
    aligned,
    reference,
    subject: computeWith(engine, setting),
    part: (part, feeds) => engine.compute(part, feeds),
    inputs: feedsOf(setting.converted, setting.inputs),
    tolerance: setting.tolerance,
  };
}

/** Values of the graph by the engine, from the model's inputs. */
function computeWith(engine: ModelEngine, setting: Setting): Compute {
  const { graph } = setting.converted;
  const feeds = new Map(
    [...feedsOf(setting.converted, setting.inputs)].map(([value, fed]) => [value.name, fed]),
  );
  return async (values) => {
    const found = await engine.compute(partOf(graph, graph.inputs, values), feeds);
    return new Map(
      values.flatMap((value) => {
        const one = found.get(value.name);
        return one ? [[value, one]] : [];
      }),
    );
  };
}

/** Values of the graph by the source, which knows its outputs in order and other values by its own names. */
function referenceOf(
  source: Source,
  inner: InnerValues,
  { converted, inputs }: Setting,
  names: ReadonlyMap<Value, string>,
): Compute {
  const given = sourceOutputs(converted);
  let outputs: Promise<TensorValue[]> | undefined;
  return async (values) => {
    const computed = new Map<Value, TensorValue>();
    const within = values.filter((value) => !given.includes(value));
    const found = await inner.values(inputs, [...new Set(within.flatMap((value) => names.get(value) ?? []))]);
    for (const value of within) {
      const one = found.get(names.get(value) ?? "");
      if (one) computed.set(value, one);
    }
    for (const value of values) {
      const at = given.indexOf(value);
      if (at === -1) continue;
      outputs ??= source.run(inputs);
      const one = (await outputs)[at];
      if (one) computed.set(value, one);
    }
    return computed;
  };
}

function unknown(between: Parting["between"], { batch }: Setting, reason: string): Parting {
  const nothing = { operator: "", module: "", line: "", code: "", value: "", nodes: [] };
  return {
    between,
    batch,
    kind: "unknown",
    reason,
    ...nothing,
    relativeError: undefined,
    reproduction: undefined,
  };
}
