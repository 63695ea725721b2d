// What a model is compared with: something that runs its file as it is. Inputs and outputs are in the file's order.
// Not here: the two that there are (pytorch-source.ts, onnx-source.ts), recorded numbers (recorded.ts).
import type { TensorValue } from "../engine/engine.ts";

/** Where in the source an intermediate value comes from, as far as it is known. */
export interface Place {
  /** The operator in the source's words, such as `aten.conv2d.default`. */
  readonly operator: string;
  /** A Python stack trace, innermost frame last; empty if the file has none. */
  readonly trace: string;
}

/** What the file's own example says of an input: its sizes, and for integers their range. */
export interface InputExample {
  readonly shape: readonly number[];
  readonly least?: number;
  readonly most?: number;
}

export interface Source {
  /** Such as `PyTorch 2.15.0`. */
  readonly title: string;
  /** One for each input, or none. */
  readonly examples: readonly InputExample[];
  /** Throws PythonFailure or a FerryError where the source refuses the inputs. */
  run(inputs: readonly TensorValue[]): Promise<TensorValue[]>;
  /** Intermediate values. */
  readonly inner: InnerValues;
  close(): Promise<void>;
}

export interface InnerValues {
  /** Names of the values that can be asked for with these inputs; values of a graph carry them as `source`. */
  names(inputs: readonly TensorValue[]): Promise<ReadonlySet<string>>;
  values(inputs: readonly TensorValue[], names: readonly string[]): Promise<Map<string, TensorValue>>;
  placeOf(name: string): Promise<Place | undefined>;
}
