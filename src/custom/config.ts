// What a config of custom operators may say: the public types, and `defineConfig`, which checks them as one types.
// docs/custom-operators.md tells how it is used; examples/custom-operator/ is one that runs.
// Invariant: nothing here knows how a conversion works inside, so that rules outlive changes of it.
// Not here: what becomes of a config (registry.ts), loading its file (cli/load-config.ts).
import type { DType } from "../tensor/dtype.ts";

/**
 * One size of a shape: a number, or text over the names of free dimensions, as ONNX files write it: `batch`,
 * `2*frames + 1`, `(height + 1)//2`. -1 is a size that only running tells.
 */
export type Size = number | string;

/** Element type and shape of a tensor. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly Size[];
}

declare const ONNX_VALUE: unique symbol;
declare const TENSORFLOW_VALUE: unique symbol;

/** A tensor of the ONNX graph being built; only the builder and the accessors of a call make them. */
export interface OnnxValue {
  readonly [ONNX_VALUE]: true;
}

/** A tensor of the TensorFlow graph being built. */
export interface TensorFlowValue {
  readonly [TENSORFLOW_VALUE]: true;
}

/**
 * An attribute of an ONNX node. A plain number is what the operator declares; for an operator of a custom domain an
 * integer is an int and anything else a float, so `{ float: 1 }` says that a 1 is meant as a float.
 */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };

/** Makes ONNX nodes. Operators have the form of opset 21 (axes are inputs), later operators are allowed too. */
export interface OnnxBuilder {
  /** A node with one output. `domain` is that of a custom operator; the plain operators' if absent. */
  node(
    op: string,
    inputs: readonly (OnnxValue | undefined)[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    domain?: string,
  ): OnnxValue;
  /** A node with several outputs. */
  nodes(
    op: string,
    outputs: number,
    inputs: readonly (OnnxValue | undefined)[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    domain?: string,
  ): OnnxValue[];
  /** A constant; `values` in row-major order, booleans as 0 and 1. */
  constant(dtype: DType, shape: readonly number[], values: readonly number[]): OnnxValue;
}

/** The arguments of a call of a PyTorch operator, by the names of its schema. What is not of the kind asked for throws. */
export interface TorchArguments {
  /** Namespace, operator and overload: `demo::snake.default`. */
  readonly target: string;
  /** Whether the argument is given (or has a default in `schema`) and is not None. */
  has(name: string): boolean;
  int(name: string): number;
  ints(name: string): readonly number[];
  float(name: string): number;
  floats(name: string): readonly number[];
  bool(name: string): boolean;
  string(name: string): string;
  /** Type of a tensor argument. */
  type(name: string): TensorType;
}

/** A call that is lowered: its arguments, its tensors, and the types that its results have in the file. */
export interface TorchCall extends TorchArguments {
  tensor(name: string): OnnxValue;
  tensors(name: string): readonly OnnxValue[];
  /** Type of a result. */
  result(index?: number): TensorType;
}

/** An operator of PyTorch, such as one of torch.library or of a C++ extension. */
export interface TorchOperator {
  /**
   * Its arguments and results as PyTorch declares them: `(Tensor x, float beta=1.0) -> Tensor`. Needed for TorchScript,
   * whose code names no arguments; gives the defaults of arguments that a file leaves out.
   */
  readonly schema?: string;
  /** Types of the results. Needed for TorchScript, whose files do not state them. */
  readonly infer?: (call: TorchArguments) => TensorType | readonly TensorType[];
  /** Makes the ONNX nodes; one value for each result. */
  readonly toOnnx: (call: TorchCall, onnx: OnnxBuilder) => OnnxValue | readonly OnnxValue[];
}

/** The attributes of a node of a custom ONNX domain. Without a fallback, a missing attribute throws. */
export interface OnnxAttributes {
  readonly inputs: number;
  readonly outputs: number;
  int(name: string, fallback?: number): number;
  float(name: string, fallback?: number): number;
  string(name: string, fallback?: string): string;
  ints(name: string, fallback?: readonly number[]): readonly number[];
  floats(name: string, fallback?: readonly number[]): readonly number[];
}

/** A node whose inputs' types are known. */
export interface OnnxTypes extends OnnxAttributes {
  /** Type of an input; undefined if the input is left out, or nothing is known of it yet. */
  type(input: number): TensorType | undefined;
}

/** A node that is replaced by others. */
export interface OnnxCall extends OnnxAttributes {
  /** An input; undefined if it is left out. */
  input(index: number): OnnxValue | undefined;
}

/** An attribute of a TensorFlow node; a plain integer is an int, any other number a float. */
export type TensorFlowAttribute =
  | number
  | boolean
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly type: DType }
  | { readonly types: readonly DType[] }
  | { readonly shape: readonly number[] };

/** A TensorFlow operator that only the user's server has, under the name it is registered with there. */
export interface TensorFlowOperator {
  readonly op: string;
  /** Attributes of the node; by default those of the ONNX node under their own names. */
  readonly attributes?: (node: OnnxTypes) => Readonly<Record<string, TensorFlowAttribute>>;
  /** Names of its outputs as it registers them; needed inside If and Loop. Default: `output`, or `output_0`, ... */
  readonly outputs?: readonly string[];
}

/** Makes TensorFlow nodes of the operators that conversion itself uses, with raw names: `AddV2`, `BatchMatMulV2`. */
export interface TensorFlowBuilder {
  node(
    op: string,
    inputs: readonly (TensorFlowValue | readonly TensorFlowValue[])[],
    attributes?: Readonly<Record<string, number | boolean | string | readonly number[]>>,
  ): TensorFlowValue;
  constant(dtype: DType, shape: readonly number[], values: readonly number[]): TensorFlowValue;
}

/** A node that becomes TensorFlow nodes. */
export interface TensorFlowCall extends OnnxTypes {
  /** An input, its axes in ONNX's order. */
  input(index: number): TensorFlowValue;
}

/** An operator of a custom ONNX domain. */
export interface OnnxOperator {
  /** Version of the domain that model.onnx imports if the file does not say; 1 if absent. */
  readonly version?: number;
  /** Types of the outputs. Needed where the operator stays in the graph and the file does not state them. */
  readonly infer?: (node: OnnxTypes) => TensorType | readonly TensorType[];
  /** Replaces the node by others; then nothing else is needed. One value for each output. */
  readonly toOnnx?: (node: OnnxCall, onnx: OnnxBuilder) => OnnxValue | readonly OnnxValue[];
  /** What stands in the SavedModel; without it, conversion refuses the operator by name. */
  readonly tensorflow?:
    | TensorFlowOperator
    | ((node: TensorFlowCall, tensorflow: TensorFlowBuilder) => TensorFlowValue | readonly TensorFlowValue[]);
}

/** Custom operators. Rules are the user's own code and are run. */
export interface Config {
  /** By `namespace::operator` (all overloads) or `namespace::operator.overload`. */
  readonly torch?: Readonly<Record<string, TorchOperator>>;
  /** By `domain::Operator`. */
  readonly onnx?: Readonly<Record<string, OnnxOperator>>;
}

/** Gives the config back; for its types. */
export function defineConfig(config: Config): Config {
  return config;
}
