// The signature of an exported program: which inputs are weights, and the user's names of the others.
// Names: an input is called as the parameter of `forward`; a value within a structure as its path joined by "_", such
// as `inputs_image` or `states_0`, which is how torch.onnx names it too. An output is called by its key or field, a
// nested one by its path; values without any name are `output_0`, `output_1`, ... in the order they are returned.
// Schema: https://github.com/pytorch/pytorch/blob/main/torch/_export/serde/schema.py (GraphSignature)

import { type EndpointPath, outputName, uniqueName } from "../endpoint-names.ts";
import type { JsonValue } from "./json-value.ts";
import { leavesOf, type NamedTupleFields } from "./pytree.ts";

export interface WeightInput {
  /** Name of the value in the graph. */
  readonly value: string;
  /** The fully qualified name under which the archive keeps the tensor. */
  readonly name: string;
  /** Buffers that are not saved with the state, and constants, lie in another part of the archive. */
  readonly constant: boolean;
}

export interface UserInput {
  readonly name: string;
  /** Path from `forward`'s parameters, such as `["batch", "image"]`, as guards spell it. */
  readonly path: EndpointPath;
  readonly argument: JsonValue;
}

export interface UserOutput {
  readonly name: string;
  readonly argument: JsonValue;
}

export interface Signature {
  readonly weights: readonly WeightInput[];
  readonly inputs: readonly UserInput[];
  readonly outputs: readonly UserOutput[];
  /** Buffer's value name -> the value with its new contents. */
  readonly mutations: ReadonlyMap<string, string>;
}

export function readSignature(graphModule: JsonValue): Signature {
  const signature = graphModule.get("signature");
  const inputSpecs = signature
    .get("input_specs")
    .list()
    .map((spec) => spec.variant());
  const outputSpecs = signature
    .get("output_specs")
    .list()
    .map((spec) => spec.variant());
  const paths = readPaths(graphModule);
  const weights = inputSpecs.flatMap(([variant, spec]) => weightOf(variant, spec));
  return {
    weights,
    inputs: userInputs(inputSpecs, paths.inputs),
    outputs: userOutputs(outputSpecs, paths.outputs),
    mutations: mutationsOf(outputSpecs, weights),
  };
}

type Spec = readonly [variant: string, contents: JsonValue];

function weightOf(variant: string, spec: JsonValue): WeightInput[] {
  const value = () => spec.get("arg").get("name").string();
  if (variant === "parameter") {
    return [{ value: value(), name: spec.get("parameter_name").string(), constant: false }];
  }
  if (variant === "buffer") {
    // Up to schema 5 there is no such key, and all buffers are saved with the state.
    const constant = spec.get("persistent").present && !spec.get("persistent").boolean();
    return [{ value: value(), name: spec.get("buffer_name").string(), constant }];
  }
  if (variant !== "tensor_constant") return [];
  return [{ value: value(), name: spec.get("tensor_constant_name").string(), constant: true }];
}

interface Paths {
  readonly inputs: readonly EndpointPath[];
  readonly outputs: readonly EndpointPath[];
}

/** The paths of all leaves of the program's inputs and outputs; none if the file does not describe them. */
function readPaths(graphModule: JsonValue): Paths {
  const root = graphModule
    .get("module_call_graph")
    .list()
    .find((entry) => entry.get("fqn").string() === "");
  const signature = root?.get("signature");
  if (!signature?.present) return { inputs: [], outputs: [] };
  const fields = readFields(graphModule);
  const outputs = leavesOf(signature.get("out_spec"), fields);
  const names = signature.get("forward_arg_names");
  // Up to torch 2.5 the parameters' names are not told, but the values are named for them.
  if (!names.present) return { inputs: [], outputs };
  const parameters = names.list().map((name) => name.string());
  const inputs = leavesOf(signature.get("in_spec"), fields).map((path) => fromParameter(path, parameters));
  return { inputs, outputs };
}

function readFields(graphModule: JsonValue): NamedTupleFields {
  const table = graphModule.get("treespec_namedtuple_fields");
  const names = (definition: JsonValue) =>
    definition
      .get("field_names")
      .list()
      .map((name) => name.string());
  return new Map(table.present ? table.entries().map(([type, definition]) => [type, names(definition)]) : []);
}

/** The specification is (arguments, keyword arguments): a place becomes the parameter's name, a keyword stays. */
function fromParameter(path: EndpointPath, parameters: readonly string[]): EndpointPath {
  const [half, key, ...rest] = path;
  if (half === 0 && typeof key === "number") return [parameters[key] ?? `input_${key}`, ...rest];
  return key === undefined ? path : [key, ...rest];
}

function userInputs(specs: readonly Spec[], paths: readonly EndpointPath[]): UserInput[] {
  const given = specs.filter(([variant]) => variant === "user_input" || variant === "constant_input");
  const inputs: UserInput[] = [];
  const taken = new Set<string>();
  for (const [index, [variant, spec]] of given.entries()) {
    if (variant === "constant_input") continue; // a Python value that the exporter built into the graph
    const argument = spec.get("arg");
    const valueName = argument.variant()[1].isObject ? argument.variant()[1] : undefined;
    const path = (paths.length === given.length ? paths[index] : undefined) ?? [
      nameIn(valueName) ?? `input_${index}`,
    ];
    inputs.push({ name: uniqueName(path.join("_"), taken), path, argument });
  }
  return inputs;
}

function nameIn(contents: JsonValue | undefined): string | undefined {
  const name = contents?.get("name").present ? contents.get("name") : contents?.get("as_name");
  return name?.optionalString();
}

function userOutputs(specs: readonly Spec[], paths: readonly EndpointPath[]): UserOutput[] {
  const given = specs.filter(([variant]) => variant === "user_output" || variant === "loss_output");
  const outputs: UserOutput[] = [];
  const taken = new Set<string>();
  for (const [index, [, spec]] of given.entries()) {
    const argument = spec.get("arg");
    if (argument.variant()[0] === "as_none") continue;
    const path = paths.length === given.length ? (paths[index] ?? []) : [];
    outputs.push({ name: uniqueName(outputName(path, outputs.length), taken), argument });
  }
  return outputs;
}

function mutationsOf(specs: readonly Spec[], weights: readonly WeightInput[]): Map<string, string> {
  const mutations = new Map<string, string>();
  for (const [variant, spec] of specs) {
    if (variant !== "buffer_mutation") continue;
    const name = spec.get("buffer_name").string();
    const buffer = weights.find((weight) => weight.name === name);
    if (buffer) mutations.set(buffer.value, spec.get("arg").get("name").string());
  }
  return mutations;
}
