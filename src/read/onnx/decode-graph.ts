// GraphProto to Graph: names become values, Constant nodes initializers, calls of functions their bodies, and every node
// takes the IR's form of its operator.
// Specification: https://onnx.ai/onnx/repo-docs/IR.html#graphs
// Invariant: all that is wrong is noted in the model's context and told at once; decoding goes on without it.
import type { GraphProto, NodeProto, ValueInfoProto } from "../../bytes/protobuf/generated/onnx_pb.ts";
import { Problem } from "../../core/errors.ts";
import { Graph, Node, Value } from "../../graph/graph.ts";
import { tensorType, type ValueType } from "../../graph/type.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { NodeDecoder } from "./decode-node.ts";
import { decodeTensor } from "./decode-tensor.ts";
import { decodeType } from "./decode-type.ts";
import { densify } from "./densify.ts";
import type { ModelContext } from "./model-context.ts";
import { orderNodes } from "./order-nodes.ts";
import type { Scope } from "./scope.ts";

/** Decodes a graph whose nodes also see the names of `scope`. */
export function decodeGraph(proto: GraphProto, model: ModelContext, scope: Scope): Graph {
  return new GraphDecoder(proto, model, scope).decode();
}

class GraphDecoder {
  private readonly proto: GraphProto;
  private readonly model: ModelContext;
  private readonly scope: Scope;
  private readonly graph: Graph;
  private readonly types: ReadonlyMap<string, ValueInfoProto>;

  constructor(proto: GraphProto, model: ModelContext, scope: Scope) {
    this.proto = proto;
    this.model = model;
    this.scope = scope;
    this.graph = new Graph(proto.name || "main");
    this.types = new Map([...proto.valueInfo, ...proto.output].map((info) => [info.name, info]));
  }

  decode(): Graph {
    for (const initializer of this.proto.initializer)
      this.addInitializer(initializer.name, this.tensorOf(initializer));
    this.addSparseInitializers();
    for (const input of this.proto.input) this.addInput(input);
    this.addNodes(this.proto.node);
    for (const output of this.proto.output) this.addOutput(output);
    return this.graph;
  }

  private tensorOf(proto: GraphProto["initializer"][number], name = proto.name): Tensor | undefined {
    const tensor = decodeTensor(proto, this.model.files, name);
    if (!(tensor instanceof Problem)) return tensor;
    this.model.problems.push(tensor);
    return undefined;
  }

  private addInitializer(name: string, tensor: Tensor | undefined): void {
    const value = new Value(name, tensor && tensorType(tensor.dtype, tensor.shape));
    value.initializer = tensor;
    if (!this.scope.define(name, value)) this.model.broken(`two initializers are named '${name}'`);
  }

  private addSparseInitializers(): void {
    for (const { values, indices, dims } of this.proto.sparseInitializer) {
      const name = values?.name ?? "";
      const tensor = values && this.tensorOf(values);
      const places = indices && this.tensorOf(indices, `${name} (indices)`);
      if (!tensor || !places) continue;
      const dense = densify(tensor, places, dims.map(Number));
      if (typeof dense === "string") this.model.broken(`the sparse initializer '${name}' ${dense}`);
      else this.addInitializer(name, dense);
    }
  }

  /** Inputs with an initializer are constants: up to IR version 3 every initializer had to be listed. */
  private addInput(info: ValueInfoProto): void {
    const value = new Value(info.name, decodeType(info.type, info.name));
    if (this.scope.define(info.name, value)) this.graph.inputs.push(value);
    else if (!this.scope.get(info.name)?.initializer)
      this.model.broken(`two inputs are named '${info.name}'`);
  }

  private addNodes(protos: readonly NodeProto[]): void {
    const ordered = orderNodes(protos);
    if ("cycle" in ordered) {
      const [first] = ordered.cycle;
      this.model.broken(
        `${ordered.cycle.length} nodes wait for each other, among them ${describeNode(first)}`,
      );
      return;
    }
    const used = new Set(protos.flatMap((node) => node.input));
    for (const output of this.proto.output) used.add(output.name);
    const decoder = new NodeDecoder({
      graph: this.graph,
      model: this.model,
      isUsed: (name) => used.has(name),
      typeOf: (name) => this.typeOf(name),
    });
    for (const node of ordered) decoder.add(node, this.scope);
  }

  private typeOf(name: string): ValueType | undefined {
    return decodeType(this.types.get(name)?.type, name);
  }

  /** An output is called by its name, also where it is an input, an initializer, or another output. */
  private addOutput(info: ValueInfoProto): void {
    if (!this.scope.has(info.name)) {
      this.model.broken(`the output '${info.name}' is no value of the graph`);
      return;
    }
    const value = this.scope.get(info.name);
    if (value) this.graph.outputs.push(this.named(value, info));
  }

  private named(value: Value, info: ValueInfoProto): Value {
    if (value.name === info.name && !this.graph.outputs.includes(value)) return value;
    const copy = new Value(info.name, value.type ?? this.typeOf(info.name));
    this.graph.insert(new Node({ op: "Identity", inputs: [value], outputs: [copy] }));
    return copy;
  }
}

function describeNode(node: NodeProto | undefined): string {
  return `${node?.opType} '${node?.name || (node?.output[0] ?? "")}'`;
}
