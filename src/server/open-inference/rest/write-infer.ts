// The answer to an inference request: JSON with the outputs' values in it, or their bytes behind it.
// Layout: https://github.com/kserve/open-inference-protocol (Inference Response JSON Object), Triton's
// extension_binary_data.md. Values are one flat list. NaN and infinities are written as `NaN` and `Infinity`, which is
// not JSON but what Triton writes and Python reads.
// Invariant: pieces of some kilobytes, whatever the tensors' sizes.
import { isUtf8 } from "node:buffer";
import { type Problem, problem } from "../../../core/errors.ts";
import { elementsOf } from "../../../tensor/elements.ts";
import { type ElementWriter, elementWriter } from "../../json/element-writer.ts";
import { writeInteger } from "../../json/format-number.ts";
import { JsonOutput } from "../../json/json-output.ts";
import { writeString } from "../../json/write-string.ts";
import type { ServableHandle } from "../../manager/servable.ts";
import { jsonResponse, type RestResponse } from "../../rest/message.ts";
import { inSlices } from "../../slices.ts";
import { type Soon, soon } from "../../soon.ts";
import { DATATYPES } from "../datatypes.ts";
import type { InferOutput } from "../infer.ts";
import { bytesOfTensor } from "../tensors.ts";
import { KnownHeads } from "./known-heads.ts";
import type { ParsedInfer } from "./parse-infer.ts";

interface WrittenOutput extends InferOutput {
  /** Bytes behind the JSON; undefined if the values stand in it. */
  readonly bytes: readonly Uint8Array[] | undefined;
}

/** The pieces that bytes behind the JSON are sent in. */
const PIECE_BYTES = 64 * 1024;

/** The answer, or why the outputs cannot be written as they were asked for. */
export function writeInfer(
  answered: ServableHandle,
  request: Pick<ParsedInfer, "id" | "outputs" | "binaryOutput">,
  outputs: readonly InferOutput[],
): Soon<RestResponse | Problem> {
  const written: WrittenOutput[] = [];
  for (const output of outputs) {
    const asked = request.outputs.find(({ name }) => name === output.name);
    const binary = asked?.binary ?? request.binaryOutput;
    const refusal = binary ? undefined : refuseText(output);
    if (refusal) return refusal;
    written.push({ ...output, bytes: binary ? bytesOfTensor(output.value) : undefined });
  }
  if (written.every(({ bytes }) => !bytes))
    return jsonResponse(200, writeJson(answered, request.id, written));
  const behind = written.flatMap(({ bytes = [] }) => bytes);
  return soon(headOf(answered, request.id, written), (head) => {
    const headers = {
      "Content-Type": "application/octet-stream",
      "Inference-Header-Content-Length": String(lengthOf(head)),
    };
    return { status: 200, headers, body: pieces([...head, ...behind]) };
  });
}

const HEADS = new KnownHeads<readonly Uint8Array[]>();

/** The JSON before the bytes. */
function headOf(
  answered: ServableHandle,
  id: string | undefined,
  outputs: readonly WrittenOutput[],
): Soon<readonly Uint8Array[]> {
  const key = keyOf(id, outputs);
  const known = key === undefined ? undefined : HEADS.get(answered.loaded, key);
  if (known) return known;
  return soon(inSlices(whole(writeJson(answered, id, outputs))), (head) => {
    if (key !== undefined) HEADS.remember(answered.loaded, key, head);
    return head;
  });
}

/** All that the JSON follows from, of one version; undefined if values stand in it. */
function keyOf(id: string | undefined, outputs: readonly WrittenOutput[]): string | undefined {
  let key = id === undefined ? "" : `${id.length}:${id}`;
  for (const { name, datatype, value, bytes } of outputs) {
    if (!bytes) return undefined;
    key += `;${name.length}:${name},${datatype},${value.shape.join()},${lengthOf(bytes)}`;
  }
  return key;
}

/** All pieces of a text; between two of them others may have a turn. */
function* whole(text: Iterable<Uint8Array>): Generator<undefined, readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (const piece of text) {
    if (pieces.length > 0) yield;
    pieces.push(piece);
  }
  return pieces;
}

function refuseText({ name, datatype, value }: InferOutput): Problem | undefined {
  if (DATATYPES[datatype].binaryOnly) return problem("OIP_OUTPUT_BINARY_ONLY", { output: name, datatype });
  const index = (value.strings ?? []).findIndex((text) => !isUtf8(text));
  return index < 0 ? undefined : problem("OIP_OUTPUT_TEXT", { output: name, index });
}

function* writeJson(
  { model, version }: ServableHandle,
  id: string | undefined,
  outputs: readonly WrittenOutput[],
): Generator<Uint8Array, void> {
  const out = new JsonOutput();
  out.text('{"model_name":');
  yield* writeString(out, Buffer.from(model));
  out.text(`,"model_version":"${version}"`);
  if (id !== undefined) {
    out.text(',"id":');
    yield* writeString(out, Buffer.from(id));
  }
  out.text(',"outputs":[');
  for (const [at, output] of outputs.entries()) {
    if (at > 0) out.byte(0x2c);
    yield* writeOutput(out, output);
  }
  out.text("]}");
  yield out.end();
}

function* writeOutput(
  out: JsonOutput,
  { name, datatype, value, bytes }: WrittenOutput,
): Generator<Uint8Array, void> {
  out.text('{"name":');
  yield* writeString(out, Buffer.from(name));
  out.text(`,"datatype":"${datatype}","shape":[${value.shape.join(",")}]`);
  if (bytes) {
    out.text(`,"parameters":{"binary_data_size":${lengthOf(bytes)}}}`);
    return;
  }
  out.text(',"data":[');
  if (value.strings) {
    for (const [index, text] of value.strings.entries()) {
      if (index > 0) out.byte(0x2c);
      yield* writeString(out, text);
    }
  } else {
    yield* writeNumbers(out, value);
  }
  out.text("]}");
}

function* writeNumbers(out: JsonOutput, value: InferOutput["value"]): Generator<Uint8Array, void> {
  const write = value.dtype === "uint16" ? uint16Writer(value.data) : elementWriter(value);
  if (!write) throw new Error(`${value.dtype} has no JSON form`);
  const count = value.shape.reduce((product, size) => product * size, 1);
  for (let index = 0; index < count; index++) {
    if (index > 0) out.byte(0x2c);
    write(out, index);
    if (out.full) yield out.take();
  }
}

/** TensorFlow Serving's JSON, which the other writers are for, has no uint16. */
function uint16Writer(data: Uint8Array): ElementWriter {
  const values = elementsOf("uint16", data);
  return (out, index) => {
    out.at = writeInteger(out.bytes, out.at, Number(values[index]));
  };
}

function* pieces(whole: readonly Uint8Array[]): Generator<Uint8Array, void> {
  // A small answer is one piece, which goes out with its length.
  const length = lengthOf(whole);
  if (length <= PIECE_BYTES) {
    yield Buffer.concat(whole, length);
    return;
  }
  for (const bytes of whole) {
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      yield bytes.subarray(from, from + PIECE_BYTES);
    }
  }
}

function lengthOf(bytes: readonly Uint8Array[]): number {
  return bytes.reduce((sum, piece) => sum + piece.length, 0);
}
