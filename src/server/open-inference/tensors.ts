// Tensors of a request from their bytes, and BYTES elements, which carry their lengths.
// Layout of BYTES: for each element four bytes of length, little-endian, then its bytes.
// Source: Triton's extension_binary_data.md.
// Invariant: a shape is only believed after its size was compared with what was sent; elements are views, not copies.
import { type Problem, problem } from "../../core/errors.ts";
import type { TensorValue } from "../../engine/engine.ts";
import { BYTES_PER_ELEMENT } from "../../tensor/dtype.ts";
import { DATATYPES, type Datatype } from "./datatypes.ts";

/** What is known of an input before its values. */
export interface TensorHead {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** Elements of one tensor; with eight bytes each that is more than a body may have. */
export const MAX_ELEMENTS = 2 ** 31 - 1;
/** TensorFlow's own limit of dimensions. */
export const MAX_RANK = 254;

const LENGTH_BYTES = 4;
const NO_BYTES = new Uint8Array(0);

/** `[1,3,224,224]` */
export function shapeText(shape: readonly (number | bigint)[]): string {
  const shown = shape.length > 16 ? [...shape.slice(0, 16), "..."] : shape;
  return `[${shown.join(",")}]`;
}

/** What is wrong with a shape as a client sent it. */
export function refuseShape(input: string, shape: readonly (number | bigint)[]): Problem | undefined {
  let count = 1;
  let fits = shape.length <= MAX_RANK;
  for (const size of shape) {
    const number = Number(size);
    fits &&= Number.isSafeInteger(number) && number >= 0;
    // A size of 0 elsewhere does not excuse one that no tensor has.
    count *= Math.max(1, number);
    fits &&= count <= MAX_ELEMENTS;
  }
  return fits ? undefined : problem("OIP_SHAPE", { input, shape: shapeText(shape), limit: MAX_ELEMENTS });
}

/** Elements of a shape that was not refused. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** What is wrong with the number of bytes that are to come for a tensor; BYTES is told by its elements. */
export function refuseByteCount({ name, datatype, shape }: TensorHead, found: number): Problem | undefined {
  if (datatype === "BYTES") return undefined;
  const wanted = countOf(shape) * BYTES_PER_ELEMENT[DATATYPES[datatype].dtype];
  if (found === wanted) return undefined;
  return problem("OIP_BYTE_COUNT", { input: name, found, datatype, shape: shapeText(shape), wanted });
}

/** The tensor whose bytes are these. */
export function tensorFromBytes(head: TensorHead, bytes: Uint8Array): TensorValue | Problem {
  const { datatype, shape } = head;
  const { dtype } = DATATYPES[datatype];
  if (datatype === "BYTES") {
    const strings = readElements(bytes, countOf(shape));
    if (strings) return { dtype, shape, data: NO_BYTES, strings };
    return problem("OIP_BYTES_LENGTHS", { input: head.name, found: bytes.length, shape: shapeText(shape) });
  }
  const refusal = refuseByteCount(head, bytes.length);
  if (refusal) return refusal;
  return { dtype, shape, data: datatype === "BOOL" ? truths(bytes) : bytes };
}

/** A truth value is one byte; whatever is not 0 is true, and engines want a 1 for it. */
function truths(bytes: Uint8Array): Uint8Array {
  return bytes.every((byte) => byte <= 1) ? bytes : bytes.map((byte) => (byte === 0 ? 0 : 1));
}

/** Exactly so many elements out of all the bytes. */
function readElements(bytes: Uint8Array, count: number): Uint8Array[] | undefined {
  // A length takes four bytes, so that no count is believed that the bytes cannot hold.
  if (count * LENGTH_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  let at = 0;
  while (elements.length < count) {
    if (at + LENGTH_BYTES > bytes.length) return undefined;
    const end = at + LENGTH_BYTES + view.getUint32(at, true);
    if (end > bytes.length) return undefined;
    elements.push(bytes.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return at === bytes.length ? elements : undefined;
}

/** A tensor's bytes in pieces, as they go to the client. */
export function bytesOfTensor({ dtype, data, strings = [] }: TensorValue): readonly Uint8Array[] {
  if (dtype !== "string") return [data];
  const length = strings.reduce((sum, text) => sum + LENGTH_BYTES + text.length, 0);
  const all = new Uint8Array(length);
  const view = new DataView(all.buffer);
  let at = 0;
  for (const text of strings) {
    view.setUint32(at, text.length, true);
    all.set(text, at + LENGTH_BYTES);
    at += LENGTH_BYTES + text.length;
  }
  return [all];
}
