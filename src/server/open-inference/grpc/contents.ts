// The values of InferTensorContents: the field that the datatype says, packed or one by one, exactly as many as the
// shape has.
// Source: proto/open_inference.proto.
// Invariant: memory is taken after the number of bytes was compared with the shape; long runs are decoded in slices.
import { Problem, problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import { BYTES_PER_ELEMENT } from "../../../tensor/dtype.ts";
import { BYTES, FIXED32, FIXED64, VARINT, type WireReader } from "../../grpc/wire.ts";
import { DATATYPES, type Datatype } from "../datatypes.ts";
import { isNarrow, narrowed } from "../integer-ranges.ts";
import { countOf, shapeText, type TensorHead } from "../tensors.ts";

interface Field {
  readonly name: string;
  readonly number: number;
  /** How one value stands alone. */
  readonly wireType: typeof VARINT | typeof FIXED32 | typeof FIXED64 | typeof BYTES;
}

const INT32: Field = { name: "int_contents", number: 2, wireType: VARINT };
const UINT32: Field = { name: "uint_contents", number: 4, wireType: VARINT };

const FIELDS: Readonly<Partial<Record<Datatype, Field>>> = {
  BOOL: { name: "bool_contents", number: 1, wireType: VARINT },
  INT8: INT32,
  INT16: INT32,
  INT32,
  INT64: { name: "int64_contents", number: 3, wireType: VARINT },
  UINT8: UINT32,
  UINT16: UINT32,
  UINT32,
  UINT64: { name: "uint64_contents", number: 5, wireType: VARINT },
  FP32: { name: "fp32_contents", number: 6, wireType: FIXED32 },
  FP64: { name: "fp64_contents", number: 7, wireType: FIXED64 },
  BYTES: { name: "bytes_contents", number: 8, wireType: BYTES },
};

/** Decoding this many varints takes about 100 microseconds. */
const VARINTS_A_SLICE = 8192;

/** The tensor, or what is wrong with its values. Throws WireError where the message is none. */
export function* tensorFromContents(
  head: TensorHead,
  contents: readonly WireReader[],
): Generator<undefined, TensorValue | Problem> {
  const { name, datatype, shape } = head;
  const field = FIELDS[datatype];
  if (!field) return problem("OIP_BINARY_ONLY", { input: name, datatype });
  const runs = runsOf(field, contents);
  if (!runs) return problem("OIP_CONTENTS_FIELD", { input: name, datatype, wanted: field.name });
  const { dtype } = DATATYPES[datatype];
  const wanted = countOf(shape);
  const count = (found: number): Problem | undefined =>
    found === wanted
      ? undefined
      : problem("OIP_ELEMENT_COUNT", { input: name, found, shape: shapeText(shape), wanted });
  if (field.wireType === BYTES) {
    const strings = runs.map((run) => run.bytes.subarray(run.at, run.end));
    return count(strings.length) ?? { dtype, shape, data: new Uint8Array(0), strings };
  }
  const length = runs.reduce((sum, run) => sum + run.end - run.at, 0);
  if (field.wireType !== VARINT) {
    return count(length / BYTES_PER_ELEMENT[dtype]) ?? { dtype, shape, data: joined(runs, length) };
  }
  // A varint takes a byte at least.
  const refusal = length < wanted ? count(varintCount(runs)) : undefined;
  const data = refusal ?? (yield* varints(runs, datatype, wanted, count));
  if (data instanceof Problem) return data;
  if (!isNarrow(dtype)) return { dtype, shape, data };
  const narrow = yield* narrowed(data, dtype, name, datatype);
  return narrow instanceof Problem ? narrow : { dtype, shape, data: narrow };
}

/** The values as runs of bytes, single ones as runs of one; undefined if there are other fields' values. */
function runsOf(field: Field, contents: readonly WireReader[]): WireReader[] | undefined {
  const runs: WireReader[] = [];
  for (const reader of contents) {
    while (!reader.atEnd) {
      const tag = reader.varint();
      const at = reader.at;
      if (tag === field.number * 8 + BYTES) runs.push(reader.message());
      else if (tag === field.number * 8 + field.wireType) {
        reader.skip(tag);
        runs.push(reader.part(at));
      } else if (Math.floor(tag / 8) <= MAX_FIELD) return undefined;
      else reader.skip(tag);
    }
  }
  return runs;
}

/** Fields beyond are of a later form of the protocol, and passed over. */
const MAX_FIELD = 8;

/** One run where it lies, several in memory of their own. */
function joined(runs: readonly WireReader[], length: number): Uint8Array {
  const [first, ...others] = runs;
  if (first && others.length === 0) return first.bytes.subarray(first.at, first.end);
  const all = new Uint8Array(length);
  let at = 0;
  for (const run of runs) {
    all.set(run.bytes.subarray(run.at, run.end), at);
    at += run.end - run.at;
  }
  return all;
}

/** The last byte of each has its highest bit clear. */
function varintCount(runs: readonly WireReader[]): number {
  let found = 0;
  for (const { bytes, at, end } of runs) {
    for (let index = at; index < end; index++) if ((bytes[index] ?? 0) < 0x80) found++;
  }
  return found;
}

function* varints(
  runs: readonly WireReader[],
  datatype: Datatype,
  wanted: number,
  count: (found: number) => Problem | undefined,
): Generator<undefined, Uint8Array | Problem> {
  const { values, store } = storeFor(datatype, wanted);
  let stored = 0;
  for (const run of runs) {
    while (!run.atEnd) {
      if (stored === wanted) return count(stored + 1) ?? values;
      store(run, stored++);
      if (stored % VARINTS_A_SLICE === 0) yield;
    }
  }
  return count(stored) ?? values;
}

interface Store {
  readonly values: Uint8Array;
  readonly store: (run: WireReader, index: number) => void;
}

/** Where values go: bytes for truth values, 64 bits for long integers, int32 for all others. */
function storeFor(datatype: Datatype, count: number): Store {
  if (datatype === "BOOL") {
    const values = new Uint8Array(count);
    const store = (run: WireReader, index: number): void => {
      values[index] = run.varint() === 0 ? 0 : 1;
    };
    return { values, store };
  }
  if (datatype === "INT64" || datatype === "UINT64") {
    const words = new Uint32Array(count * 2);
    return { values: new Uint8Array(words.buffer), store: (run, index) => storeLong(run, words, index) };
  }
  const integers = new Int32Array(count);
  const store = (run: WireReader, index: number): void => {
    integers[index] = lowWord(run);
  };
  return { values: new Uint8Array(integers.buffer), store };
}

/** The low 32 bits, which are all of an int32 or a uint32. */
function lowWord(run: WireReader): number {
  const at = run.at;
  const value = run.varint();
  if (value <= Number.MAX_SAFE_INTEGER) return value | 0;
  run.at = at;
  return Number(BigInt.asIntN(32, run.varint64()));
}

/** Up to 2^53 a number is exact; beyond, which negative integers are, it is read again as 64 bits. */
function storeLong(run: WireReader, words: Uint32Array, index: number): void {
  const at = run.at;
  const value = run.varint();
  if (value <= Number.MAX_SAFE_INTEGER) {
    words[index * 2] = value % 2 ** 32;
    words[index * 2 + 1] = Math.floor(value / 2 ** 32);
    return;
  }
  run.at = at;
  const exact = run.varint64();
  words[index * 2] = Number(exact & 0xffffffffn);
  words[index * 2 + 1] = Number(exact >> 32n);
}
