// A body in chunks (Transfer-Encoding: chunked), taken apart as it arrives.
// Source: RFC 9112, 7.1. Extensions and trailers mean nothing here and are passed over.
// Layout: for each chunk its size in hexadecimal digits, CRLF, the bytes, CRLF; a chunk of size 0 ends the body, behind
// it trailer fields and an empty line.
// Invariant: any cutting into pieces gives the same bytes. What is passed over is bounded.

/** Of a size; 13 digits are below 2^52. */
const MAX_SIZE_DIGITS = 13;
/** Of extensions and trailers, over the whole body. */
const MAX_PASSED_OVER_BYTES = 16 * 1024;

type State =
  | "size"
  | "extension"
  | "size LF"
  | "data"
  | "data CR"
  | "data LF"
  | "trailer"
  | "trailer line"
  | "trailer LF"
  | "last LF"
  | "done"
  | "wrong";

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;

export class ChunkedBody {
  #state: State = "size";
  #size = 0;
  #digits = 0;
  #passedOver = 0;

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Not what it should be; nothing behind it can be made out. */
  get isWrong(): boolean {
    return this.#state === "wrong";
  }

  /** Takes what follows in `bytes` from `from` on, and gives the contents to `take`. Returns where it stopped. */
  feed(bytes: Uint8Array, from: number, take: (piece: Uint8Array) => void): number {
    let at = from;
    while (at < bytes.length && this.#state !== "done" && this.#state !== "wrong") {
      if (this.#state === "data") {
        const piece = bytes.subarray(at, at + this.#size);
        take(piece);
        at += piece.length;
        this.#size -= piece.length;
        if (this.#size === 0) this.#state = "data CR";
      } else {
        this.#state = this.#step(bytes[at] as number); // at is in it
        at++;
      }
    }
    return at;
  }

  /** The state behind a byte that is no contents. */
  #step(byte: number): State {
    switch (this.#state) {
      case "size":
        return this.#sizeByte(byte);
      case "extension":
        if (byte === CR) return "size LF";
        return this.#passOver(byte, "extension");
      case "size LF":
        return byte === LF ? this.#beginChunk() : "wrong";
      case "data CR":
        return byte === CR ? "data LF" : "wrong";
      case "data LF":
        return byte === LF ? "size" : "wrong";
      case "trailer":
        if (byte === CR) return "last LF";
        return this.#passOver(byte, "trailer line");
      case "trailer line":
        if (byte === CR) return "trailer LF";
        return this.#passOver(byte, "trailer line");
      case "trailer LF":
        return byte === LF ? "trailer" : "wrong";
      case "last LF":
        return byte === LF ? "done" : "wrong";
      default:
        return this.#state;
    }
  }

  #sizeByte(byte: number): State {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) return "wrong";
      this.#size = this.#size * 16 + digit;
      return "size";
    }
    if (this.#digits === 0) return "wrong";
    if (byte === CR) return "size LF";
    return byte === SEMICOLON ? this.#passOver(byte, "extension") : "wrong";
  }

  #beginChunk(): State {
    this.#digits = 0;
    return this.#size === 0 ? "trailer" : "data";
  }

  #passOver(byte: number, next: State): State {
    const isText = byte === 0x09 || (byte >= 0x20 && byte !== 0x7f);
    return isText && ++this.#passedOver <= MAX_PASSED_OVER_BYTES ? next : "wrong";
  }
}

/** -1 for what is no digit. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
