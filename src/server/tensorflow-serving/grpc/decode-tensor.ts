// TensorProto -> tensor. Rules: TensorFlow's Tensor::FromProto. tensor_content wins; else the typed field's values, the
// last of them repeated for those that are missing, zeros if there is none; more than needed are ignored.
// Invariant: tensor_content and packed float_val are used where they lie in the message; nothing is converted one by
// one that is not a varint, and long runs of those are decoded in slices.
// Not here: which dtype a signature wants (predict/).
import { tensorflowDtype } from "../../../bytes/protobuf/tensorflow-dtypes.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import { BYTES_PER_ELEMENT, type DType } from "../../../tensor/dtype.ts";
import { elementCount } from "../../../tensor/tensor.ts";
import { BYTES, FIXED32, FIXED64, VARINT, WireReader } from "../../grpc/wire.ts";
import { TENSOR_CONTENT, TENSOR_FIELDS, type TensorField } from "./tensor-fields.ts";

/** TensorFlow's own limit (TensorShape::MaxDimensions). */
const MAX_RANK = 254;
/** A tensor whose missing values are filled up may be far larger than the message; more than this is refused. */
const MAX_FILLED_BYTES = 2 ** 31;
/** Decoding this many varints takes about 100 microseconds. */
const VARINTS_A_SLICE = 8192;

/** What a TensorProto says, without its values. */
interface TensorHeader {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly content: Uint8Array | undefined;
}

/** Decodes the message that the reader stands at. Undefined where TensorFlow has a parsing error. */
export function* decodeTensor(proto: WireReader): Generator<undefined, TensorValue | undefined> {
  const start = proto.at;
  const header = readHeader(proto);
  if (!header) return undefined;
  const { dtype, shape, content } = header;
  const count = elementCount(shape);
  if (count === 0) return { dtype, shape, data: EMPTY, ...(dtype === "string" ? { strings: [] } : {}) };
  if (content && dtype === "string") return stringContent(shape, count, content);
  if (content) {
    const fits =
      content.length === count * BYTES_PER_ELEMENT[dtype] && (dtype !== "bool" || areBools(content));
    return fits ? { dtype, shape, data: content } : undefined;
  }
  if (count * Math.max(1, BYTES_PER_ELEMENT[dtype]) > MAX_FILLED_BYTES) return undefined;
  proto.at = start;
  const field = TENSOR_FIELDS[dtype];
  if (field.form === "strings") return typedStrings(proto, field.number, shape, count);
  if (field.form === "varint") return { dtype, shape, data: yield* varints(proto, field, dtype, count) };
  return { dtype, shape, data: fixedValues(proto, field, count * BYTES_PER_ELEMENT[dtype], dtype) };
}

function readHeader(proto: WireReader): TensorHeader | undefined {
  let number = 0;
  let shape: number[] | undefined = [];
  let content: Uint8Array | undefined;
  while (!proto.atEnd) {
    const tag = proto.varint();
    if (tag === 8) number = proto.varint();
    else if (tag === 18) shape = readShape(proto.message());
    else if (tag === TENSOR_CONTENT * 8 + BYTES) content = proto.take();
    else proto.skip(tag);
  }
  const dtype = tensorflowDtype(number);
  if (!dtype || !shape) return undefined;
  return { dtype, shape, content: content && content.length > 0 ? content : undefined };
}

/** The sizes; undefined unless all are known. TensorFlow does not look at unknown_rank. */
function readShape(proto: WireReader): number[] | undefined {
  const shape: number[] = [];
  while (!proto.atEnd) {
    const tag = proto.varint();
    if (tag === 18) {
      const dim = proto.message();
      let size = 0;
      while (!dim.atEnd) {
        const dimTag = dim.varint();
        if (dimTag === 8) size = Number(BigInt.asIntN(64, dim.varint64()));
        else dim.skip(dimTag);
      }
      shape.push(size);
    } else {
      proto.skip(tag);
    }
  }
  const fits = shape.length <= MAX_RANK && shape.every((size) => size >= 0);
  return fits && Number.isSafeInteger(elementCount(shape)) ? shape : undefined;
}

/** A kernel may count on it. */
function areBools(content: Uint8Array): boolean {
  for (let at = 0; at < content.length; at++) if ((content[at] as number) > 1) return false;
  return true;
}

/** As many varint lengths as there are strings, then their bytes. */
function stringContent(
  shape: readonly number[],
  count: number,
  content: Uint8Array,
): TensorValue | undefined {
  const reader = new WireReader(content);
  const lengths: number[] = [];
  try {
    while (lengths.length < count) lengths.push(reader.varint());
    const strings = lengths.map((length) => reader.fixed(length));
    return reader.atEnd ? { dtype: "string", shape, data: EMPTY, strings } : undefined;
  } catch {
    return undefined; // lengths that do not fit the content are a parsing error
  }
}

function typedStrings(
  proto: WireReader,
  field: number,
  shape: readonly number[],
  count: number,
): TensorValue {
  const strings: Uint8Array[] = [];
  while (!proto.atEnd) {
    const tag = proto.varint();
    if (tag !== field * 8 + BYTES) proto.skip(tag);
    else if (strings.length < count) strings.push(proto.take());
    else proto.range();
  }
  const last = strings.at(-1) ?? EMPTY;
  while (strings.length < count) strings.push(last);
  return { dtype: "string", shape, data: EMPTY, strings };
}

/** Packed or single values whose bytes are the tensor's. */
function fixedValues(proto: WireReader, field: TensorField, size: number, dtype: DType): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const unit = field.number === 5 || field.number === 9 ? FIXED32 : FIXED64;
  while (!proto.atEnd && length < size) {
    const tag = proto.varint();
    let part = EMPTY;
    if (tag === field.number * 8 + BYTES) part = proto.take();
    else if (field.form === "raw" && tag === field.number * 8 + unit)
      part = proto.fixed(unit === FIXED32 ? 4 : 8);
    else proto.skip(tag);
    parts.push(part);
    length += part.length;
  }
  const [first] = parts.filter((part) => part.length > 0);
  if (first && first.length >= size) return first.subarray(0, size);
  const width = BYTES_PER_ELEMENT[dtype];
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part.subarray(0, size - at), at);
    at = Math.min(size, at + part.length);
  }
  fillWithLast(whole, at - (at % width), width);
  return whole;
}

/** Repeats the element before `from` to the end. */
function fillWithLast(whole: Uint8Array, from: number, width: number): void {
  if (from < width) return;
  // Doubling what is there copies whole runs at once.
  const begin = from - width;
  let filled = width;
  while (begin + filled < whole.length) {
    const more = Math.min(filled, whole.length - begin - filled);
    whole.copyWithin(begin + filled, begin, begin + more);
    filled += more;
  }
}

/** One varint an element, narrowed to the element's width. */
function* varints(
  proto: WireReader,
  field: TensorField,
  dtype: DType,
  count: number,
): Generator<undefined, Uint8Array> {
  const width = BYTES_PER_ELEMENT[dtype];
  const whole = new Uint8Array(count * width);
  const store = storeFor(whole, width, dtype === "bool");
  let stored = 0;
  while (!proto.atEnd && stored < count) {
    const tag = proto.varint();
    if (tag === field.number * 8 + VARINT) {
      store(proto, stored++);
    } else if (tag === field.number * 8 + BYTES) {
      const packed = proto.message();
      while (!packed.atEnd && stored < count) {
        store(packed, stored++);
        if (stored % VARINTS_A_SLICE === 0) yield;
      }
    } else {
      proto.skip(tag);
    }
  }
  fillWithLast(whole, stored * width, width);
  return whole;
}

type Store = (reader: WireReader, index: number) => void;

function storeFor(whole: Uint8Array, width: number, isBool: boolean): Store {
  const { buffer } = whole;
  if (isBool) {
    return (reader, index) => {
      whole[index] = reader.varint() === 0 ? 0 : 1;
    };
  }
  if (width === 8) {
    const words = new Uint32Array(buffer);
    return (reader, index) => {
      const at = reader.at;
      const value = reader.varint();
      // Up to 2^53 a double is exact; beyond, which negative numbers are, it is read again as 64 bits.
      if (value <= Number.MAX_SAFE_INTEGER) {
        words[index * 2] = value >>> 0;
        words[index * 2 + 1] = Math.floor(value / 2 ** 32);
        return;
      }
      reader.at = at;
      const exact = reader.varint64();
      words[index * 2] = Number(exact & 0xffffffffn);
      words[index * 2 + 1] = Number(exact >> 32n);
    };
  }
  const narrow = width === 4 ? new Uint32Array(buffer) : width === 2 ? new Uint16Array(buffer) : whole;
  return (reader, index) => {
    narrow[index] = lowWord(reader);
  };
}

/** The low 32 bits of a varint. */
function lowWord(reader: WireReader): number {
  const at = reader.at;
  const value = reader.varint();
  if (value <= Number.MAX_SAFE_INTEGER) return value >>> 0;
  reader.at = at;
  return Number(reader.varint64() & 0xffffffffn);
}

const EMPTY: Uint8Array = new Uint8Array(0);
