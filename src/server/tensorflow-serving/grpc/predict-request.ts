// PredictRequest and PredictResponse on the wire, without objects for every number.
// Source: proto/tensorflow_serving.proto. Not here: tensors (decode-tensor.ts, encode-tensor.ts).
import type { TensorValue } from "../../../engine/engine.ts";
import { BYTES, VARINT, varintSize, WireReader, WireWriter } from "../../grpc/wire.ts";
import { decodeTensor } from "./decode-tensor.ts";
import { encodeTensor, encodeTensorContent } from "./encode-tensor.ts";

/** ModelSpec as it was sent. */
export interface WireModelSpec {
  readonly name: string;
  readonly version: bigint | undefined;
  readonly label: string | undefined;
  readonly signatureName: string;
}

/** What an answer says of the model: the version that ran, and the signature. */
export interface AnsweredSpec {
  readonly name: string;
  readonly version: bigint;
  readonly signatureName: string;
}

export interface WirePredictRequest {
  readonly modelSpec: WireModelSpec | undefined;
  /** "unparsable" is what TensorFlow has a parsing error for. */
  readonly inputs: ReadonlyMap<string, TensorValue | "unparsable">;
  readonly outputFilter: readonly string[];
}

/** Reads the message. Throws WireError if it is none. */
export function* decodePredictRequest(bytes: Uint8Array): Generator<undefined, WirePredictRequest> {
  const reader = new WireReader(bytes);
  const inputs = new Map<string, TensorValue | "unparsable">();
  const outputFilter: string[] = [];
  let modelSpec: WireModelSpec | undefined;
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) modelSpec = decodeModelSpec(reader.message());
    else if (tag === 18) {
      const { key, value } = mapEntry(reader.message());
      inputs.set(key, (yield* decodeTensor(value)) ?? "unparsable");
    } else if (tag === 26) outputFilter.push(reader.text());
    else reader.skip(tag);
  }
  return { modelSpec, inputs, outputFilter };
}

/** ModelSpec, wherever it stands. */
export function decodeModelSpec(reader: WireReader): WireModelSpec {
  let name = "";
  let signatureName = "";
  let version: bigint | undefined;
  let label: string | undefined;
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) name = reader.text();
    else if (tag === 26) signatureName = reader.text();
    else if (tag === 18) {
      version = decodeInt64Value(reader.message());
      label = undefined; // the two are alternatives, and the later one counts
    } else if (tag === 34) {
      label = reader.text();
      version = undefined;
    } else reader.skip(tag);
  }
  return { name, version, label, signatureName };
}

function decodeInt64Value(reader: WireReader): bigint {
  let value = 0n;
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 8) value = BigInt.asIntN(64, reader.varint64());
    else reader.skip(tag);
  }
  return value;
}

function mapEntry(reader: WireReader): { readonly key: string; readonly value: WireReader } {
  let key = "";
  let value = new WireReader(reader.bytes, reader.end, reader.end);
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) key = reader.text();
    else if (tag === 18) value = reader.message();
    else reader.skip(tag);
  }
  return { key, value };
}

/** Where the first tensor_content begins, if the message's beginning shows it. */
export function contentOffset(beginning: Uint8Array): number | undefined {
  // The lengths reach past the beginning, so each level is read as if it ended with it.
  let at = 0;
  const varint = (): number => {
    const reader = new WireReader(beginning, at);
    const value = reader.varint();
    at = reader.at;
    return value;
  };
  // Down PredictRequest.inputs (2), the entry's value (2), TensorProto.tensor_content (4); past everything else.
  const path = [18, 18, 34];
  try {
    for (const wanted of path) {
      for (;;) {
        const tag = varint();
        const length = tag % 8 === BYTES ? varint() : -1;
        if (tag === wanted) break;
        if (length >= 0) at += length;
        else if (tag % 8 === VARINT) varint();
        else return undefined;
      }
    }
    return at;
  } catch {
    return undefined; // the beginning is too short; alignment is a kindness only
  }
}

/** A PredictResponse in pieces. */
export function* encodePredictResponse(
  spec: AnsweredSpec,
  outputs: ReadonlyMap<string, TensorValue>,
  tensorContent = false,
): Generator<undefined, Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (const [name, tensor] of outputs) {
    const proto = tensorContent ? encodeTensorContent(tensor) : yield* encodeTensor(tensor);
    let size = 0;
    for (const piece of proto) size += piece.length;
    const nameLength = Buffer.byteLength(name);
    const length = 2 + varintSize(nameLength) + nameLength + varintSize(size);
    const entry = new WireWriter().tag(1, BYTES).varint(length + size);
    pieces.push(entry.tag(1, BYTES).text(name).tag(2, BYTES).varint(size).finish(), ...proto);
  }
  pieces.push(answeredSpec(spec));
  return pieces;
}

/** The last answer's model, which the next one's is on most servers. */
let lastSpec: AnsweredSpec = { name: "", version: 0n, signatureName: "" };
let lastBytes: Uint8Array | undefined;

function answeredSpec(spec: AnsweredSpec): Uint8Array {
  const { name, version, signatureName } = lastSpec;
  if (!lastBytes || spec.version !== version || spec.name !== name || spec.signatureName !== signatureName) {
    lastBytes = new WireWriter().tag(2, BYTES).lengthDelimited(encodeModelSpec(spec)).finish();
    lastSpec = spec;
  }
  return lastBytes;
}

/** A ModelSpec as answers carry it. */
export function encodeModelSpec(spec: AnsweredSpec): Uint8Array {
  const version = new WireWriter().tag(1, VARINT).varint64(spec.version).finish();
  const writer = new WireWriter().tag(1, BYTES).text(spec.name).tag(2, BYTES).lengthDelimited(version);
  return writer.tag(3, BYTES).text(spec.signatureName).finish();
}
