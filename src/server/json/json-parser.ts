// A JSON parser that is fed piece by piece and reports what it meets; it holds no document.
// Grammar, offsets and error texts are RapidJSON's (iterative, NaN and Inf allowed, stop when done), because
// TensorFlow Serving's clients see them: https://github.com/Tencent/rapidjson (reader.h, error/en.h).
// Invariant: any cutting of the same bytes into pieces reports the same events. Depth is bounded by the body alone:
// nesting costs one byte a level and no recursion. A NUL byte ends the document, as it does there.
// Not here: what the values mean (the handler), lists of plain numbers (scan-numbers.ts).
import { copyOf } from "../lent-bytes.ts";
import { beginsNumber, isScalarByte, isStructural } from "./byte-kinds.ts";
import type { Capture } from "./capture.ts";
import { type Escape, EscapeReader } from "./escape-reader.ts";
import type { JsonHandler } from "./json-handler.ts";
import {
  ARRAY_INITIAL,
  CONTROL_IN_STRING,
  ELEMENT,
  ELEMENT_COMMA,
  FINISH,
  INVALID_VALUE,
  type JsonSyntaxError,
  KEY_STRING,
  MARK,
  MEMBER_COLON,
  MEMBER_COMMA,
  MEMBER_KEY,
  MEMBER_VALUE,
  NO_STRING,
  NUMBER_TOO_BIG,
  OBJECT_INITIAL,
  REASONS,
  START,
  UNCLOSED_STRING,
  VALUE_STRING,
} from "./parser-states.ts";
import {
  forgetChunk,
  MAX_BEFORE_BYTES,
  type Scan,
  STOPPED_AFTER_VALUE,
  STOPPED_BEFORE_VALUE,
  scanNumbers,
} from "./scan-numbers.ts";
import { type Scalar, type ScalarFailure, scanScalar } from "./scan-scalar.ts";
import type { TextSink } from "./text-buffer.ts";
import {
  MAX_STRING_BYTES_AT_ONCE,
  MAX_TURN_STEPS,
  NUMBERS_A_STEP,
  SCALAR_STEPS,
  STRING_BYTES_A_STEP,
} from "./turn-steps.ts";

/** Longer literals and numbers are refused; the longest double written out has 1,076 digits. */
const MAX_SCALAR_BYTES = 64 * 1024;
const FIRST_DEPTH = 64;

export class JsonParser {
  /** Who is told; a handler may put another in its place for the members of a value. */
  handler: JsonHandler;
  /** Set once the text is known to be wrong; nothing is reported afterwards. */
  error: JsonSyntaxError | undefined;
  /** The root value is complete; whatever follows is ignored. */
  finished = false;
  /** Where the root ended, if it was a list or an object. */
  endOffset: number | undefined;
  /** Captures that want the raw text from their offset on; the handler puts them there, and replaces them. */
  readonly captures: (Capture | undefined)[] = [];
  readonly #expectedBytes: number;
  readonly #scan: Scan = { position: 0, stored: 0, stopped: STOPPED_BEFORE_VALUE };
  readonly #escape = new EscapeReader();
  readonly #keyText: TextSink & { takeText(): string };
  #state = START;
  #containers = new Uint8Array(FIRST_DEPTH);
  #depth = 0;
  /** Bytes of the chunks before this one. */
  #before = 0;
  #string = NO_STRING;
  #sink: TextSink | undefined;
  /** Bytes of the byte order mark so far. */
  #markBytes = 0;
  /** A literal or number cut by the end of a chunk. */
  #carried: Uint8Array | undefined;
  #valueOffset = 0;
  /** Steps since this part of a piece began. */
  #steps = 0;

  /** `expectedBytes` is the body's length where it is known, else Infinity; it only sizes memory. */
  constructor(
    handler: JsonHandler,
    keyText: TextSink & { takeText(): string },
    expectedBytes = Number.POSITIVE_INFINITY,
  ) {
    this.handler = handler;
    this.#keyText = keyText;
    this.#expectedBytes = expectedBytes;
  }

  /** Offset of the value being reported. */
  get valueOffset(): number {
    return this.#valueOffset;
  }

  /** Bytes of text that may still come. */
  get bytesLeft(): number {
    return Math.max(0, this.#expectedBytes - this.#before);
  }

  /** Bytes seen so far. */
  get bytesSeen(): number {
    return this.#before;
  }

  /** Takes the next piece of the text. The bytes are not kept. */
  feed(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) at = this.feedSome(chunk, at);
  }

  /**
   * Takes as much of a piece, from `from` on, as a turn of the event loop may. Returns where to go on; if that is not
   * the piece's end, others should have a turn first.
   */
  feedSome(chunk: Uint8Array, from: number): number {
    this.#steps = 0;
    // Offsets are those of the whole piece until it is done.
    const end = this.error || this.finished ? chunk.length : this.#run(chunk, from);
    forgetChunk();
    if (end < chunk.length) return end;
    for (const capture of this.captures) capture?.take(chunk, this.#before);
    this.#before += chunk.length;
    return end;
  }

  /** Says that no more comes. */
  finish(): void {
    if (this.error || this.finished) return;
    if (this.#carried) this.#endScalar(this.#carried, 0);
    if (this.error || this.finished) return;
    if (this.#string !== NO_STRING) {
      if (this.#escape.pending) this.#takeEscape(0);
      else this.#fail(UNCLOSED_STRING, this.#before);
      return;
    }
    this.#failHere(this.#before);
  }

  #run(chunk: Uint8Array, from: number): number {
    const end = chunk.length;
    let at = from;
    if (this.#carried) at = this.#resumeScalar(chunk);
    while (at < end) {
      if (this.error || this.finished) return end;
      if (this.#steps >= MAX_TURN_STEPS) return at;
      if (this.#string !== NO_STRING) {
        const next = this.#readString(chunk, at, Math.min(end, at + MAX_STRING_BYTES_AT_ONCE));
        this.#steps += 1 + (next - at) / STRING_BYTES_A_STEP;
        at = next;
        continue;
      }
      const byte = chunk[at] as number;
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
        at++;
        continue;
      }
      this.#steps++;
      at = this.#step(chunk, at, byte);
    }
    return end;
  }

  /** One structural byte, or the beginning of a value. Returns where to go on. */
  #step(chunk: Uint8Array, at: number, byte: number): number {
    switch (this.#state) {
      case MEMBER_COLON:
      case ELEMENT_COMMA:
      case START:
        return this.#beginValue(chunk, at, byte);
      case ARRAY_INITIAL:
        if (byte === 0x5d) return this.#close(at);
        return this.#beginValue(chunk, at, byte);
      case ELEMENT:
        if (byte === 0x2c) this.#state = ELEMENT_COMMA;
        else if (byte === 0x5d) return this.#close(at);
        else this.#failHere(this.#before + at);
        return at + 1;
      case MEMBER_VALUE:
        if (byte === 0x2c) this.#state = MEMBER_COMMA;
        else if (byte === 0x7d) return this.#close(at);
        else this.#failHere(this.#before + at);
        return at + 1;
      case MEMBER_KEY:
        if (byte === 0x3a) this.#state = MEMBER_COLON;
        else this.#failHere(this.#before + at);
        return at + 1;
      default: // OBJECT_INITIAL and MEMBER_COMMA
        if (byte === 0x22) {
          this.#string = KEY_STRING;
          this.#sink = this.#keyText;
          return at + 1;
        }
        if (byte === 0x7d && this.#state === OBJECT_INITIAL) return this.#close(at);
        this.#failHere(this.#before + at);
        return at + 1;
    }
  }

  #beginValue(chunk: Uint8Array, at: number, byte: number): number {
    if (beginsNumber(byte) && this.#storeNumbers(chunk, at)) return this.#scan.position;
    this.#valueOffset = this.#before + at;
    if (byte === 0x5b || byte === 0x7b) {
      this.#open(byte === 0x5b);
      return at + 1;
    }
    if (byte === 0x22) {
      this.#string = VALUE_STRING;
      this.#sink = this.handler.text();
      return at + 1;
    }
    if (isScalarByte(byte)) return this.#readScalar(chunk, at);
    if (this.#state === START && this.#isMark(byte, this.#before + at)) return at + 1;
    if (isStructural(byte)) this.#failHere(this.#before + at);
    else this.#fail(INVALID_VALUE, this.#before + at);
    return at + 1;
  }

  /** Whether it is the next byte of the mark that UTF-8 text may begin with. */
  #isMark(byte: number, offset: number): boolean {
    if (offset !== this.#markBytes || byte !== MARK[offset]) return false;
    this.#markBytes++;
    return true;
  }

  /** The fast way through a list of numbers, as far as the scan tells. False if it could not store any. */
  #storeNumbers(chunk: Uint8Array, at: number, before?: Uint8Array): boolean {
    if (this.#state !== ARRAY_INITIAL && this.#state !== ELEMENT_COMMA) return false;
    const lists = this.handler.numbers();
    if (!lists) return false;
    scanNumbers(chunk, at, lists, this.bytesLeft, this.#scan, before);
    const { stored, stopped } = this.#scan;
    if (stored === 0) return false;
    this.handler.numbersStored(stored);
    this.#steps += stored / NUMBERS_A_STEP;
    this.#depth += lists.depth - lists.rank;
    if (stopped === STOPPED_AFTER_VALUE) this.#state = ELEMENT;
    else this.#state = stopped === STOPPED_BEFORE_VALUE ? ELEMENT_COMMA : ARRAY_INITIAL;
    return true;
  }

  #open(isArray: boolean): void {
    if (this.#depth === this.#containers.length) {
      const larger = new Uint8Array(this.#depth * 2);
      larger.set(this.#containers);
      this.#containers = larger;
    }
    this.#containers[this.#depth++] = isArray ? 1 : 0;
    this.#state = isArray ? ARRAY_INITIAL : OBJECT_INITIAL;
    if (isArray) this.handler.startArray();
    else this.handler.startObject();
  }

  #close(at: number): number {
    this.#depth--;
    if (this.#containers[this.#depth] === 1) this.handler.endArray();
    else this.handler.endObject();
    this.#endValue();
    if (this.finished) this.endOffset = this.#before + at + 1;
    return at + 1;
  }

  #endValue(): void {
    if (this.#depth === 0) {
      this.#state = FINISH;
      this.finished = true;
    } else {
      this.#state = this.#containers[this.#depth - 1] === 1 ? ELEMENT : MEMBER_VALUE;
    }
  }

  #readString(chunk: Uint8Array, from: number, end: number): number {
    let at = from;
    while (at < end) {
      if (this.#escape.pending) {
        if (!this.#takeEscape(chunk[at++] as number)) return at;
        continue;
      }
      const run = at;
      let byte = 0;
      while (at < end) {
        byte = chunk[at] as number;
        if (byte === 0x22 || byte === 0x5c || byte < 0x20) break;
        at++;
      }
      if (at > run) this.#sink?.append(chunk, run, at, this.bytesLeft);
      if (at === end) break;
      if (byte === 0x22) {
        this.#endString();
        return at + 1;
      }
      if (byte === 0x5c) {
        this.#escape.begin(this.#before + at);
        at++;
        continue;
      }
      this.#fail(byte === 0 ? UNCLOSED_STRING : CONTROL_IN_STRING, this.#before + at);
      return at;
    }
    return at;
  }

  /** Gives the escape its next byte; false if it is wrong. */
  #takeEscape(byte: number): boolean {
    const result: Escape = this.#escape.take(byte);
    if (result === undefined) return true;
    if (typeof result === "string") {
      this.#fail(result, this.#escape.offset);
      return false;
    }
    this.#sink?.append(result, 0, result.length, this.bytesLeft);
    return true;
  }

  #endString(): void {
    const wasKey = this.#string === KEY_STRING;
    this.#string = NO_STRING;
    this.#sink = undefined;
    if (wasKey) {
      this.#state = MEMBER_KEY;
      this.handler.key(this.#keyText.takeText());
    } else {
      this.handler.endText();
      this.#endValue();
    }
  }

  #readScalar(chunk: Uint8Array, from: number): number {
    this.#steps += SCALAR_STEPS;
    let at = from + 1;
    while (at < chunk.length && isScalarByte(chunk[at] as number)) at++;
    if (at < chunk.length) return from + this.#endScalar(chunk.subarray(from, at), at - from);
    this.#carried = copyOf(chunk.subarray(from));
    return at;
  }

  /** Goes on with a literal that the last chunk's end cut. */
  #resumeScalar(chunk: Uint8Array): number {
    const carried = this.#carried as Uint8Array; // the caller looked
    const isShort = carried.length <= MAX_BEFORE_BYTES;
    if (isShort && beginsNumber(carried[0] ?? 0) && this.#storeNumbers(chunk, 0, carried)) {
      this.#carried = undefined;
      return this.#scan.position;
    }
    let at = 0;
    while (at < chunk.length && isScalarByte(chunk[at] as number)) at++;
    if (carried.length + at > MAX_SCALAR_BYTES) {
      this.#fail(NUMBER_TOO_BIG, this.#valueOffset);
      return at;
    }
    const whole = new Uint8Array(carried.length + at);
    whole.set(carried);
    whole.set(chunk.subarray(0, at), carried.length);
    if (at === chunk.length) this.#carried = whole;
    else this.#endScalar(whole, at);
    return at;
  }

  /** Reports a literal. Returns `length`, so that callers can go on behind it. */
  #endScalar(token: Uint8Array, length: number): number {
    this.#carried = undefined;
    const value: Scalar | ScalarFailure = scanScalar(token);
    if ("reason" in value) {
      this.#fail(value.reason, this.#valueOffset + value.at);
      return length;
    }
    this.handler.scalar(value);
    this.#endValue();
    // Such as `01`: the 0 is a number, and the 1 is not what may follow it.
    if (value.length < token.length && !this.finished) this.#failHere(this.#valueOffset + value.length);
    return length;
  }

  #failHere(offset: number): void {
    this.#fail(REASONS[this.#state] ?? INVALID_VALUE, offset);
  }

  #fail(reason: string, offset: number): void {
    this.error = { reason, offset };
  }
}
