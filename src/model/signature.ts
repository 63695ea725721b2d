// Signatures of a served model: what a client sends and gets back.
// Source: SignatureDef and TensorInfo of TensorFlow's meta_graph.proto.
import type { DType } from "../tensor/dtype.ts";

/** One input or output of a signature. */
export interface TensorSpec {
  /** The key clients use, such as `image`. */
  readonly key: string;
  /** The tensor in the TensorFlow graph, such as `serving_default_image:0`. */
  readonly tensorName: string;
  /** Undefined for dtypes we have no name for; `tensorflowDtype` then tells. */
  readonly dtype: DType | undefined;
  /** TensorFlow's DataType number. */
  readonly tensorflowDtype: number;
  /** Sizes, -1 where free; undefined when not even the rank is known. */
  readonly shape: readonly number[] | undefined;
}

export interface Signature {
  readonly name: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Such as `tensorflow/serving/predict`. */
  readonly methodName: string;
  /** Serialized TensorProtos of inputs that a request may leave out. */
  readonly defaults?: ReadonlyMap<string, Uint8Array>;
}
