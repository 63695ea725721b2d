// What the JSON of an inference request says: names, shapes, datatypes, parameters, and where each input's values are.
// Source: https://github.com/kserve/open-inference-protocol (Inference Request JSON Object), Triton's
// extension_binary_data.md. Members that nobody knows are passed over.
import { Problem, problem } from "../../../core/errors.ts";
import { datatypeNamed } from "../datatypes.ts";
import type { RequestedOutput } from "../infer.ts";
import {
  flag,
  NO_PARAMETERS,
  type Parameters,
  type ParameterValue,
  refuseSharedMemory,
  wholeNumber,
} from "../parameters.ts";
import { refuseByteCount, refuseShape, type TensorHead } from "../tensors.ts";
import type { JsonObject, JsonValue } from "./document.ts";

export interface ParsedInput extends TensorHead {
  /** Bytes behind the JSON; undefined if the values stand in it. */
  readonly binaryBytes: number | undefined;
  /** The object it stands in. */
  readonly source: JsonObject;
}

export interface ParsedOutput extends RequestedOutput {
  /** Whether its bytes go behind the JSON. */
  readonly binary: boolean;
}

export interface ParsedInfer {
  /** To be echoed; undefined if there was none. */
  readonly id: string | undefined;
  readonly parameters: Parameters;
  readonly inputs: readonly ParsedInput[];
  readonly outputs: readonly ParsedOutput[];
  /** Whether outputs that nothing else is said of go behind the JSON. */
  readonly binaryOutput: boolean;
}

/** Reads the document. */
export function parseInfer(root: JsonObject): ParsedInfer | Problem {
  const id = root.get("id");
  if (id !== undefined && typeof id !== "string") return wrongType("'id'", id, "a string");
  const parameters = parseParameters(root, "the request's parameters");
  if (parameters instanceof Problem) return parameters;
  const binaryOutput = flag(parameters, "binary_data_output");
  if (binaryOutput instanceof Problem) return binaryOutput;
  const inputs = parseList(root, "inputs", parseInput);
  if (inputs instanceof Problem) return inputs;
  if (!inputs) return problem("OIP_MEMBER_MISSING", { where: "the request", member: "inputs" });
  const outputs = parseList(root, "outputs", (output, where) => parseOutput(output, where, binaryOutput));
  if (outputs instanceof Problem) return outputs;
  return { id, parameters, inputs, outputs: outputs ?? [], binaryOutput: binaryOutput ?? false };
}

/** The members of a list by a function for each; undefined if there is no list. */
function parseList<T>(
  root: JsonObject,
  member: string,
  parse: (one: JsonObject, where: string) => T | Problem,
): T[] | undefined | Problem {
  const list = root.get(member);
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) return wrongType(`'${member}'`, list, "a list");
  const parsed: T[] = [];
  for (const [at, one] of list.entries()) {
    const where = `${member}[${at}]`;
    if (!(one instanceof Map)) return wrongType(where, one, "an object");
    const result = parse(one, where);
    if (result instanceof Problem) return result;
    parsed.push(result);
  }
  return parsed;
}

function parseInput(input: JsonObject, where: string): ParsedInput | Problem {
  const name = text(input, where, "name");
  if (name instanceof Problem) return name;
  const datatype = text(input, where, "datatype");
  if (datatype instanceof Problem) return datatype;
  const shape = parseShape(input, where, name);
  if (shape instanceof Problem) return shape;
  const known = datatypeNamed(datatype);
  if (!known) return problem("OIP_DATATYPE_UNKNOWN", { input: name, datatype });
  const parameters = parseParameters(input, `the parameters of input '${name}'`);
  if (parameters instanceof Problem) return parameters;
  const shared = refuseSharedMemory(name, parameters);
  if (shared) return shared;
  const binaryBytes = wholeNumber(parameters, "binary_data_size");
  if (binaryBytes instanceof Problem) return binaryBytes;
  const head = { name, datatype: known, shape };
  if (binaryBytes === undefined && !input.has("data")) {
    return problem("OIP_MEMBER_MISSING", { where: `input '${name}'`, member: "data" });
  }
  if (binaryBytes !== undefined && input.has("data")) return problem("OIP_DATA_TWICE", { input: name });
  const refusal = binaryBytes === undefined ? undefined : refuseByteCount(head, binaryBytes);
  return refusal ?? { ...head, binaryBytes, source: input };
}

function parseShape(input: JsonObject, where: string, name: string): number[] | Problem {
  const shape = input.get("shape");
  if (shape === undefined) return problem("OIP_MEMBER_MISSING", { where, member: "shape" });
  if (!Array.isArray(shape)) return wrongType(`the shape of input '${name}'`, shape, "a list");
  const sizes: (number | bigint)[] = [];
  for (const size of shape) {
    if (typeof size !== "number" && typeof size !== "bigint") {
      return wrongType(`a size in the shape of input '${name}'`, size, "a whole number");
    }
    sizes.push(size);
  }
  return refuseShape(name, sizes) ?? sizes.map(Number);
}

function parseOutput(
  output: JsonObject,
  where: string,
  binaryDefault: boolean | undefined,
): ParsedOutput | Problem {
  const name = text(output, where, "name");
  if (name instanceof Problem) return name;
  const parameters = parseParameters(output, `the parameters of output '${name}'`);
  if (parameters instanceof Problem) return parameters;
  const binary = flag(parameters, "binary_data");
  if (binary instanceof Problem) return binary;
  return { name, parameters, binary: binary ?? binaryDefault ?? false };
}

function parseParameters(parent: JsonObject, where: string): Parameters | Problem {
  const value = parent.get("parameters");
  if (value === undefined) return NO_PARAMETERS;
  if (!(value instanceof Map)) return wrongType(where, value, "an object");
  const parameters = new Map<string, ParameterValue>();
  for (const [name, one] of value) {
    if (one === null || typeof one === "object") {
      return wrongType(`parameter '${name}'`, one, "a string, a number or a truth value");
    }
    parameters.set(name, one);
  }
  return parameters;
}

function text(parent: JsonObject, where: string, member: string): string | Problem {
  const value = parent.get(member);
  if (value === undefined) return problem("OIP_MEMBER_MISSING", { where, member });
  return typeof value === "string" ? value : wrongType(`the ${member} of ${where}`, value, "a string");
}

function wrongType(where: string, value: JsonValue, wanted: string): Problem {
  return problem("OIP_MEMBER_TYPE", { where, found: kindOf(value), wanted });
}

function kindOf(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Map) return "an object";
  if (typeof value === "string") return "a string";
  return typeof value === "boolean" ? "a truth value" : String(value);
}
