// Parameters of a request, an input or an output, by name.
// Source: Triton's extension_parameters.md, which also says which names are reserved.
import { type Problem, problem } from "../../core/errors.ts";

export type ParameterValue = string | number | bigint | boolean;
export type Parameters = ReadonlyMap<string, ParameterValue>;

export const NO_PARAMETERS: Parameters = new Map();

/** Asks for another signature than the default one; ours. */
const SIGNATURE = "signature_name";
/** Microseconds that the request may wait and run. */
const TIMEOUT = "timeout";
/** Asks for a mark on the last answer of a stream. */
const FINAL_RESPONSE = "triton_enable_empty_final_response";

export interface RequestOptions {
  readonly signatureName: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly marksFinal: boolean;
}

/** What a request's parameters ask for, or what is wrong with them. Those that nobody knows are passed over. */
export function requestOptions(parameters: Parameters): RequestOptions | Problem {
  for (const name of parameters.keys()) {
    const reserved = name === "headers" || (name.startsWith("triton_") && name !== FINAL_RESPONSE);
    if (reserved) return problem("OIP_PARAMETER_RESERVED", { parameter: name });
  }
  const signatureName = parameters.get(SIGNATURE);
  if (signatureName !== undefined && typeof signatureName !== "string") {
    return problem("OIP_PARAMETER_TYPE", { parameter: SIGNATURE, wanted: "a string" });
  }
  const timeout = wholeNumber(parameters, TIMEOUT);
  if (typeof timeout === "object") return timeout;
  const marksFinal = flag(parameters, FINAL_RESPONSE);
  if (typeof marksFinal === "object") return marksFinal;
  return {
    signatureName,
    timeoutMs: timeout ? timeout / 1000 : undefined, // 0 is no limit
    marksFinal: marksFinal ?? false,
  };
}

/** A parameter that is a number from 0, if it is there. */
export function wholeNumber(parameters: Parameters, name: string): number | undefined | Problem {
  const value = parameters.get(name);
  if (value === undefined) return undefined;
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  return problem("OIP_PARAMETER_TYPE", { parameter: name, wanted: "a whole number from 0" });
}

/** A parameter that is true or false, if it is there. */
export function flag(parameters: Parameters, name: string): boolean | undefined | Problem {
  const value = parameters.get(name);
  if (value === undefined || typeof value === "boolean") return value;
  return problem("OIP_PARAMETER_TYPE", { parameter: name, wanted: "true or false" });
}

/** Inputs and outputs in memory that client and server share, which nobody can reach over a network. */
export function refuseSharedMemory(name: string, parameters: Parameters): Problem | undefined {
  return parameters.has("shared_memory_region") ? problem("OIP_SHARED_MEMORY", { name }) : undefined;
}
