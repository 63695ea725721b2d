// The ATen program while the code is followed: calls in their order, types of their values, weights.
// Not here: choosing a call's overload (evaluate/overloads.ts), what results are like (aten/result-types/).
import type { Dim, DimExpression } from "../../graph/dim.ts";
import { type TensorType, tensorType } from "../../graph/type.ts";
import type { RankedType } from "../../graph/typed-graph.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { AtenCall, Weight } from "../aten/program.ts";
import { Memories } from "./evaluate/memories.ts";
import { Unfollowed } from "./refusal.ts";
import { unknownInteger, unknownSize } from "./values.ts";

export interface BuilderLimits {
  /** Calls in the program, loops unrolled; the largest real models have some ten thousand. */
  readonly maxCalls: number;
}

export const BUILDER_LIMITS: BuilderLimits = { maxCalls: 1_000_000 };

export class ProgramBuilder {
  readonly types = new Map<string, TensorType>();
  readonly strides = new Map<string, readonly Dim[]>();
  readonly weights = new Map<string, Weight>();
  /** What tells PyTorch which of the values that it computes is meant, by the value's name. */
  readonly sources = new Map<string, string>();
  /** Who shares memory with whom. */
  readonly memories = new Memories();
  /** What was copied into lists (list-copies.ts). */
  readonly listCopies = new Map<string, readonly string[]>();
  calls: AtenCall[] = [];
  private readonly limits: BuilderLimits;
  private readonly names = new Map<string, number>();
  private count = 0;
  private unknown = 0;
  private seenAnewCount = 0;
  private bodies = 0;
  /** How often operators were executed, by operator and line; undefined once only running tells. */
  private readonly executions = new Map<string, number | undefined>();

  constructor(limits: BuilderLimits = BUILDER_LIMITS) {
    this.limits = limits;
  }

  append(call: AtenCall): void {
    this.count += 1;
    if (this.count > this.limits.maxCalls)
      throw new Unfollowed(`over ${this.limits.maxCalls} operators are called; loops run too long`);
    this.calls.push(call);
    this.memories.follow(call);
  }

  /** A name that no value has, such as `conv2d_3`. */
  freshName(base: string): string {
    const number = (this.names.get(base) ?? 0) + 1;
    this.names.set(base, number);
    return `${base}_${number}`;
  }

  /**
   * Names one execution of an operator as PyTorch can count it too: `aten::add code/__torch__.py:12 0` is the first there.
   * Undefined in a body, which runs as often as the inputs have it, and for what was ever in one.
   */
  executionOf(operator: string, at: string): string | undefined {
    const key = `${operator} ${at}`;
    const before = this.executions.has(key) ? this.executions.get(key) : 0;
    const count = this.inBody ? undefined : before;
    this.executions.set(key, count === undefined ? undefined : count + 1);
    return count === undefined ? undefined : `${key} ${count}`;
  }

  /** Says which execution gave these results. */
  noteSources(execution: string, results: readonly { readonly name: string }[]): void {
    for (const [index, { name }] of results.entries()) this.sources.set(name, `${execution} ${index}`);
  }

  freshSize(): DimExpression {
    this.unknown += 1;
    return unknownSize(this.unknown - 1);
  }

  /** A symbol for an integer that may be negative. */
  freshInteger(): DimExpression {
    this.unknown += 1;
    return unknownInteger(this.unknown - 1);
  }

  /** Symbols with smaller numbers were there before what follows. */
  get unknownCount(): number {
    return this.unknown;
  }

  /** Says that a tensor has changed how it is seen, which no snapshot of the state undoes. */
  noteSeenAnew(): void {
    this.seenAnewCount += 1;
  }

  get seenAnew(): number {
    return this.seenAnewCount;
  }

  /** Whether calls are noted for a body of a branch or a loop. */
  get inBody(): boolean {
    return this.bodies > 0;
  }

  /** Notes the calls that are made meanwhile for a body, apart from the others. */
  record<T>(run: () => T): { readonly calls: AtenCall[]; readonly result: T } {
    const outer = this.calls;
    const calls: AtenCall[] = [];
    this.calls = calls;
    this.bodies += 1;
    try {
      return { calls, result: run() };
    } finally {
      this.calls = outer;
      this.bodies -= 1;
    }
  }

  /** Adds a parameter, buffer or constant; the result is its value's name. */
  addWeight(name: string, contents: Tensor, strides: readonly number[]): string {
    const value = `weight ${name}`;
    this.weights.set(value, { name, tensor: contents });
    this.types.set(value, tensorType(contents.dtype, contents.shape));
    this.strides.set(value, strides);
    return value;
  }

  typeOf(name: string): RankedType {
    const type = this.types.get(name);
    if (!type?.shape) throw new Unfollowed(`nothing is known of the value ${name}`);
    return { ...type, shape: type.shape };
  }
}
