// Whether bytes are a ModelProto: there is no magic number, but few files begin with its fields.
// Specification: https://onnx.ai/onnx/repo-docs/IR.html; the numbers are those of proto/onnx.proto.
import type { ByteSource } from "../../core/byte-source.ts";
import { Window } from "./window.ts";

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const GRAPH = 7;
/** Fields of ModelProto with the wire type each has. */
const FIELDS: ReadonlyMap<number, number> = new Map([
  [1, VARINT],
  [2, LENGTH_DELIMITED],
  [3, LENGTH_DELIMITED],
  [4, LENGTH_DELIMITED],
  [5, VARINT],
  [6, LENGTH_DELIMITED],
  [GRAPH, LENGTH_DELIMITED],
  [8, LENGTH_DELIMITED],
  [14, LENGTH_DELIMITED],
  [20, LENGTH_DELIMITED],
  [25, LENGTH_DELIMITED],
  [26, LENGTH_DELIMITED],
]);
/** Producer, version, domain, opsets and some metadata stand before the graph at most. */
const MAX_FIELDS = 1000;

/** True if known fields lead up to a graph, or to the end of a message that begins with its IR version. */
export function looksLikeOnnx(source: ByteSource): boolean {
  const window = new Window(source);
  let at = 0;
  for (let count = 0; count < MAX_FIELDS && at < source.size; count++) {
    const tag = window.byte(at);
    // All tags up to field 15 are one byte; later fields come after the graph in every writer.
    const [number, wire] = [tag >> 3, tag & 7];
    if (tag >= 0x80 || FIELDS.get(number) !== wire) return false;
    if (number === GRAPH) return true;
    const value = varintAt(window, at + 1, source.size);
    if (!value) return false;
    at = value.end + (wire === LENGTH_DELIMITED ? value.value : 0);
  }
  return at === source.size && window.byte(0) === 8; // ir_version, and no graph: the reader says so
}

function varintAt(window: Window, start: number, size: number): { value: number; end: number } | undefined {
  let value = 0;
  let scale = 1;
  for (let at = start; at < Math.min(size, start + 10); at++) {
    const byte = window.byte(at);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: at + 1 };
    scale *= 128;
  }
  return undefined;
}
