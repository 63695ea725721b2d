// Names of values as nodes see them: a subgraph sees the names of the graphs around it, a function sees its own.
import type { Attribute } from "../../graph/attribute.ts";
import type { Value } from "../../graph/graph.ts";
import type { Opsets } from "./model-context.ts";

export class Scope {
  readonly opsets: Opsets;
  /** In a function, what its caller passes for the attributes that its nodes refer to. */
  readonly attributes: ReadonlyMap<string, Attribute> | undefined;
  /** How many functions stand around. */
  readonly functionDepth: number;
  private readonly outer: Scope | undefined;
  private readonly values = new Map<string, Value | undefined>();

  private constructor(
    opsets: Opsets,
    outer: Scope | undefined,
    attributes: ReadonlyMap<string, Attribute> | undefined,
    functionDepth: number,
  ) {
    this.opsets = opsets;
    this.outer = outer;
    this.attributes = attributes;
    this.functionDepth = functionDepth;
  }

  static ofModel(opsets: Opsets): Scope {
    return new Scope(opsets, undefined, undefined, 0);
  }

  ofSubgraph(): Scope {
    return new Scope(this.opsets, this, this.attributes, this.functionDepth);
  }

  ofFunction(opsets: Opsets, attributes: ReadonlyMap<string, Attribute>): Scope {
    return new Scope(opsets, undefined, attributes, this.functionDepth + 1);
  }

  /** Gives a name its value (undefined for an argument that a function's caller leaves out); false if it stands. */
  define(name: string, value: Value | undefined): boolean {
    if (this.values.has(name)) return false;
    this.values.set(name, value);
    return true;
  }

  has(name: string): boolean {
    return this.values.has(name) || (this.outer?.has(name) ?? false);
  }

  get(name: string): Value | undefined {
    return this.values.has(name) ? this.values.get(name) : this.outer?.get(name);
  }
}
