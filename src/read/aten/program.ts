// What a PyTorch file says, before it is lowered to ONNX: calls of ATen operators on named values.
// Both readers of PyTorch files (pt2/, torchscript/) end here. Readers mirror: every argument is kept, nothing is refused.
// Symbolic integers are dimensions (graph/dim.ts), so that Python's arithmetic on sizes needs no nodes.
// Not here: in-place operators made functional (functionalize.ts), lowering (lower.ts and rules/).
import type { Dim } from "../../graph/dim.ts";
import type { Origin } from "../../graph/graph.ts";
import type { TensorType } from "../../graph/type.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";

export interface AtenProgram {
  /** The file, for messages. */
  readonly file: string;
  readonly graph: AtenGraph;
  /** Names of the user's inputs in order; each is a value of `graph`. The name is the one of `forward`'s parameter. */
  readonly inputs: readonly AtenInput[];
  readonly outputs: readonly AtenOutput[];
  /** Parameters, buffers and constants by value name. */
  readonly weights: ReadonlyMap<string, Weight>;
  /** Buffers that `forward` changes: value name of the buffer -> value name of its new contents. */
  readonly mutations: ReadonlyMap<string, string>;
  /** What else `forward` keeps from call to call; the inputs are not among `inputs`. */
  readonly states?: readonly KeptState[];
  /** Who wrote the file, such as `torch 2.15.0`; for messages and metadata. */
  readonly producer: string;
  /** Lower bounds that the file states for symbols, by name; 0 and 1 are no constraint in practice. */
  readonly constraints: ReadonlyMap<string, { readonly min?: number; readonly max?: number }>;
}

/** Something that is no buffer, such as a counter in Python. */
export interface KeptState {
  readonly input: AtenInput;
  /** What the next call takes. */
  readonly argument: AtenArgument;
  readonly initial: Tensor;
}

export interface AtenInput {
  readonly name: string;
  /** Name of the value in the graph. */
  readonly value: string;
}

export interface AtenOutput {
  /** A key of the returned dict or named tuple, else `output_0`, `output_1`, ... */
  readonly name: string;
  readonly argument: AtenArgument;
}

export interface Weight {
  /** The fully qualified name, such as `layer1.0.conv1.weight`. */
  readonly name: string;
  readonly tensor: Tensor;
}

/** A list of calls with its own names; the bodies of `cond` and `while_loop` are graphs too. */
export interface AtenGraph {
  readonly inputs: readonly string[];
  readonly outputs: readonly AtenArgument[];
  readonly calls: readonly AtenCall[];
  /** Types of all tensor values, with their symbolic shapes. A complex tensor has a complex dtype and no extra axis. */
  readonly types: ReadonlyMap<string, TensorType>;
  /** Strides in elements, where the file tells them: whether a reshape is a view or a copy depends on them. */
  readonly strides?: ReadonlyMap<string, readonly Dim[]>;
  /** What the source calls values, where it knows them by other names than these; it does not know those that are left out. */
  readonly sources?: ReadonlyMap<string, string>;
}

export interface AtenCall {
  /** Namespace, operator and overload, such as `aten::conv2d.default`, `torchvision::nms.default`, `higher_order::cond`. */
  readonly target: string;
  /** Arguments by the schema's names, positional ones of higher-order operators by "0", "1", ... Omitted ones are absent. */
  readonly args: ReadonlyMap<string, AtenArgument>;
  /**
   * One for each result: `tensor`, `tensors` (a list result), `none`, `int` for a symbolic integer (`sym_size`, `item`;
   * the dimension says which: a new symbol is defined by this call), `symbol` for a symbolic float or bool.
   */
  readonly outputs: readonly AtenArgument[];
  readonly origin: Origin;
}

export type AtenArgument =
  | { readonly kind: "none" }
  | { readonly kind: "tensor"; readonly value: string }
  | { readonly kind: "tensors"; readonly values: readonly (string | undefined)[] }
  | { readonly kind: "int"; readonly value: Dim }
  | { readonly kind: "ints"; readonly values: readonly Dim[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "floats"; readonly values: readonly number[] }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "bools"; readonly values: readonly boolean[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "strings"; readonly values: readonly string[] }
  | { readonly kind: "complex"; readonly real: number; readonly imaginary: number }
  | { readonly kind: "dtype"; readonly value: DType }
  | { readonly kind: "graph"; readonly value: AtenGraph }
  /** A symbolic scalar computed by a call, such as the result of `item`: the value's name. */
  | { readonly kind: "symbol"; readonly value: string }
  /** Kept for messages: devices, layouts, memory formats and what later schemas add. */
  | { readonly kind: "other"; readonly text: string };
