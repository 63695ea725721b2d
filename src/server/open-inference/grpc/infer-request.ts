// ModelInferRequest on the wire, without objects for every number: heads decoded, values left where they lie.
// Source: proto/open_inference.proto. Not here: values (contents.ts, ../tensors.ts), the answer (infer-response.ts).
import { VARINT, WireReader } from "../../grpc/wire.ts";
import type { RequestedOutput } from "../infer.ts";
import { NO_PARAMETERS, type Parameters, type ParameterValue } from "../parameters.ts";

export interface WireInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly bigint[];
  readonly parameters: Parameters;
  /** The bytes of InferTensorContents; several are one that was sent in parts. */
  readonly contents: readonly WireReader[];
}

export interface WireInferRequest {
  readonly name: string;
  readonly version: string;
  readonly id: string;
  readonly parameters: Parameters;
  readonly inputs: readonly WireInput[];
  readonly outputs: readonly RequestedOutput[];
  /** raw_input_contents, as views. */
  readonly raw: readonly Uint8Array[];
}

/** Reads the message. Throws WireError if it is none. */
export function decodeInferRequest(bytes: Uint8Array): WireInferRequest {
  const reader = new WireReader(bytes);
  const parameters = new Map<string, ParameterValue>();
  const inputs: WireInput[] = [];
  const outputs: RequestedOutput[] = [];
  const raw: Uint8Array[] = [];
  let name = "";
  let version = "";
  let id = "";
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) name = reader.text();
    else if (tag === 18) version = reader.text();
    else if (tag === 26) id = reader.text();
    else if (tag === 34) decodeParameter(reader.message(), parameters);
    else if (tag === 42) inputs.push(decodeInput(reader.message()));
    else if (tag === 50) outputs.push(decodeOutput(reader.message()));
    else if (tag === RAW_CONTENTS) raw.push(reader.take());
    else reader.skip(tag);
  }
  return { name, version, id, parameters, inputs, outputs, raw };
}

const RAW_CONTENTS = 58;

function decodeInput(reader: WireReader): WireInput {
  const shape: bigint[] = [];
  const contents: WireReader[] = [];
  let parameters: Map<string, ParameterValue> | undefined;
  let name = "";
  let datatype = "";
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) name = reader.text();
    else if (tag === 18) datatype = reader.text();
    else if (tag === 24) shape.push(BigInt.asIntN(64, reader.varint64()));
    else if (tag === 26) {
      const packed = reader.message();
      while (!packed.atEnd) shape.push(BigInt.asIntN(64, packed.varint64()));
    } else if (tag === 34) {
      parameters ??= new Map();
      decodeParameter(reader.message(), parameters);
    } else if (tag === 42) contents.push(reader.message());
    else reader.skip(tag);
  }
  return { name, datatype, shape, parameters: parameters ?? NO_PARAMETERS, contents };
}

function decodeOutput(reader: WireReader): RequestedOutput {
  const parameters = new Map<string, ParameterValue>();
  let name = "";
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 10) name = reader.text();
    else if (tag === 18) decodeParameter(reader.message(), parameters);
    else reader.skip(tag);
  }
  return { name, parameters };
}

/** One entry of a map of InferParameters. One without a value says nothing. */
function decodeParameter(entry: WireReader, into: Map<string, ParameterValue>): void {
  let name = "";
  let value: ParameterValue | undefined;
  while (!entry.atEnd) {
    const tag = entry.varint();
    if (tag === 10) name = entry.text();
    else if (tag === 18) value = decodeValue(entry.message());
    else entry.skip(tag);
  }
  if (value !== undefined) into.set(name, value);
}

function decodeValue(reader: WireReader): ParameterValue | undefined {
  let value: ParameterValue | undefined;
  while (!reader.atEnd) {
    const tag = reader.varint();
    if (tag === 8) value = reader.varint() !== 0;
    else if (tag === 16) value = BigInt.asIntN(64, reader.varint64());
    else if (tag === 26) value = reader.text();
    else if (tag === 33) {
      const bytes = reader.fixed(8);
      value = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
    } else if (tag === 40) value = reader.varint64();
    else reader.skip(tag);
  }
  return value;
}

/** Where the first raw_input_contents begins, if the message's beginning shows it. */
export function rawContentsOffset(beginning: Uint8Array): number | undefined {
  const reader = new WireReader(beginning);
  try {
    for (;;) {
      const tag = reader.varint();
      if (tag === RAW_CONTENTS) {
        reader.varint();
        return reader.at;
      }
      if (tag % 8 === VARINT) reader.varint();
      else reader.skip(tag);
    }
  } catch {
    return undefined; // the beginning is too short; alignment is a kindness only
  }
}
