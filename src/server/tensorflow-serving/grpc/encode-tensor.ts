// Tensor -> TensorProto, as TensorFlow Serving answers: values in the typed fields (Tensor::AsProtoField).
// Invariant: values whose packed form is the tensor's own bytes are not copied; varints are written in slices.
// Not here: the request's encodings (decode-tensor.ts).
import { tensorflowNumber } from "../../../bytes/protobuf/tensorflow-dtypes.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import { BYTES_PER_ELEMENT } from "../../../tensor/dtype.ts";
import { BYTES, VARINT, varintSize, WireWriter } from "../../grpc/wire.ts";
import { TENSOR_CONTENT, TENSOR_FIELDS } from "./tensor-fields.ts";

/** Encoding this many varints takes about 100 microseconds. */
const VARINTS_A_SLICE = 8192;

/** The message in pieces. */
export function* encodeTensor(tensor: TensorValue): Generator<undefined, Uint8Array[]> {
  const { dtype, shape, data, strings } = tensor;
  const header = headerOf(dtype, shape);
  const field = TENSOR_FIELDS[dtype];
  if (field.form === "strings") {
    for (const text of strings ?? []) header.tag(field.number, BYTES).lengthDelimited(text);
    return [header.finish()];
  }
  if (data.length === 0) return [header.finish()];
  // A bool is one byte, 0 or 1, which is its varint.
  const packed = field.form === "varint" && dtype !== "bool" ? yield* packVarints(tensor) : [data];
  const length = packed.reduce((sum, piece) => sum + piece.length, 0);
  header.tag(field.number, BYTES).varint(length);
  return [header.finish(), ...packed];
}

/**
 * The message with the tensor's bytes as they are (Tensor::AsProtoTensorContent). Strings are n lengths and then the
 * bytes, as decode-tensor.ts reads them.
 */
export function encodeTensorContent({ dtype, shape, data, strings = [] }: TensorValue): Uint8Array[] {
  const header = headerOf(dtype, shape);
  const content = dtype === "string" ? stringContent(strings) : [data];
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  if (length > 0) header.tag(TENSOR_CONTENT, BYTES).varint(length);
  return [header.finish(), ...content];
}

function stringContent(strings: readonly Uint8Array[]): Uint8Array[] {
  const lengths = new WireWriter();
  for (const text of strings) lengths.varint(text.length);
  return strings.length > 0 ? [lengths.finish(), ...strings] : [];
}

/** A TensorProto's dtype and shape. */
function headerOf(dtype: TensorValue["dtype"], shape: readonly number[]): WireWriter {
  const header = new WireWriter().tag(1, VARINT).varint(tensorflowNumber(dtype));
  let length = 0;
  for (const size of shape) length += 2 + dimLength(size);
  header.tag(2, BYTES).varint(length);
  for (const size of shape) {
    header.tag(2, BYTES).varint(dimLength(size));
    if (size > 0) header.tag(1, VARINT).varint(size);
  }
  return header;
}

/** A size of 0 is proto3's default, and its dimension is an empty message. */
function dimLength(size: number): number {
  return size === 0 ? 0 : 1 + varintSize(size);
}

function* packVarints({ dtype, data }: TensorValue): Generator<undefined, Uint8Array[]> {
  const width = BYTES_PER_ELEMENT[dtype];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const count = data.byteLength / width;
  const pieces: Uint8Array[] = [];
  let writer = new WireWriter();
  for (let index = 0; index < count; index++) {
    if (index > 0 && index % VARINTS_A_SLICE === 0) {
      pieces.push(writer.finish());
      writer = new WireWriter();
      yield;
    }
    writeElement(writer, view, index * width, dtype);
  }
  pieces.push(writer.finish());
  return pieces;
}

function writeElement(writer: WireWriter, view: DataView, at: number, dtype: TensorValue["dtype"]): void {
  switch (dtype) {
    case "int64":
    case "uint64":
      writeLong(writer, view, at);
      return;
    case "int32":
      writeSigned(writer, view.getInt32(at, true));
      return;
    case "uint32":
      writer.varint(view.getUint32(at, true));
      return;
    case "int16":
      writeSigned(writer, view.getInt16(at, true));
      return;
    case "int8":
      writeSigned(writer, view.getInt8(at));
      return;
    case "uint8":
      writer.varint(view.getUint8(at));
      return;
    default: // uint16, and the bits of half precision
      writer.varint(view.getUint16(at, true));
  }
}

/** Negative numbers take ten bytes: they are extended to 64 bits. */
function writeSigned(writer: WireWriter, value: number): void {
  if (value >= 0) writer.varint(value);
  else writer.varint64(BigInt(value));
}

function writeLong(writer: WireWriter, view: DataView, at: number): void {
  const high = view.getUint32(at + 4, true);
  if (high < 2 ** 21) writer.varint(high * 2 ** 32 + view.getUint32(at, true));
  else writer.varint64(view.getBigUint64(at, true));
}
