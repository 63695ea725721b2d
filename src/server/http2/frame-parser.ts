// Bytes -> frames, wherever the stream is cut. DATA is handed on as it comes; other frames are kept until they are whole.
// Source: RFC 9113, 3.4 (preface), 4.1, 4.2, 6.1 (padding).
import {
  ConnectionError,
  DATA,
  ENHANCE_YOUR_CALM,
  FRAME_HEADER_BYTES,
  FRAME_SIZE_ERROR,
  PADDED,
  PREFACE,
  PROTOCOL_ERROR,
  readUint32,
} from "./protocol.ts";

export interface FrameHandler {
  /** A DATA frame of so many bytes, padding and all. */
  dataBegins(stream: number, length: number): void;
  /** A piece of it, without padding. It is the caller's again afterwards. */
  data(piece: Uint8Array): void;
  dataEnds(flags: number): void;
  /** Any other frame. The payload is the caller's again afterwards. */
  frame(type: number, flags: number, stream: number, payload: Uint8Array): void;
}

export interface FrameLimits {
  readonly maxFrameBytes: number;
  /** Of frames other than DATA. */
  readonly maxControlFrameBytes: number;
}

const PREFACE_STATE = 0;
const HEADER_STATE = 1;
const WHOLE_STATE = 2;
const PAD_LENGTH_STATE = 3;
const DATA_STATE = 4;
const PADDING_STATE = 5;

export class FrameParser {
  readonly #handler: FrameHandler;
  readonly #limits: FrameLimits;
  #state = PREFACE_STATE;
  /** What was cut off: the preface, a frame's header, or its payload. */
  readonly #kept: Uint8Array;
  #keptLength = 0;
  #length = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;
  /** Of the DATA frame, what is still to come. */
  #dataLeft = 0;
  #paddingLeft = 0;

  constructor(handler: FrameHandler, limits: FrameLimits) {
    this.#handler = handler;
    this.#limits = limits;
    this.#kept = new Uint8Array(PREFACE.length);
  }

  /** Bytes of the body that come next, before anything else. */
  get dataLeft(): number {
    return this.#state === DATA_STATE ? this.#dataLeft : 0;
  }

  /** Reads bytes until they are used up or `enough` says so; returns how many it took. Throws ConnectionError. */
  receive(bytes: Uint8Array, enough: () => boolean): number {
    let at = 0;
    while (at < bytes.length) {
      const wasHeader = this.#state === HEADER_STATE;
      if (wasHeader && this.#keptLength === 0 && enough()) return at;
      at = wasHeader ? this.#header(bytes, at) : this.#payload(bytes, at);
      // Frames without a payload end with their header.
      if (this.#state === WHOLE_STATE && this.#length === 0) this.#endWhole(EMPTY);
      else if (this.#state === DATA_STATE && this.#dataLeft === 0) this.#endData();
      else if (this.#state === PADDING_STATE && this.#paddingLeft === 0) this.#endData();
    }
    return at;
  }

  #payload(bytes: Uint8Array, at: number): number {
    switch (this.#state) {
      case PREFACE_STATE:
        return this.#preface(bytes, at);
      case WHOLE_STATE:
        return this.#whole(bytes, at);
      case PAD_LENGTH_STATE:
        return this.#padLength(bytes, at);
      case DATA_STATE: {
        const end = Math.min(bytes.length, at + this.#dataLeft);
        this.#dataLeft -= end - at;
        this.#handler.data(bytes.subarray(at, end));
        return end;
      }
      default: {
        const skipped = Math.min(bytes.length - at, this.#paddingLeft);
        this.#paddingLeft -= skipped;
        return at + skipped;
      }
    }
  }

  #preface(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.#keptLength < PREFACE.length) {
      if (bytes[at++] !== PREFACE[this.#keptLength++]) {
        throw new ConnectionError(PROTOCOL_ERROR, "this is not HTTP/2");
      }
    }
    if (this.#keptLength === PREFACE.length) this.#next();
    return at;
  }

  #header(bytes: Uint8Array, from: number): number {
    if (this.#keptLength === 0 && bytes.length - from >= FRAME_HEADER_BYTES) {
      this.#begin(bytes, from);
      return from + FRAME_HEADER_BYTES;
    }
    const taken = Math.min(FRAME_HEADER_BYTES - this.#keptLength, bytes.length - from);
    this.#kept.set(bytes.subarray(from, from + taken), this.#keptLength);
    this.#keptLength += taken;
    if (this.#keptLength === FRAME_HEADER_BYTES) this.#begin(this.#kept, 0);
    return from + taken;
  }

  #begin(bytes: Uint8Array, at: number): void {
    const start = readUint32(bytes, at);
    this.#length = start >>> 8;
    this.#type = start & 0xff;
    this.#flags = bytes[at + 4] ?? 0;
    this.#stream = readUint32(bytes, at + 5) & 0x7fffffff;
    this.#keptLength = 0;
    if (this.#length > this.#limits.maxFrameBytes) {
      throw new ConnectionError(FRAME_SIZE_ERROR, `a frame of ${this.#length} bytes`);
    }
    if (this.#type === DATA) {
      this.#handler.dataBegins(this.#stream, this.#length);
      this.#dataLeft = this.#length;
      this.#paddingLeft = 0;
      this.#state = (this.#flags & PADDED) === 0 ? DATA_STATE : PAD_LENGTH_STATE;
      if (this.#state === PAD_LENGTH_STATE && this.#length === 0) tooMuchPadding();
    } else if (this.#length > this.#limits.maxControlFrameBytes) {
      throw new ConnectionError(ENHANCE_YOUR_CALM, `a frame of ${this.#length} bytes that is not DATA`);
    } else {
      this.#state = WHOLE_STATE;
    }
  }

  #padLength(bytes: Uint8Array, at: number): number {
    const padding = bytes[at] ?? 0;
    if (padding + 1 > this.#length) tooMuchPadding();
    this.#dataLeft = this.#length - padding - 1;
    this.#paddingLeft = padding;
    this.#state = DATA_STATE;
    return at + 1;
  }

  /** A frame that is not cut is not copied. */
  #whole(bytes: Uint8Array, from: number): number {
    const wanted = this.#length - this.#keptLength;
    if (this.#keptLength === 0 && bytes.length - from >= wanted) {
      this.#endWhole(bytes.subarray(from, from + wanted));
      return from + wanted;
    }
    this.#cutOff ??= new Uint8Array(this.#length);
    const taken = Math.min(wanted, bytes.length - from);
    this.#cutOff.set(bytes.subarray(from, from + taken), this.#keptLength);
    this.#keptLength += taken;
    if (taken === wanted) this.#endWhole(this.#cutOff);
    return from + taken;
  }
  #cutOff: Uint8Array | undefined;

  #endWhole(payload: Uint8Array): void {
    this.#cutOff = undefined;
    this.#next();
    this.#handler.frame(this.#type, this.#flags, this.#stream, payload);
  }

  #endData(): void {
    if (this.#state === DATA_STATE && this.#paddingLeft > 0) {
      this.#state = PADDING_STATE;
      return;
    }
    this.#next();
    this.#handler.dataEnds(this.#flags);
  }

  #next(): void {
    this.#state = HEADER_STATE;
    this.#keptLength = 0;
  }
}

const EMPTY = new Uint8Array(0);

function tooMuchPadding(): never {
  throw new ConnectionError(PROTOCOL_ERROR, "more padding than there is of the frame");
}
