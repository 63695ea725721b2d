// One prediction as a PredictionLog: the request, the answer, and which version gave it, when, out of how many.
// Source: proto/tensorflow_serving.proto. Whatever protocol a request came by, it is a PredictRequest here; so are
// Classify and Regress, which are predictions of a tensor of tf.Examples.
// The request names no version, so that it can be sent to another one; the metadata tells the one that answered.
// Invariant: a tensor's bytes are not copied.
import type { TensorValue } from "../../engine/engine.ts";
import { BYTES, FIXED64, VARINT, WireWriter } from "../grpc/wire.ts";
import { encodeTensor, encodeTensorContent } from "../tensorflow-serving/grpc/encode-tensor.ts";
import { encodeModelSpec } from "../tensorflow-serving/grpc/predict-request.ts";

export interface LoggedPrediction {
  readonly model: string;
  readonly version: bigint;
  readonly signature: string;
  readonly inputs: ReadonlyMap<string, TensorValue>;
  /** Names of the outputs that were asked for; empty means all. */
  readonly outputFilter: readonly string[];
  readonly outputs: ReadonlyMap<string, TensorValue>;
  /** The share of requests that is logged. */
  readonly samplingRate: number;
  /** Seconds since 1970. */
  readonly seconds: number;
}

/** The record in pieces. Yields where others may have a turn. */
export function* encodePredictionLog(logged: LoggedPrediction): Generator<undefined, readonly Uint8Array[]> {
  const request = yield* predictRequest(logged);
  const response = yield* predictResponse(logged);
  const log = [...field(1, request), ...field(2, response)];
  return [...field(1, [metadata(logged)]), ...field(6, log)];
}

function metadata({
  model: name,
  version,
  signature: signatureName,
  samplingRate,
  seconds,
}: LoggedPrediction): Uint8Array {
  const spec = encodeModelSpec({ name, version, signatureName });
  const writer = new WireWriter().tag(1, BYTES).lengthDelimited(spec);
  writer
    .tag(2, BYTES)
    .lengthDelimited(Buffer.concat([new WireWriter().tag(1, FIXED64).finish(), float64(samplingRate)]));
  return writer.tag(4, VARINT).varint(seconds).finish();
}

function* predictRequest({
  model,
  signature,
  inputs,
  outputFilter,
}: LoggedPrediction): Generator<undefined, Uint8Array[]> {
  const spec = new WireWriter().tag(1, BYTES).text(model).tag(3, BYTES).text(signature).finish();
  const filter = new WireWriter();
  for (const name of outputFilter) filter.tag(3, BYTES).text(name);
  return [...field(1, [spec]), ...(yield* tensors(2, inputs)), filter.finish()];
}

function* predictResponse({
  model,
  version,
  signature,
  outputs,
}: LoggedPrediction): Generator<undefined, Uint8Array[]> {
  const spec = encodeModelSpec({ name: model, version, signatureName: signature });
  return [...(yield* tensors(1, outputs)), ...field(2, [spec])];
}

/** A map from names to tensors. Strings stand in their own field, which every reader knows; numbers as bytes. */
function* tensors(
  number: number,
  values: ReadonlyMap<string, TensorValue>,
): Generator<undefined, Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (const [name, tensor] of values) {
    const proto = tensor.dtype === "string" ? yield* encodeTensor(tensor) : encodeTensorContent(tensor);
    const key = new WireWriter().tag(1, BYTES).text(name).finish();
    pieces.push(...field(number, [key, ...field(2, proto)]));
  }
  return pieces;
}

/** A field that holds the pieces. */
function field(number: number, pieces: readonly Uint8Array[]): Uint8Array[] {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [new WireWriter().tag(number, BYTES).varint(length).finish(), ...pieces];
}

function float64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}
