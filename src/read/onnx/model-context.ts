// What all parts of one model share while it is read.
import type { FunctionProto } from "../../bytes/protobuf/generated/onnx_pb.ts";
import { type Problem, problem } from "../../core/errors.ts";
import type { OnnxExtension } from "../extensions.ts";
import type { TensorFiles } from "./decode-tensor.ts";

/**
 * Functions within functions double the nodes at each level: a small file can stand for any number. The largest
 * published models have some hundred thousand.
 */
const MAX_NODES = 1_000_000;

export type Opsets = ReadonlyMap<string, number>;

export class ModelContext {
  readonly files: TensorFiles;
  /** The model's own functions by domain, name and overload. */
  readonly functions: ReadonlyMap<string, FunctionProto>;
  /** All that is wrong, to be told at once. */
  readonly problems: Problem[] = [];
  /** Operators that are not in the tables, by domain and name. */
  readonly extensions: ReadonlyMap<string, OnnxExtension>;
  private nodes = 0;

  constructor(
    files: TensorFiles,
    functions: readonly FunctionProto[],
    extensions: ReadonlyMap<string, OnnxExtension> = new Map(),
  ) {
    this.files = files;
    this.extensions = extensions;
    this.functions = new Map(functions.map((f) => [functionKey(f.domain, f.name, f.overload), f]));
  }

  /** Notes that the model is not sound. What is wrong after decoding was given up follows from that. */
  broken(found: string): void {
    if (this.nodes > MAX_NODES) return;
    this.problems.push(problem("ONNX_MALFORMED", { file: this.files.model.name, found }));
  }

  /** Counts a node; false when there are too many, which is noted once. */
  countNode(): boolean {
    if (this.nodes === MAX_NODES) this.broken(`over ${MAX_NODES} nodes with its functions inlined`);
    this.nodes++;
    return this.nodes <= MAX_NODES;
  }
}

export function functionKey(domain: string, name: string, overload: string): string {
  return JSON.stringify([plainDomain(domain), name, overload]);
}

/** "ai.onnx" and "" name the same operator set. */
export function plainDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}
