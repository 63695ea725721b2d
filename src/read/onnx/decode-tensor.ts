// TensorProto to Tensor. Raw contents stay in the file they lie in; typed fields are packed when they are decoded.
// Specification: https://onnx.ai/onnx/repo-docs/IR.html and onnx.proto (TensorProto)
// Not here: opening files of external data, which the caller hands in.
import type { TensorProto } from "../../bytes/protobuf/generated/onnx_pb.ts";
import type { ByteSource } from "../../core/byte-source.ts";
import { FerryError, Problem, problem } from "../../core/errors.ts";
import { BYTES_PER_ELEMENT, type DType } from "../../tensor/dtype.ts";
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import {
  elementCount,
  type Tensor,
  tensorFromBytes,
  tensorFromSource,
  tensorFromStrings,
} from "../../tensor/tensor.ts";
import { NARROW_TYPES, type Narrow, packedBytes, widen } from "./widen-bits.ts";

export interface TensorFiles {
  /** The model's file, in which large raw contents lie. */
  readonly model: ByteSource;
  /** Opens a file beside the model. */
  readonly openSibling?: ((relativePath: string) => ByteSource) | undefined;
}

const EXTERNAL = 1;
const MAX_RANK = 64;

/** The tensor, or why it cannot be had; `name` is what messages call it. */
export function decodeTensor(proto: TensorProto, files: TensorFiles, name = proto.name): Tensor | Problem {
  const wrong = (found: string, wanted: string) =>
    problem("ONNX_TENSOR", { file: files.model.name, tensor: name, found, wanted });
  const narrow = NARROW_TYPES.get(proto.dataType);
  if (narrow) return narrowTensor(proto, narrow, files, name);
  const dtype = ONNX_DTYPES.get(proto.dataType);
  if (!dtype) {
    return wrong(`has element type ${proto.dataType} of ONNX`, "numbers, booleans or strings are wanted");
  }
  const shape = proto.dims.map(Number);
  const byteLength = elementCount(shape) * BYTES_PER_ELEMENT[dtype];
  const sound =
    shape.every((size) => size >= 0) && Number.isSafeInteger(byteLength) && shape.length <= MAX_RANK;
  if (!sound) return wrong(`has the shape [${shape}]`, "sizes of 0 and above are wanted");
  if (proto.dataLocation === EXTERNAL) return externalTensor(proto, files, dtype, shape, name);
  if (proto.segment) {
    const length = Number(proto.segment.end - proto.segment.begin);
    if (length !== byteLength) return wrong(`has ${length} bytes`, `${dtype}[${shape}] needs ${byteLength}`);
    return tensorFromSource(dtype, shape, files.model, Number(proto.segment.begin));
  }
  if (dtype === "string") {
    if (proto.stringData.length === elementCount(shape)) return tensorFromStrings(shape, proto.stringData);
    return wrong(`has ${proto.stringData.length} strings`, `string[${shape}] needs ${elementCount(shape)}`);
  }
  const bytes = proto.rawData.byteLength > 0 ? proto.rawData : packTyped(proto, dtype);
  if (bytes.byteLength !== byteLength) {
    return wrong(`has ${bytes.byteLength} bytes`, `${dtype}[${shape}] needs ${byteLength}`);
  }
  return tensorFromBytes(dtype, shape, bytes);
}

const UINT8 = 2;

/** Elements of less than a byte: their bytes as they lie in the file, then one a byte. */
function narrowTensor(
  proto: TensorProto,
  narrow: Narrow,
  files: TensorFiles,
  name: string,
): Tensor | Problem {
  const shape = proto.dims.map(Number);
  const count = elementCount(shape);
  const bytes = packedBytes(count, narrow);
  if (shape.some((size) => size < 0) || shape.length > MAX_RANK || !Number.isSafeInteger(count)) {
    const found = `has the shape [${shape}]`;
    const wanted = "sizes of 0 and above are wanted";
    return problem("ONNX_TENSOR", { file: files.model.name, tensor: name, found, wanted });
  }
  const packed = decodeTensor({ ...proto, dataType: UINT8, dims: [BigInt(bytes)] }, files, name);
  return packed instanceof Problem ? packed : widen(packed, shape, narrow);
}

/** The bytes of a typed field. Which field holds a type is fixed; halves and small integers lie in int32_data. */
function packTyped(proto: TensorProto, dtype: DType): Uint8Array {
  if (dtype === "float32" || dtype === "complex64") return bytesOf(Float32Array.from(proto.floatData));
  if (dtype === "float64" || dtype === "complex128") return bytesOf(Float64Array.from(proto.doubleData));
  if (dtype === "int64") return bytesOf(BigInt64Array.from(proto.int64Data));
  if (dtype === "uint64") return bytesOf(BigUint64Array.from(proto.uint64Data));
  if (dtype === "uint32") return bytesOf(Uint32Array.from(proto.uint64Data, Number));
  const width = BYTES_PER_ELEMENT[dtype];
  // Narrowing keeps the low bytes, which are the value (or the bits of a half).
  if (width === 4) return bytesOf(Int32Array.from(proto.int32Data));
  return width === 2 ? bytesOf(Uint16Array.from(proto.int32Data)) : Uint8Array.from(proto.int32Data);
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function externalTensor(
  proto: TensorProto,
  files: TensorFiles,
  dtype: DType,
  shape: readonly number[],
  tensor: string,
): Tensor | Problem {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location") ?? "";
  const wrong = (found: string) =>
    problem("ONNX_EXTERNAL_DATA", { file: files.model.name, tensor, location, found });
  if (dtype === "string") return wrong("strings cannot be kept there");
  if (!files.openSibling) return wrong("no other file can be opened from here");
  const source = openChecked(files.openSibling, location);
  if (source instanceof Problem) return source;
  const byteLength = elementCount(shape) * BYTES_PER_ELEMENT[dtype];
  const offset = Number(entries.get("offset") ?? 0);
  const length = Number(entries.get("length") ?? byteLength);
  if (!Number.isSafeInteger(offset) || offset < 0 || length !== byteLength) {
    return wrong(`${length} bytes at ${offset} are stated, ${dtype}[${shape}] needs ${byteLength}`);
  }
  if (offset + length > source.size) {
    return wrong(`${length} bytes at ${offset} reach past its end at ${source.size}`);
  }
  return tensorFromSource(dtype, shape, source, offset);
}

/** Missing files and refused paths become problems, so that all of them are told at once. */
function openChecked(open: (path: string) => ByteSource, location: string): ByteSource | Problem {
  try {
    return open(location);
  } catch (error) {
    if (error instanceof FerryError) return error.problems[0];
    throw error;
  }
}
