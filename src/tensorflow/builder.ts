// Makes the nodes of a TensorFlow graph one after the other: infers type attributes from the inputs, checks that the
// CPU has a kernel for them, names nodes after the current scope, and keeps one node for equal small constants.
// Invariant: a node that cannot run is never made; MissingKernel is thrown instead and lowering turns it into a refusal.
// Not here: what ONNX means (lower/), layouts (layout/).
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type {
  ForeignOutput,
  TfAttribute,
  TfFunction,
  TfNode,
  TfShape,
  TfType,
  TfValue,
  TfVariable,
} from "./graph.ts";
import { NodeNames } from "./node-names.ts";
import type { OperatorArgument, OperatorRow } from "./operators/operator.ts";
import { OPERATORS } from "./operators/table.ts";

export type TfOperator = keyof typeof OPERATORS;

/** Whether rules may make nodes of it. */
export function isOperator(op: string): op is TfOperator {
  return Object.hasOwn(OPERATORS, op);
}

/** Attribute values as rules write them; the operator's row says their kind. */
export type AttributeValue =
  | number
  | boolean
  | string
  | Tensor
  | readonly number[]
  | readonly string[]
  | readonly TfShape[]
  | undefined;

export type AttributeValues = Readonly<Record<string, AttributeValue>>;

/** Thrown when TensorFlow has no CPU kernel of an operator for a dtype. */
export class MissingKernel extends Error {
  constructor(op: string, dtype: TfType) {
    super(`TensorFlow has no CPU kernel of ${op} for ${dtype}`);
  }
}

interface Library {
  readonly functions: TfFunction[];
  readonly names: NodeNames;
}

export class TfBuilder {
  readonly nodes: TfNode[] = [];
  readonly variables: TfVariable[] = [];
  /** Put before the names of the nodes made from here on, such as `layer1/0/conv1`. */
  scope = "";
  /** Weights stand in the graph as constants, so that it is frozen: there is no checkpoint. */
  isFrozen = false;
  private readonly names: NodeNames;
  private readonly library: Library;
  private readonly constants = new Map<string, TfValue>();
  private readonly weights = new Map<Tensor, TfValue>();

  constructor(names = new NodeNames(), library: Library = { functions: [], names: new NodeNames() }) {
    this.names = names;
    this.library = library;
  }

  /** The functions of the graph, inner ones first. */
  get functions(): readonly TfFunction[] {
    return this.library.functions;
  }

  /** A builder for the body of a function of the same graph. */
  inner(): TfBuilder {
    return new TfBuilder(new NodeNames(), this.library);
  }

  /** A free name for a function. */
  functionName(wanted: string): string {
    return this.library.names.unique(wanted.replaceAll("/", "_"));
  }

  addFunction(body: TfFunction): void {
    this.library.functions.push(body);
  }

  /** A node with one output. Inputs that are lists are given as lists. */
  op(
    op: TfOperator,
    inputs: readonly (TfValue | readonly TfValue[])[],
    attributes: AttributeValues = {},
    name: string = op,
  ): TfValue {
    return this.ops(op, inputs, attributes, name)[0] as TfValue; // every operator used with `op` has an output
  }

  /** A node with all its outputs. Throws MissingKernel. */
  ops(
    op: TfOperator,
    inputs: readonly (TfValue | readonly TfValue[])[],
    attributes: AttributeValues = {},
    name: string = op,
  ): TfValue[] {
    const row: OperatorRow = OPERATORS[op];
    const types = typesOf(row, inputs, attributes);
    for (const [attribute, kernels] of row.kernels) {
      const dtype = types.get(attribute);
      if (typeof dtype === "string" && !kernels.has(dtype as TfType))
        throw new MissingKernel(op, dtype as TfType);
    }
    const flat = inputs.flatMap((input) => (isList(input) ? [...input] : [input as TfValue]));
    return this.add(
      op,
      flat,
      typedAttributes(op, row, { ...Object.fromEntries(types), ...attributes }),
      name,
      [],
    ).outputs;
  }

  /** A node of an operator that the table does not have: a server's own, with the outputs it is said to have. */
  foreign(
    op: string,
    inputs: readonly TfValue[],
    attributes: ReadonlyMap<string, TfAttribute>,
    outputs: readonly ForeignOutput[],
  ): TfValue[] {
    const name = this.names.unique(this.scope ? `${this.scope}/${op}` : op);
    const shapes = { kind: "shapes", value: outputs.map(({ shape }) => shape) } as const;
    const all = new Map<string, TfAttribute>([...attributes, ["_output_shapes", shapes]]);
    const node: TfNode = { name, op, inputs, controls: [], attributes: all, foreign: outputs };
    this.nodes.push(node);
    return outputs.map(({ name: port, dtype }, index) => ({ node, index, dtype, port: `${port}:0` }));
  }

  /** A node without outputs that runs after `controls`. */
  control(
    op: TfOperator,
    inputs: readonly TfValue[],
    controls: readonly TfNode[],
    attributes: AttributeValues,
    name: string,
  ): TfNode {
    const row: OperatorRow = OPERATORS[op];
    const types = Object.fromEntries(typesOf(row, inputs, attributes));
    return this.add(op, inputs, typedAttributes(op, row, { ...types, ...attributes }), name, controls).node;
  }

  /** A constant in the graph itself. Equal small ones share a node. */
  constant(tensor: Tensor, name = "Const"): TfValue {
    const small = tensor.byteLength <= 64 && !tensor.strings;
    const key = small ? `${tensor.dtype}[${tensor.shape}]${Buffer.from(tensor.read()).toString("hex")}` : "";
    const known = small ? this.constants.get(key) : this.weights.get(tensor);
    if (known) return known;
    const value = this.op("Const", [], { dtype: tensor.dtype, value: tensor }, name);
    if (small) this.constants.set(key, value);
    else this.weights.set(tensor, value);
    return value;
  }

  /** A weight, which stands in the checkpoint under `name` unless the graph is frozen. One tensor gives one variable. */
  variable(tensor: Tensor, name: string): TfValue {
    const known = this.weights.get(tensor);
    if (known) return known;
    const scope = this.scope;
    this.scope = "";
    if (this.isFrozen) {
      const constant = this.constant(tensor, name);
      this.scope = scope;
      return constant;
    }
    const shape = tensor.shape;
    const handle = this.op("VarHandleOp", [], { dtype: tensor.dtype, shape, shared_name: "" }, name);
    const shared = handle.node.name;
    (handle.node.attributes as Map<string, TfAttribute>).set("shared_name", {
      kind: "string",
      value: shared,
    }); // known only now
    const read = this.op("ReadVariableOp", [handle], { dtype: tensor.dtype }, `${shared}/Read`);
    this.scope = scope;
    this.variables.push({ name: shared, tensor, handle: handle.node, read: read.node });
    this.weights.set(tensor, read);
    return read;
  }

  /** A free name in this graph. */
  uniqueName(wanted: string): string {
    return this.names.unique(wanted);
  }

  private add(
    op: TfOperator,
    inputs: readonly TfValue[],
    attributes: Map<string, TfAttribute>,
    name: string,
    controls: readonly TfNode[],
  ): { node: TfNode; outputs: TfValue[] } {
    const unique = this.names.unique(this.scope ? `${this.scope}/${name}` : name);
    const node: TfNode = { name: unique, op, inputs, controls, attributes };
    this.nodes.push(node);
    return { node, outputs: outputsOf(node, OPERATORS[op]) };
  }
}

/** Whether the CPU has a kernel of `op` with this dtype for its attribute. */
export function hasKernel(op: TfOperator, dtype: DType, attribute = "T"): boolean {
  const row: OperatorRow = OPERATORS[op];
  return row.kernels.get(attribute)?.has(dtype) ?? true;
}

function isList(input: TfValue | readonly TfValue[] | undefined): input is readonly TfValue[] {
  return Array.isArray(input);
}

type Types = Map<string, TfType | readonly TfType[] | number>;

/** The type attributes that the inputs determine, and the counts of input lists. */
function typesOf(
  row: OperatorRow,
  inputs: readonly (TfValue | readonly TfValue[])[],
  attributes: AttributeValues,
): Types {
  const types: Types = new Map();
  for (const [index, argument] of row.inputs.entries()) {
    const input = inputs[index];
    if (argument.arity === "one") {
      if (!input || isList(input)) throw new TypeError(`input ${argument.name} is missing`);
      if (row.attributes.has(argument.type)) types.set(argument.type, input.dtype);
      continue;
    }
    if (!isList(input)) throw new TypeError(`input ${argument.name} must be a list`);
    if (argument.arity === "list")
      types.set(
        argument.type,
        input.map((value) => value.dtype),
      );
    else {
      types.set(argument.countAttribute, input.length);
      const first = input[0];
      if (first && row.attributes.has(argument.type)) types.set(argument.type, first.dtype);
    }
  }
  for (const name of row.kernels.keys()) {
    const given = attributes[name];
    if (typeof given === "string") types.set(name, given as TfType); // rules give dtypes for type attributes
  }
  return types;
}

function typedAttributes(
  op: string,
  row: OperatorRow,
  values: Readonly<Record<string, unknown>>,
): Map<string, TfAttribute> {
  const attributes = new Map<string, TfAttribute>();
  for (const name of Object.keys(values).sort()) {
    const value = values[name];
    if (value === undefined) continue;
    const kind = row.attributes.get(name);
    if (!kind) throw new TypeError(`${op} has no attribute ${name}`);
    attributes.set(name, { kind, value } as TfAttribute); // the kind is the operator's own, the value a rule's
  }
  return attributes;
}

function outputsOf(node: TfNode, row: OperatorRow): TfValue[] {
  const outputs: TfValue[] = [];
  for (const argument of row.outputs) {
    for (const [place, dtype] of typesOfOutput(node, row, argument).entries()) {
      outputs.push({ node, index: outputs.length, dtype, port: `${argument.name}:${place}` });
    }
  }
  return outputs;
}

function typesOfOutput(node: TfNode, row: OperatorRow, argument: OperatorArgument): readonly TfType[] {
  const attribute = node.attributes.get(argument.type);
  if (argument.arity === "list") {
    if (attribute?.kind !== "types") throw new TypeError(`${node.op} needs the attribute ${argument.type}`);
    return attribute.value;
  }
  if (row.attributes.has(argument.type) && attribute?.kind !== "type") {
    throw new TypeError(`${node.op} needs the attribute ${argument.type}`);
  }
  const dtype = attribute?.kind === "type" ? attribute.value : (argument.type as TfType); // a dtype by name
  if (argument.arity === "one") return [dtype];
  const count = node.attributes.get(argument.countAttribute);
  return new Array<TfType>(count?.kind === "int" ? count.value : 0).fill(dtype);
}
