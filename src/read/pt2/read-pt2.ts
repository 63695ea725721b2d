// Reads a torch.export archive (.pt2) of torch 2.5 to 2.15 into an AtenProgram; weights stay on disk.
// Specification: https://docs.pytorch.org/docs/stable/export/pt2_archive.html; schema: torch/_export/serde/schema.py
// Invariant: a reader mirrors; what cannot be lowered is kept. Only a file that is not as the schema says is refused.
// Not here: what calls mean (read/aten/), telling what kind a file is (read/sniff.ts).
import type { ZipArchive } from "../../bytes/zip/read-zip.ts";
import type { ByteSource } from "../../core/byte-source.ts";
import { Problem, problem, raise } from "../../core/errors.ts";
import { type Dim, symbolName } from "../../graph/dim.ts";
import { tensorType } from "../../graph/type.ts";
import type { AtenArgument, AtenGraph, AtenInput, AtenProgram, Weight } from "../aten/program.ts";
import { openPt2, type Pt2Archive, readJson } from "./archive.ts";
import { readArgument } from "./arguments.ts";
import { readGraph, readSymbolicIntegers } from "./graph.ts";
import { nameBatch, unifySymbols } from "./guards.ts";
import type { JsonValue } from "./json-value.ts";
import { pickledWeights } from "./pickled-weights.ts";
import { rawWeights, type WeightLookup } from "./raw-weights.ts";
import { readSignature, type Signature, type UserInput, type WeightInput } from "./signature.ts";
import { SymbolScope } from "./symbol-scope.ts";

export interface Pt2Options {
  /** Name of the model, for archives that hold several. */
  readonly model?: string;
}

/** Reads the program. Throws PT2_MALFORMED, PT2_WEIGHT_MISSING (all of them at once), PT2_MODEL_CHOICE. */
export function readPt2(file: ByteSource, entries: ZipArchive, options: Pt2Options = {}): AtenProgram {
  const archive = openPt2(file, entries, options.model);
  const program = readJson(archive, archive.program);
  const graphModule = program.get("graph_module");
  const signature = readSignature(graphModule);
  const scope = new SymbolScope();
  unifySymbols(program, signature.inputs, scope);
  nameBatch(program, signature.inputs, scope);
  const symbolicIntegers = readSymbolicIntegers(graphModule.get("graph"), scope);
  const graph = withScalarInputs(readGraph(graphModule.get("graph"), scope), signature, symbolicIntegers);
  return {
    file: file.name,
    graph,
    inputs: signature.inputs.flatMap((input) => inputOf(input, symbolicIntegers)),
    outputs: signature.outputs.map(({ name, argument }) => ({
      name,
      argument: readArgument(argument, {
        scope,
        symbolicIntegers,
        readGraph: (inner) => inner.wrong("no graph among the outputs"),
      }),
    })),
    weights: readWeights(archive, signature.weights, graph),
    mutations: signature.mutations,
    producer: producerOf(program),
    constraints: readConstraints(program, scope),
  };
}

/** An input that is a tensor, or an integer that the exporter left free; literals are built into the graph. */
function inputOf(input: UserInput, symbolicIntegers: ReadonlyMap<string, Dim>): AtenInput[] {
  const [variant, contents] = input.argument.variant();
  if (variant === "as_tensor") return [{ name: input.name, value: contents.get("name").string() }];
  const value = scalarInput(input, symbolicIntegers);
  return value === undefined ? [] : [{ name: input.name, value }];
}

/** A free integer is called by its symbol, so that dimensions that use it find it. */
function scalarInput(input: UserInput, symbolicIntegers: ReadonlyMap<string, Dim>): string | undefined {
  const [variant, contents] = input.argument.variant();
  if (variant !== "as_sym_int" || !contents.get("as_name").present) return undefined;
  const name = contents.get("as_name").string();
  return symbolName(symbolicIntegers.get(name) ?? 0) ?? name;
}

function withScalarInputs(
  graph: AtenGraph,
  signature: Signature,
  symbolicIntegers: ReadonlyMap<string, Dim>,
): AtenGraph {
  const types = new Map(graph.types);
  for (const input of signature.inputs) {
    const value = scalarInput(input, symbolicIntegers);
    if (value !== undefined) types.set(value, tensorType("int64", []));
  }
  return { ...graph, types };
}

function readWeights(
  archive: Pt2Archive,
  inputs: readonly WeightInput[],
  graph: AtenGraph,
): Map<string, Weight> {
  const used = usedNames(graph);
  const lookups = { weights: lookupOf(archive, "weights"), constants: lookupOf(archive, "constants") };
  const weights = new Map<string, Weight>();
  const problems: Problem[] = [];
  for (const { value, name, constant } of inputs) {
    if (!used.has(value)) continue;
    const [first, second] = constant
      ? [lookups.constants, lookups.weights]
      : [lookups.weights, lookups.constants];
    const tensor = first(name) ?? second(name) ?? missing(archive, name);
    if (tensor instanceof Problem) problems.push(tensor);
    else weights.set(value, { name, tensor });
  }
  raise(problems);
  return weights;
}

function lookupOf(archive: Pt2Archive, part: "weights" | "constants"): WeightLookup {
  return rawWeights(archive, part) ?? pickledWeights(archive, part) ?? (() => undefined);
}

function missing(archive: Pt2Archive, weight: string): Problem {
  return problem("PT2_WEIGHT_MISSING", { file: archive.file.name, weight, found: "is not in the archive" });
}

/** Names of tensors that a call or an output takes. Graphs within graphs have names of their own. */
function usedNames(graph: AtenGraph): Set<string> {
  const used = new Set<string>();
  const add = (argument: AtenArgument) => {
    if (argument.kind === "tensor") used.add(argument.value);
    if (argument.kind === "tensors")
      for (const value of argument.values) if (value !== undefined) used.add(value);
  };
  for (const call of graph.calls) for (const argument of call.args.values()) add(argument);
  for (const output of graph.outputs) add(output);
  return used;
}

function producerOf(program: JsonValue): string {
  const version = program.get("torch_version");
  return version.present ? `torch ${version.string().replace(/\+.*$/, "")}` : "torch";
}

/** PyTorch writes 2^63 - 2 and infinities for "no bound". */
const UNBOUNDED = 2 ** 62;
/** Exporting specialises sizes 0 and 1 away, although the graphs hold for them. */
const SPECIALISED_MIN = 2;

function readConstraints(program: JsonValue, scope: SymbolScope): AtenProgram["constraints"] {
  const constraints = new Map<string, { min?: number; max?: number }>();
  const table = program.get("range_constraints");
  for (const [text, range] of table.present ? table.entries() : []) {
    const name = symbolName(scope.resolve(scope.dimOfText(text)));
    if (name === undefined) continue;
    const known = constraints.get(name) ?? {};
    const min = Math.max(bound(range, "min_val") ?? 0, known.min ?? 0);
    const max = Math.min(bound(range, "max_val") ?? UNBOUNDED, known.max ?? UNBOUNDED);
    const bounds = { ...(min > SPECIALISED_MIN ? { min } : {}), ...(max < UNBOUNDED ? { max } : {}) };
    if (Object.keys(bounds).length > 0) constraints.set(name, bounds);
  }
  return constraints;
}

function bound(range: JsonValue, key: string): number | undefined {
  const value = range.get(key);
  return value.present ? value.number() : undefined;
}
