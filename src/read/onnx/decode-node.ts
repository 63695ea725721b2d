// NodeProto to nodes of the IR.
// A Constant becomes an initializer, a call of one of the model's functions its body, anything else one node in the IR's
// form (with the nodes that its upgrade puts before it).
import type { AttributeProto, FunctionProto, NodeProto } from "../../bytes/protobuf/generated/onnx_pb.ts";
import { Problem, problem } from "../../core/errors.ts";
import { RuleFault } from "../../core/rule-fault.ts";
import type { Attribute } from "../../graph/attribute.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { type Graph, NO_ORIGIN, Node, type Origin, Value } from "../../graph/graph.ts";
import { tensorType, type ValueType } from "../../graph/type.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { constantOf } from "./constant-node.ts";
import { type AttributeContext, decodeAttribute } from "./decode-attribute.ts";
import { decodeGraph } from "./decode-graph.ts";
import { decodeTensor } from "./decode-tensor.ts";
import { densify } from "./densify.ts";
import type { Expansion } from "./expand/expansion.ts";
import { expansionOf } from "./expand/expansions.ts";
import { functionKey, type ModelContext, plainDomain } from "./model-context.ts";
import { originOf } from "./node-origin.ts";
import { orderNodes } from "./order-nodes.ts";
import type { Scope } from "./scope.ts";
import { knownDType, knownRank } from "./upgrade/known-type.ts";
import type { Draft, UpgradeContext } from "./upgrade/upgrade.ts";
import { upgradeNode } from "./upgrade/upgrades.ts";
import { isWidened, takesWidened } from "./widen-bits.ts";

export interface NodeTarget {
  readonly graph: Graph;
  readonly model: ModelContext;
  /** Whether the graph takes the value of this name anywhere. */
  isUsed(name: string): boolean;
  /** What the file states of a value. */
  typeOf(name: string): ValueType | undefined;
}

/** Functions may not call themselves; real ones nest three deep. */
const MAX_FUNCTION_DEPTH = 32;

export class NodeDecoder {
  private readonly target: NodeTarget;
  private readonly builder: GraphBuilder;
  /** The origin of the call, for bodies that say nothing of theirs. */
  private callOrigin: Origin = NO_ORIGIN;

  constructor(target: NodeTarget) {
    this.target = target;
    this.builder = new GraphBuilder(target.graph);
  }

  add(proto: NodeProto, scope: Scope): void {
    const { model } = this.target;
    if (!model.countNode()) return;
    const called = model.functions.get(functionKey(proto.domain, proto.opType, proto.overload));
    const attributes = this.attributesOf(proto, scope);
    if (called) this.inline(proto, called, attributes, scope);
    else if (proto.opType === "Constant" && plainDomain(proto.domain) === "")
      this.addConstant(proto, attributes, scope);
    else this.addNode(proto, attributes, scope);
  }

  private addNode(proto: NodeProto, attributes: Map<string, Attribute>, scope: Scope): void {
    const domain = plainDomain(proto.domain);
    const origin = this.originOf(proto);
    const inputs = trimEnd(proto.input.map((name) => this.input(name, proto, scope)));
    const outputs = trimEnd(
      proto.output.map((name) => (name === "" ? undefined : this.newValue(name, scope))),
    );
    this.refuseWidened(proto, inputs);
    const given: Draft = { op: proto.opType, inputs, outputs, attributes };
    const extension = this.target.model.extensions.get(`${domain}::${proto.opType}`);
    const expansion = extension ? extension.expansion : expansionOf(domain, proto.opType);
    if (expansion) {
      this.expand(proto, expansion, given, scope);
      return;
    }
    const draft = this.upgraded(proto, given, domain, scope);
    const definition = extension?.definition;
    this.target.graph.insert(
      new Node({ ...draft, domain, definition, origin, name: this.nameOf(proto, scope) }),
    );
    for (const [index, name] of proto.output.entries()) {
      const output = outputs[index];
      if (output && !scope.define(name, output))
        this.target.model.broken(`'${name}' is the result of two nodes`);
    }
  }

  /** A weight of a few bits is held in a wider type, which most operators would show. */
  private refuseWidened(proto: NodeProto, inputs: readonly (Value | undefined)[]): void {
    if (takesWidened(proto.opType) || !inputs.some((input) => isWidened(input?.initializer))) return;
    const reason = "it takes a weight of less than 8 bits, which only DequantizeLinear and Cast do here";
    this.target.model.problems.push(problem("OPERATOR_UNSUPPORTED", { ...this.placeOf(proto), reason }));
  }

  private placeOf(proto: NodeProto) {
    return {
      file: this.target.model.files.model.name,
      operator: proto.domain === "" ? proto.opType : `${proto.domain}::${proto.opType}`,
      where: `'${proto.name || (proto.output[0] ?? "")}'`,
    };
  }

  /** The nodes that an operator of another domain stands for, in its place. */
  private expand(proto: NodeProto, expansion: Expansion, draft: Draft, scope: Scope): void {
    const values = this.expanded(proto, expansion, draft);
    for (const [index, name] of proto.output.entries()) {
      if (name === "") continue;
      const value = values[index];
      if (value?.name === "" && !value.initializer && scope.functionDepth === 0) {
        value.name = name;
        value.type ??= this.target.typeOf(name);
      }
      if (!scope.define(name, value)) this.target.model.broken(`'${name}' is the result of two nodes`);
    }
  }

  private expanded(proto: NodeProto, expansion: Expansion, draft: Draft): readonly (Value | undefined)[] {
    const { model } = this.target;
    const place = this.placeOf(proto);
    this.builder.origin = this.originOf(proto);
    try {
      const values = expansion.expand(draft, this.upgradeContext());
      if (typeof values !== "string") return values;
      model.problems.push(problem("OPERATOR_UNSUPPORTED", { ...place, reason: values }));
    } catch (error) {
      if (!(error instanceof RuleFault)) throw error;
      model.problems.push(error.problemAt(place));
    }
    return draft.outputs.map((value) => value && new Value("", value.type)); // stand-ins, so that all is told at once
  }

  private upgradeContext(): UpgradeContext {
    return {
      builder: this.builder,
      rankOf: knownRank,
      dtypeOf: knownDType,
      isUsed: (value) => value.name === "" || this.target.isUsed(value.name),
    };
  }

  private upgraded(proto: NodeProto, draft: Draft, domain: string, scope: Scope): Draft {
    const opset = scope.opsets.get(domain);
    if (domain !== "" || opset === undefined) return draft;
    this.builder.origin = this.originOf(proto);
    const result = upgradeNode(draft, opset, this.upgradeContext());
    if (typeof result !== "string") return result;
    const node = proto.name || (proto.output[0] ?? "");
    const file = this.target.model.files.model.name;
    this.target.model.problems.push(
      problem("ONNX_OLD_FORM", { file, operator: proto.opType, node, opset, found: result }),
    );
    return draft;
  }

  private addConstant(proto: NodeProto, attributes: Map<string, Attribute>, scope: Scope): void {
    const [name = ""] = proto.output;
    const tensor = constantOf(attributes) ?? this.sparseConstant(proto, name);
    if (!tensor) {
      this.target.model.broken(`the Constant '${proto.name || name}' has no value`);
    }
    const value = new Value(
      scope.functionDepth > 0 ? "" : name,
      tensor && tensorType(tensor.dtype, tensor.shape),
    );
    value.initializer = tensor;
    if (!scope.define(name, value)) this.target.model.broken(`'${name}' is the result of two nodes`);
  }

  private sparseConstant(proto: NodeProto, name: string): Tensor | undefined {
    const sparse = proto.attribute.find((attribute) => attribute.name === "sparse_value")?.sparseTensor;
    const values = sparse?.values && this.tensorOf(sparse.values, name);
    const indices = sparse?.indices && this.tensorOf(sparse.indices, name);
    if (!sparse || !values || !indices) return undefined;
    const dense = densify(values, indices, sparse.dims.map(Number));
    return typeof dense === "string" ? undefined : dense;
  }

  /** The body of a function in the place of its call. */
  private inline(proto: NodeProto, called: FunctionProto, given: Map<string, Attribute>, scope: Scope): void {
    const { model } = this.target;
    if (scope.functionDepth >= MAX_FUNCTION_DEPTH) {
      model.broken(`functions nest deeper than ${MAX_FUNCTION_DEPTH}, as '${called.name}'`);
      return;
    }
    for (const attribute of called.attributeProto) {
      const fallback = given.has(attribute.name) ? undefined : this.decode(attribute, scope);
      if (fallback) given.set(attribute.name, fallback);
    }
    const opsets = new Map(
      called.opsetImport.map(({ domain, version }) => [plainDomain(domain), Number(version)]),
    );
    const inner = scope.ofFunction(opsets, given);
    for (const [index, name] of called.input.entries()) {
      inner.define(name, this.input(proto.input[index] ?? "", proto, scope));
    }
    const outerOrigin = this.callOrigin;
    this.callOrigin = this.originOf(proto);
    this.addBody(called, inner);
    this.callOrigin = outerOrigin;
    for (const [index, name] of proto.output.entries()) this.bindOutput(name, called, index, inner, scope);
  }

  private addBody(called: FunctionProto, inner: Scope): void {
    const ordered = orderNodes(called.node);
    if ("cycle" in ordered)
      this.target.model.broken(`nodes of the function '${called.name}' wait for each other`);
    else for (const node of ordered) this.add(node, inner);
  }

  private bindOutput(name: string, called: FunctionProto, index: number, inner: Scope, scope: Scope): void {
    if (name === "") return;
    const result = called.output[index] ?? "";
    const value = inner.get(result);
    if (!value) this.target.model.broken(`the function '${called.name}' computes no '${result}'`);
    else if (value.name === "" && scope.functionDepth === 0) {
      value.name = name;
      value.type ??= this.target.typeOf(name);
    }
    if (!scope.define(name, value)) this.target.model.broken(`'${name}' is the result of two nodes`);
  }

  private attributesOf(proto: NodeProto, scope: Scope): Map<string, Attribute> {
    const attributes = new Map<string, Attribute>();
    for (const attribute of proto.attribute) {
      const reference = attribute.refAttrName;
      const decoded = reference ? scope.attributes?.get(reference) : this.decode(attribute, scope);
      if (decoded) attributes.set(attribute.name, decoded);
    }
    return attributes;
  }

  private decode(proto: AttributeProto, scope: Scope): Attribute | undefined {
    const context: AttributeContext = {
      decodeTensor: (tensor) => this.tensorOf(tensor, proto.name),
      decodeGraph: (graph) => decodeGraph(graph, this.target.model, scope.ofSubgraph()),
    };
    return decodeAttribute(proto, context);
  }

  private tensorOf(proto: Parameters<typeof decodeTensor>[0], name: string): Tensor | undefined {
    const tensor = decodeTensor(proto, this.target.model.files, proto.name || name);
    if (!(tensor instanceof Problem)) return tensor;
    this.target.model.problems.push(tensor);
    return undefined;
  }

  private input(name: string, proto: NodeProto, scope: Scope): Value | undefined {
    if (name === "") return undefined;
    if (!scope.has(name)) {
      const node = `${proto.opType} '${proto.name || (proto.output[0] ?? "")}'`;
      this.target.model.broken(`${node} takes '${name}', which is no value of the graph`);
    }
    return scope.get(name);
  }

  /** Values within functions have no names of their own: a function may be called twice. */
  private newValue(name: string, scope: Scope): Value {
    return scope.functionDepth > 0 ? new Value("") : new Value(name, this.target.typeOf(name));
  }

  private nameOf(proto: NodeProto, scope: Scope): string {
    return scope.functionDepth > 0 ? "" : proto.name;
  }

  private originOf(proto: NodeProto): Origin {
    const own = originOf(proto);
    return own.scope === "" && own.line === "" && this.callOrigin !== NO_ORIGIN ? this.callOrigin : own;
  }
}

/** Absent arguments at the end are left out. */
function trimEnd(values: (Value | undefined)[]): (Value | undefined)[] {
  return values.slice(0, values.findLastIndex((value) => value !== undefined) + 1);
}
