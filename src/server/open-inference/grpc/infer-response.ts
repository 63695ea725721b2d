// ModelInferResponse on the wire, in pieces: outputs' heads, then their bytes as raw_output_contents, as Triton answers.
// Source: proto/open_inference.proto. Invariant: tensors' bytes are not copied.
import { BYTES, VARINT, WireWriter } from "../../grpc/wire.ts";
import type { InferOutput } from "../infer.ts";
import { bytesOfTensor } from "../tensors.ts";

export interface InferAnswer {
  readonly model: string;
  readonly version: string;
  /** "" if the request had none. */
  readonly id: string;
  /** Whether it says that no other answer of a stream follows for the request. */
  readonly marksFinal: boolean;
  readonly outputs: readonly InferOutput[];
}

/** The message in pieces. */
export function encodeInferResponse(answer: InferAnswer): Uint8Array[] {
  const { model, version, id, marksFinal, outputs } = answer;
  const head = new WireWriter().tag(1, BYTES).text(model).tag(2, BYTES).text(version);
  if (id !== "") head.tag(3, BYTES).text(id);
  if (marksFinal) head.tag(4, BYTES).lengthDelimited(FINAL_RESPONSE);
  for (const output of outputs) head.tag(5, BYTES).lengthDelimited(encodeOutput(output));
  const pieces = [head.finish()];
  for (const { value } of outputs) {
    const bytes = bytesOfTensor(value);
    const length = bytes.reduce((sum, piece) => sum + piece.length, 0);
    pieces.push(new WireWriter().tag(6, BYTES).varint(length).finish(), ...bytes);
  }
  return pieces;
}

/** The parameter `triton_final_response`, true. */
const FINAL_RESPONSE = new WireWriter()
  .tag(1, BYTES)
  .text("triton_final_response")
  .tag(2, BYTES)
  .lengthDelimited(new WireWriter().tag(1, VARINT).varint(1).finish())
  .finish();

function encodeOutput({ name, datatype, value }: InferOutput): Uint8Array {
  const shape = new WireWriter();
  for (const size of value.shape) shape.varint(size);
  const writer = new WireWriter().tag(1, BYTES).text(name).tag(2, BYTES).text(datatype);
  return writer.tag(3, BYTES).lengthDelimited(shape.finish()).finish();
}
