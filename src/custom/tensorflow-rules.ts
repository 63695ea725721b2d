// What stands in the SavedModel for operators of custom ONNX domains: nodes that a rule makes, or one node of an operator
// that only the user's server has.
import { RuleFault } from "../core/rule-fault.ts";
import type { Attribute } from "../graph/attribute.ts";
import type { Node } from "../graph/graph.ts";
import type { DType } from "../tensor/dtype.ts";
import { hasNumbers, tensorOfNumbers } from "../tensor/numbers.ts";
import { elementCount } from "../tensor/tensor.ts";
import { isOperator } from "../tensorflow/builder.ts";
import type { TfAttribute, TfValue } from "../tensorflow/graph.ts";
import type { NodeFacts } from "../tensorflow/lower/node-facts.ts";
import type { NodeLowering } from "../tensorflow/lower/node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../tensorflow/lower/rule.ts";
import type {
  OnnxOperator,
  TensorFlowAttribute,
  TensorFlowBuilder,
  TensorFlowCall,
  TensorFlowOperator,
  TensorFlowValue,
} from "./config.ts";
import { PublicTypes, splitKey } from "./onnx-operators.ts";
import { run, valuesOf } from "./run-rule.ts";
import { describe } from "./sizes.ts";

const MADE_BY_BUILDER = "values that tensorflow.node() or the call gave";

/** The rule of an operator; undefined if the config says nothing of TensorFlow. */
export function tensorflowRule(
  key: string,
  operator: OnnxOperator,
  config: string,
): LoweringRule | undefined {
  const { tensorflow } = operator;
  if (!tensorflow) return undefined;
  const [domain, op] = splitKey(key);
  const rule = `tensorflow of '${key}' in ${config}`;
  const entry = { op, domain, since: operator.version ?? 1, layout: LOGICAL };
  if (typeof tensorflow !== "function") return { ...entry, emit: (node) => foreign(node, tensorflow, rule) };
  return {
    ...entry,
    emit(node) {
      const made = run(rule, () => tensorflow(new PublicCall(node), new Nodes(node, rule)));
      const values = valuesOf(rule, made, {
        count: node.node.outputs.length,
        made: MADE_BY_BUILDER,
        isValue,
      });
      for (const [index, value] of values.entries()) checkType(node, index, value, rule);
      return values;
    },
  };
}

/** Values are told by what they are made of: a node, and which of its outputs. */
function isValue(value: unknown): value is TfValue {
  return typeof value === "object" && value !== null && "node" in value && "port" in value;
}

/** One node of an operator that our table does not have. */
function foreign(node: NodeLowering, operator: TensorFlowOperator, rule: string): readonly TfValue[] {
  const { op, outputs: names = [], attributes } = operator;
  const inputs = node.node.inputs.map((input, index) => {
    if (!input)
      throw RuleFault.gave(
        rule,
        `the input ${index} left out`,
        "every input (TensorFlow's are not optional)",
      );
    return node.logical(index);
  });
  const single = node.node.outputs.length === 1;
  const outputs = node.node.outputs.map((value, index) => {
    if (!value) throw RuleFault.gave(rule, `the output ${index} that nobody uses`, "a type of every output");
    const { dtype, shape } = node.outputType(index);
    const name = names[index] ?? (single ? "output" : `output_${index}`);
    return { name, dtype, shape: shape.map((size) => (typeof size === "number" ? size : -1)) };
  });
  const given = attributes ? run(rule, () => attributes(typesOf(node))) : undefined;
  const typed = given
    ? Object.entries(given).map(([name, value]) => [name, attributeOf(value, name, rule)] as const)
    : ownAttributes(node.node, rule);
  return node.tf.foreign(op, inputs, new Map(typed), outputs);
}

function attributeOf(value: TensorFlowAttribute, name: string, rule: string): TfAttribute {
  if (typeof value === "number") return { kind: Number.isInteger(value) ? "int" : "float", value };
  if (typeof value === "boolean") return { kind: "bool", value };
  if (typeof value === "string") return { kind: "string", value };
  if (isList(value)) {
    if (isNumbers(value)) return { kind: value.every(Number.isInteger) ? "ints" : "floats", value };
    return { kind: "strings", value: value.map(String) };
  }
  if ("float" in value) return { kind: "float", value: value.float };
  if ("floats" in value) return { kind: "floats", value: value.floats };
  if ("type" in value) return { kind: "type", value: value.type };
  if ("types" in value) return { kind: "types", value: value.types };
  if ("shape" in value) return { kind: "shape", value: value.shape };
  throw RuleFault.gave(
    rule,
    `${describe(value)} as the attribute ${name}`,
    "a value such as 1, 'a', { type }, { float }",
  );
}

type List = readonly number[] | readonly string[];

function isList(value: TensorFlowAttribute): value is List {
  return Array.isArray(value);
}

function isNumbers(value: List): value is readonly number[] {
  return value.every((item) => typeof item === "number");
}

/** The ONNX node's attributes, as far as TensorFlow has their kinds. */
function ownAttributes(node: Node, rule: string): (readonly [string, TfAttribute])[] {
  return [...node.attributes].map(([name, attribute]) => {
    const kind = KINDS.find((known) => known === attribute.kind);
    if (kind) return [name, attribute as Extract<Attribute, { kind: typeof kind }>] as const; // of one of these kinds
    throw RuleFault.gave(
      rule,
      `nothing for the attribute ${name}, a ${attribute.kind}`,
      "`attributes` that says what it is",
    );
  });
}

/** Those that both have, under the same name. */
const KINDS = ["int", "float", "string", "ints", "floats", "strings", "tensor"] as const;

function checkType(node: NodeLowering, index: number, value: TfValue, rule: string): void {
  if (!node.wants(index)) return;
  const { dtype } = node.outputType(index);
  if (value.dtype !== dtype) throw RuleFault.gave(rule, `${value.dtype} as output ${index}`, dtype);
}

function typesOf(node: NodeFacts): PublicTypes {
  return new PublicTypes(node.node, (index) => node.type(index));
}

class PublicCall extends PublicTypes implements TensorFlowCall {
  private readonly lowering: NodeLowering;

  constructor(lowering: NodeLowering) {
    super(lowering.node, (index) => lowering.type(index));
    this.lowering = lowering;
  }

  input(index: number): TensorFlowValue {
    return asPublic(this.lowering.logical(index));
  }
}

class Nodes implements TensorFlowBuilder {
  private readonly lowering: NodeLowering;
  private readonly rule: string;

  constructor(lowering: NodeLowering, rule: string) {
    this.lowering = lowering;
    this.rule = rule;
  }

  node(...[op, inputs, attributes = {}]: Parameters<TensorFlowBuilder["node"]>): TensorFlowValue {
    if (!isOperator(op))
      throw RuleFault.gave(
        this.rule,
        `a node '${op}'`,
        "an operator that conversion uses, or { op } for another,",
      );
    const values = inputs.map((input) =>
      isListOfValues(input) ? input.map((one) => this.own(one)) : this.own(input),
    );
    return asPublic(this.lowering.tf.op(op, values, attributes));
  }

  constant(dtype: DType, shape: readonly number[], values: readonly number[]): TensorFlowValue {
    if (!hasNumbers(dtype) || values.length !== elementCount(shape))
      throw RuleFault.gave(
        this.rule,
        `a constant ${dtype}[${shape}] of ${values.length} values`,
        "one value an element",
      );
    return asPublic(this.lowering.tf.constant(tensorOfNumbers(dtype, shape, values)));
  }

  private own(value: TensorFlowValue): TfValue {
    if (isValue(value)) return value;
    throw RuleFault.gave(this.rule, `${describe(value)} as an input`, MADE_BY_BUILDER);
  }
}

function isListOfValues(
  input: TensorFlowValue | readonly TensorFlowValue[],
): input is readonly TensorFlowValue[] {
  return Array.isArray(input);
}

function asPublic(value: TfValue): TensorFlowValue {
  return value as TfValue & TensorFlowValue; // the brand has no contents
}
