// JSON text as pieces of bytes, each about PIECE_BYTES long.
// Invariant: whoever writes looks at `full` after each value and hands `take()` on, so no piece takes long to make.

/** Some hundred numbers: writing a piece takes less than 200 microseconds. */
const PIECE_BYTES = 8 * 1024;
/** Longest run that is written without looking at `full`: a number, a bracket or an indentation. */
const SLACK_BYTES = 4 * 1024;

export class JsonOutput {
  /** The piece at hand; bytes below `at` are written. */
  bytes = new Uint8Array(PIECE_BYTES + SLACK_BYTES);
  at = 0;

  get full(): boolean {
    return this.at >= PIECE_BYTES;
  }

  /** The piece so far; a new one begins. */
  take(): Uint8Array {
    const piece = this.bytes.subarray(0, this.at);
    this.bytes = new Uint8Array(PIECE_BYTES + SLACK_BYTES);
    this.at = 0;
    return piece;
  }

  /** Writes text, at most SLACK_BYTES of it. */
  text(text: string): void {
    this.at += Buffer.from(this.bytes.buffer).write(text, this.at);
  }

  byte(byte: number): void {
    this.bytes[this.at++] = byte;
  }

  /** Starts a line with `level` times four blanks. */
  line(level: number): void {
    this.bytes[this.at++] = 0x0a;
    const end = this.at + level * 4;
    this.bytes.fill(0x20, this.at, end);
    this.at = end;
  }
}
