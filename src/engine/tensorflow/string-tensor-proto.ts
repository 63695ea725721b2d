// A string tensor as a serialized TensorProto.
// Layout (tensor.proto): dtype = 1, tensor_shape = 2 { dim = 2 { size = 1 } }, string_val = 8, one an element.
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { tensorflowNumber } from "../../bytes/protobuf/tensorflow-dtypes.ts";
import { inTurns } from "../native/in-turns.ts";

const STRING_VAL_TAG = (8 << 3) | WireType.LengthDelimited;

/** The message behind so many empty bytes, in memory of its own that stays where it is. */
export async function stringTensorProto(
  shape: readonly number[],
  strings: readonly Uint8Array[],
  emptyBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const head = header(shape);
  const total = strings.reduce(
    (sum, { byteLength }) => sum + 1 + varintBytes(byteLength) + byteLength,
    emptyBytes + head.length,
  );
  const message = new Uint8Array(new ArrayBuffer(total));
  message.set(head, emptyBytes);
  let at = emptyBytes + head.length;
  await inTurns(strings, (text) => {
    message[at++] = STRING_VAL_TAG;
    let length = text.byteLength;
    for (; length > 0x7f; length = Math.floor(length / 0x80)) message[at++] = (length & 0x7f) | 0x80;
    message[at++] = length;
    message.set(text, at);
    at += text.byteLength;
  });
  return message;
}

function header(shape: readonly number[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int32(tensorflowNumber("string"));
  writer.tag(2, WireType.LengthDelimited).fork();
  for (const size of shape) {
    writer.tag(2, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int64(size).join();
  }
  return writer.join().finish();
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}
