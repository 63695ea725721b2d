// Copies a model's message without its large tensors, so that what is decoded stays small whatever the weights weigh.
// Large contents become a `segment` (begin, end) with their place in the file, which decode-tensor.ts reads lazily.
// Wire format: https://protobuf.dev/programming-guides/encoding/
// Invariant: every length is checked against the message around it; the message ends where the file ends.
import type { ByteSource } from "../../core/byte-source.ts";
import { type Problem, problem } from "../../core/errors.ts";
import { Window } from "./window.ts";
import { type MessageKind, NESTED, RAW_FIELDS, SEGMENT_FIELD } from "./wire-fields.ts";

export interface SkeletonLimits {
  /** Contents from this size on stay in the file; below, copying costs less than a read. */
  readonly minCutBytes: number;
  /** Subgraphs in subgraphs; each level is four messages. */
  readonly maxDepth: number;
  /** What is left is decoded in memory; names, small tensors and tensors in typed fields. */
  readonly maxSkeletonBytes: number;
}

export const SKELETON_LIMITS: SkeletonLimits = {
  minCutBytes: 1024,
  maxDepth: 256,
  maxSkeletonBytes: 2 ** 30,
};

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** The message of a model file without its large tensors, or where it is broken. */
export function readSkeleton(
  source: ByteSource,
  limits: SkeletonLimits = SKELETON_LIMITS,
): Uint8Array | Problem {
  const scanner = new Scanner(source, limits);
  try {
    scanner.message("model", 0, source.size, 0);
  } catch (error) {
    if (!(error instanceof BrokenMessage)) throw error;
    return problem("ONNX_MALFORMED", { file: source.name, found: error.message });
  }
  return scanner.output();
}

/** Signals a break from deep within the scan to its border above. */
class BrokenMessage extends Error {}

class Scanner {
  private readonly window: Window;
  private readonly limits: SkeletonLimits;
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  constructor(source: ByteSource, limits: SkeletonLimits) {
    this.window = new Window(source);
    this.limits = limits;
  }

  /** Copies the message in [start, end) and returns the size of the copy. */
  message(kind: MessageKind, start: number, end: number, depth: number): number {
    if (depth > this.limits.maxDepth)
      throw new BrokenMessage(`messages nest deeper than ${this.limits.maxDepth}`);
    const sizeBefore = this.size;
    let copied = start;
    let at = start;
    while (at < end) {
      const field = this.field(kind, at, end);
      if (field.action === "copy") {
        at = field.end;
        continue;
      }
      this.copy(copied, at);
      if (field.action === "cut") this.emit(segmentOf(field.start, field.end));
      if (field.action === "descend") this.nested(field, depth);
      at = field.end;
      copied = at;
    }
    this.copy(copied, end);
    return this.size - sizeBefore;
  }

  output(): Uint8Array {
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.byteLength;
    }
    return bytes;
  }

  /** A nested message: its tag, the length of its copy, the copy. The length is known last and inserted. */
  private nested(field: Field, depth: number): void {
    const place = this.parts.length;
    const length = this.message(field.kind ?? "model", field.start, field.end, depth + 1);
    const header = Uint8Array.from([...varint(field.number * 8 + LENGTH_DELIMITED), ...varint(length)]);
    this.parts.splice(place, 0, header);
    this.size += header.byteLength;
  }

  private field(kind: MessageKind, at: number, end: number): Field {
    const tag = this.varint(at, end);
    const number = Math.floor(tag.value / 8);
    const wire = tag.value % 8;
    if (number === 0) throw new BrokenMessage(`the field number 0 at byte ${at}`);
    if (wire === VARINT) return { action: "copy", number, start: at, end: this.varint(tag.end, end).end };
    if (wire === FIXED64 || wire === FIXED32) {
      return {
        action: "copy",
        number,
        start: at,
        end: this.within(tag.end, wire === FIXED64 ? 8 : 4, end, number),
      };
    }
    if (wire !== LENGTH_DELIMITED) throw new BrokenMessage(`the wire type ${wire} at byte ${at}`);
    const length = this.varint(tag.end, end);
    const contentEnd = this.within(length.end, length.value, end, number);
    const nested = NESTED[kind].get(number);
    const size = contentEnd - length.end;
    if (nested && size >= this.limits.minCutBytes) {
      return { action: "descend", number, start: length.end, end: contentEnd, kind: nested };
    }
    if (kind === "tensor" && number === SEGMENT_FIELD)
      return { action: "skip", number, start: at, end: contentEnd };
    const cut = kind === "tensor" && RAW_FIELDS.has(number) && size >= this.limits.minCutBytes;
    return { action: cut ? "cut" : "copy", number, start: length.end, end: contentEnd };
  }

  private within(start: number, length: number, end: number, field: number): number {
    if (start + length > end) {
      throw new BrokenMessage(
        `field ${field} at byte ${start} is ${length} bytes long, but ${end - start} are left`,
      );
    }
    return start + length;
  }

  private varint(at: number, end: number): { readonly value: number; readonly end: number } {
    let value = 0;
    let scale = 1; // shifts would overflow at 32 bits
    for (let index = at; index < Math.min(end, at + 10); index++) {
      const byte = this.window.byte(index);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return { value, end: index + 1 };
      scale *= 128;
    }
    throw new BrokenMessage(
      at + 10 > end ? `it ends within a number at byte ${at}` : `a number too long at byte ${at}`,
    );
  }

  private copy(start: number, end: number): void {
    if (end > start) this.emit(() => this.window.bytes(start, end), end - start);
  }

  private emit(part: Uint8Array | (() => Uint8Array), size = (part as Uint8Array).byteLength): void {
    this.size += size;
    if (this.size > this.limits.maxSkeletonBytes) {
      throw new BrokenMessage(`over ${this.limits.maxSkeletonBytes} bytes besides raw tensor data`);
    }
    this.parts.push(typeof part === "function" ? part() : part);
  }
}

interface Field {
  /** `copy` whole with tag, `descend` into the message, `cut` out raw data, `skip`. */
  readonly action: "copy" | "descend" | "cut" | "skip";
  readonly number: number;
  /** Of the contents, for messages and raw data. */
  readonly start: number;
  readonly end: number;
  readonly kind?: MessageKind;
}

/** TensorProto.segment {begin = 1, end = 2}. */
function segmentOf(begin: number, end: number): Uint8Array {
  const contents = [1 * 8 + VARINT, ...varint(begin), 2 * 8 + VARINT, ...varint(end)];
  return Uint8Array.from([SEGMENT_FIELD * 8 + LENGTH_DELIMITED, contents.length, ...contents]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
