// What all parts of one model share while it is read.
import type { FunctionProto } from "../../bytes/protobuf/generated/onnx_pb.ts";
import { type Problem, problem } from "../../core/errors.ts";
import type { TensorFiles } from "./decode-tensor.ts";

/** Functions within functions double the nodes at each level: a small file can stand for any number. */
const MAX_NODES = 4_000_000;

export type Opsets = ReadonlyMap<string, number>;

export class ModelContext {
  readonly files: TensorFiles;
  /** The model's own functions by domain, name and overload. */
  readonly functions: ReadonlyMap<string, FunctionProto>;
  /** All that is wrong, to be told at once. */
  readonly problems: Problem[] = [];
  private nodes = 0;

  constructor(files: TensorFiles, functions: readonly FunctionProto[]) {
    this.files = files;
    this.functions = new Map(functions.map((f) => [functionKey(f.domain, f.name, f.overload), f]));
  }

  /** Notes that the model is not sound. */
  broken(found: string): void {
    this.problems.push(problem("ONNX_MALFORMED", { file: this.files.model.name, found }));
  }

  /** Counts a node; false when there are too many, which is noted once. */
  countNode(): boolean {
    this.nodes++;
    if (this.nodes === MAX_NODES + 1) this.broken(`over ${MAX_NODES} nodes with its functions inlined`);
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
