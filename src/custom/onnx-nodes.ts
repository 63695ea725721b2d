// The public builder of ONNX nodes over the one that readers use.
// Invariant: an OnnxValue is a Value of the graph; whatever else a rule hands over is told as a fault of the rule.
import { RuleFault } from "../core/rule-fault.ts";
import { type Attribute, float, floats, int, ints, string, strings } from "../graph/attribute.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import { Value } from "../graph/graph.ts";
import type { OperatorDefinition } from "../graph/operators/definition.ts";
import { definitionOfName } from "../graph/operators/index.ts";
import type { DType } from "../tensor/dtype.ts";
import { hasNumbers, tensorOfNumbers } from "../tensor/numbers.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { OnnxAttribute, OnnxBuilder, OnnxValue } from "./config.ts";
import { describe } from "./sizes.ts";

export const MADE_BY_BUILDER = "values that onnx.node() or the call gave";

export function isOnnxValue(value: unknown): value is OnnxValue & Value {
  return value instanceof Value;
}

export function asOnnxValue(value: Value): OnnxValue {
  return value as Value & OnnxValue; // the brand has no contents
}

export class OnnxNodes implements OnnxBuilder {
  private readonly rule: string;
  private readonly builder: GraphBuilder;
  /** What is known of operators of custom domains. */
  private readonly custom: ReadonlyMap<string, OperatorDefinition>;

  constructor(rule: string, builder: GraphBuilder, custom: ReadonlyMap<string, OperatorDefinition>) {
    this.rule = rule;
    this.builder = builder;
    this.custom = custom;
  }

  node(...[op, inputs, attributes, domain]: Parameters<OnnxBuilder["node"]>): OnnxValue {
    const [value] = this.nodes(op, 1, inputs, attributes, domain);
    return value as OnnxValue; // one output was asked for
  }

  nodes(
    ...[op, outputs, inputs, attributes = {}, domain = ""]: Parameters<OnnxBuilder["nodes"]>
  ): OnnxValue[] {
    const definition = domain === "" ? definitionOfName(op) : this.custom.get(`${domain}::${op}`);
    if (!definition && domain === "") throw this.fault(`a node '${op}'`, "an operator of ONNX, or a domain,");
    const values = inputs.map((input) => {
      if (input === undefined || isOnnxValue(input)) return input;
      throw this.fault(`${describe(input)} as an input of ${op}`, MADE_BY_BUILDER);
    });
    const named = Object.entries(attributes).map(([name, value]) => [
      name,
      this.attribute(value, kindOf(definition, name), `${op}.${name}`),
    ]);
    const made = this.builder.emitAll(op, values, Object.fromEntries(named), {
      outputs,
      ...(domain === "" ? {} : { domain, ...(definition ? { definition } : {}) }),
    });
    return made.map(asOnnxValue);
  }

  constant(dtype: DType, shape: readonly number[], values: readonly number[]): OnnxValue {
    if (!hasNumbers(dtype)) throw this.fault(`a constant of ${dtype}`, "a dtype of numbers or bool");
    if (values.length !== elementCount(shape))
      throw this.fault(
        `a constant of ${values.length} values`,
        `${elementCount(shape)} for the shape [${shape}]`,
      );
    return asOnnxValue(this.builder.constant(tensorOfNumbers(dtype, shape, values)));
  }

  private attribute(value: OnnxAttribute, kind: Attribute["kind"] | undefined, where: string): Attribute {
    if (typeof value === "string") return string(value);
    if (typeof value === "number")
      return kind === "float" || (kind === undefined && !Number.isInteger(value)) ? float(value) : int(value);
    if (!Array.isArray(value)) return this.spelled(value, where);
    if (value.every((item) => typeof item === "string") && (value.length > 0 || kind === "strings"))
      return strings(value);
    if (!value.every((item) => typeof item === "number"))
      throw this.fault(`the attribute ${where}`, "one kind of item");
    return kind === "floats" || (kind === undefined && !value.every(Number.isInteger))
      ? floats(value)
      : ints(value);
  }

  private spelled(value: unknown, where: string): Attribute {
    const given = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>; // checked below
    if (typeof given["float"] === "number") return float(given["float"]);
    if (Array.isArray(given["floats"])) return floats(given["floats"].map(Number));
    throw this.fault(`${describe(value)} as the attribute ${where}`, "a number, text, a list, or { float }");
  }

  private fault(found: string, wanted: string): RuleFault {
    return RuleFault.gave(this.rule, found, wanted);
  }
}

function kindOf(definition: OperatorDefinition | undefined, name: string): Attribute["kind"] | undefined {
  const spec = definition?.attributes?.[name];
  return typeof spec === "object" ? spec.kind : spec;
}
