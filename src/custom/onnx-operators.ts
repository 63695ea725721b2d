// Operators of custom ONNX domains in a config, as graphs and the ONNX reader take them: definitions and expansions.

import type { Attribute, Attributes } from "../graph/attribute.ts";
import type { Dim } from "../graph/dim.ts";
import type { InferContext, OperatorDefinition } from "../graph/operators/definition.ts";
import type { RankedType } from "../graph/typed-graph.ts";
import type { OnnxExtension } from "../read/extensions.ts";
import type { Expansion } from "../read/onnx/expand/expansion.ts";
import type { Draft } from "../read/onnx/upgrade/upgrade.ts";
import type { OnnxAttributes, OnnxCall, OnnxOperator, OnnxTypes, OnnxValue, TensorType } from "./config.ts";
import { asOnnxValue, isOnnxValue, MADE_BY_BUILDER, OnnxNodes } from "./onnx-nodes.ts";
import { run, typesOf, valuesOf } from "./run-rule.ts";
import { asTensorType } from "./sizes.ts";

/** What is known of an operator, as every part of a conversion asks for it. */
export function definitionOfCustom(key: string, operator: OnnxOperator, config: string): OperatorDefinition {
  const [domain, op] = splitKey(key);
  const rule = `infer of '${key}' in ${config}`;
  return {
    op,
    domain,
    since: operator.version ?? 1,
    foreign: true,
    infer(context) {
      const { infer } = operator;
      if (!infer) return [];
      const count = context.node.outputs.length;
      // Nothing can be said while an input's type is not known, which the rule may rely on.
      if (context.node.inputs.some((input, index) => input && !rankedInput(context, index))) return [];
      const types = run(rule, () =>
        infer(new PublicTypes(context.node, (index) => rankedInput(context, index))),
      );
      return typesOf(rule, types, count, () => context.unknownDim()).map((type) => ({ type }));
    },
  };
}

/** The operator as the ONNX reader takes it. */
export function extensionOf(
  key: string,
  operator: OnnxOperator,
  definition: OperatorDefinition,
  custom: ReadonlyMap<string, OperatorDefinition>,
  config: string,
): OnnxExtension {
  const { toOnnx } = operator;
  if (!toOnnx) return { definition };
  const rule = `toOnnx of '${key}' in ${config}`;
  const expansion: Expansion = {
    ops: [definition.op],
    expand(draft, { builder }) {
      const onnx = new OnnxNodes(rule, builder, custom);
      const made = run(rule, () => toOnnx(new PublicNode(draft), onnx));
      return valuesOf(rule, made, {
        count: draft.outputs.length,
        made: MADE_BY_BUILDER,
        isValue: isOnnxValue,
      });
    },
  };
  return { definition, expansion };
}

/** `com.example` and `Snake` of `com.example::Snake`. */
export function splitKey(key: string): readonly [string, string] {
  const at = key.lastIndexOf("::");
  return [key.slice(0, at), key.slice(at + 2)];
}

function rankedInput(context: InferContext, index: number): RankedType | undefined {
  const type = context.type(index);
  return type?.shape && { ...type, shape: type.shape as readonly Dim[] }; // it has one
}

type Slots = Pick<Draft, "inputs" | "outputs"> & { readonly attributes: Attributes };

class PublicAttributes implements OnnxAttributes {
  protected readonly node: Slots;

  constructor(node: Slots) {
    this.node = node;
  }

  get inputs(): number {
    return this.node.inputs.length;
  }

  get outputs(): number {
    return this.node.outputs.length;
  }

  int(name: string, fallback?: number): number {
    return this.of(name, "int") ?? fallback ?? this.missing(name, "int");
  }

  float(name: string, fallback?: number): number {
    return this.of(name, "float") ?? fallback ?? this.missing(name, "float");
  }

  string(name: string, fallback?: string): string {
    return this.of(name, "string") ?? fallback ?? this.missing(name, "string");
  }

  ints(name: string, fallback?: readonly number[]): readonly number[] {
    return this.of(name, "ints") ?? fallback ?? this.missing(name, "ints");
  }

  floats(name: string, fallback?: readonly number[]): readonly number[] {
    return this.of(name, "floats") ?? fallback ?? this.missing(name, "floats");
  }

  private of<Kind extends Attribute["kind"]>(name: string, kind: Kind) {
    const attribute = this.node.attributes.get(name);
    if (attribute && attribute.kind !== kind) this.missing(name, kind);
    return attribute?.value as Extract<Attribute, { readonly kind: Kind }>["value"] | undefined; // of that kind
  }

  private missing(name: string, kind: string): never {
    const found = this.node.attributes.get(name)?.kind ?? "absent";
    throw new TypeError(`the node's attribute ${name} is ${found}, not ${kind}`);
  }
}

/** A node whose types are known, to the extent that `typeOf` tells them. */
export class PublicTypes extends PublicAttributes implements OnnxTypes {
  private readonly typeOf: (index: number) => RankedType | undefined;

  constructor(node: Slots, typeOf: (index: number) => RankedType | undefined) {
    super(node);
    this.typeOf = typeOf;
  }

  type(input: number): TensorType | undefined {
    const type = this.node.inputs[input] && this.typeOf(input);
    return type && asTensorType(type);
  }
}

class PublicNode extends PublicAttributes implements OnnxCall {
  input(index: number): OnnxValue | undefined {
    const value = this.node.inputs[index];
    return value && asOnnxValue(value);
  }
}
