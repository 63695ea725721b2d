// Builds nodes one after the other: what every rule and rewrite that makes ONNX nodes uses.
// Invariant: names are made at writing time; a builder only gives hints.
import { type Tensor, tensorFromBytes } from "../tensor/tensor.ts";
import type { Attribute } from "./attribute.ts";
import { type Graph, NO_ORIGIN, Node, type Origin, Value } from "./graph.ts";
import type { OperatorDefinition } from "./operators/definition.ts";
import { tensorType, type ValueType } from "./type.ts";

export interface EmitOptions {
  readonly domain?: string;
  /** Of an operator that is not in the tables. */
  readonly definition?: OperatorDefinition;
  /** How many outputs the node has; 1 if absent. */
  readonly outputs?: number;
  /** Types of the outputs, where the caller knows them; inference fills in the rest. */
  readonly types?: readonly (ValueType | undefined)[];
}

export class GraphBuilder {
  readonly graph: Graph;
  /** Given to the nodes made from here on. */
  origin: Origin = NO_ORIGIN;
  private readonly before: Node | undefined;

  /** Appends to `graph`, or inserts before a node of it. */
  constructor(graph: Graph, before?: Node) {
    this.graph = graph;
    this.before = before;
    if (before) this.origin = before.origin;
  }

  /** One node with one output. */
  emit(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: EmitOptions = {},
  ): Value {
    return this.emitAll(op, inputs, attributes, options)[0] as Value; // there is always one output
  }

  /** One node with `options.outputs` outputs. */
  emitAll(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: EmitOptions = {},
  ): Value[] {
    const count = options.outputs ?? 1;
    const outputs = Array.from({ length: count }, (_, index) => new Value("", options.types?.[index]));
    this.graph.insert(
      new Node({
        op,
        ...(options.domain === undefined ? {} : { domain: options.domain }),
        definition: options.definition,
        origin: this.origin,
        inputs,
        outputs,
        attributes: new Map(Object.entries(attributes)),
      }),
      this.before,
    );
    return outputs;
  }

  /** A constant. `name` is the weight's own name where it has one. */
  constant(tensor: Tensor, name = ""): Value {
    const value = new Value(name, tensorType(tensor.dtype, tensor.shape));
    value.initializer = tensor;
    return value;
  }

  /** An int64 vector, such as axes or a shape. */
  int64s(values: readonly number[]): Value {
    return this.constant(int64Tensor(values, [values.length]));
  }

  /** An int64 scalar. */
  int64(value: number): Value {
    return this.constant(int64Tensor([value], []));
  }
}

/** An int64 tensor; 2^63 and above becomes INT64_MAX. */
export function int64Tensor(values: readonly number[], shape: readonly number[]): Tensor {
  const data = new BigInt64Array(values.length);
  for (const [index, value] of values.entries()) data[index] = toInt64(value);
  return tensorFromBytes("int64", shape, new Uint8Array(data.buffer));
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** The int64 nearest to a double. */
export function toInt64(value: number): bigint {
  if (value >= 2 ** 63) return INT64_MAX;
  return value <= -(2 ** 63) ? INT64_MIN : BigInt(Math.trunc(value));
}
