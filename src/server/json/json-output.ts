// JSON text as pieces of bytes, each about PIECE_BYTES long.
// Invariant: whoever writes looks at `full` after each value and hands `take()` on, so no piece takes long to make.
// The memory written to is lent from a few that are kept; pieces are exact copies, so a small answer costs little.

/** Some thousand numbers: writing a piece takes less than 200 microseconds. */
const PIECE_BYTES = 20 * 1024;
/** Longest run that is written without looking at `full`: a number, a bracket or an indentation. */
const SLACK_BYTES = 4 * 1024;
/** Answers being written at the same time that find memory waiting for them. */
const MAX_KEPT = 64;

const KEPT: Buffer[] = [];
const NOTHING = Buffer.alloc(0);

export class JsonOutput {
  /** Bytes below `at` are written. */
  bytes: Buffer = KEPT.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES + SLACK_BYTES);
  at = 0;

  get full(): boolean {
    return this.at >= PIECE_BYTES;
  }

  /** The piece so far; a new one begins. */
  take(): Uint8Array {
    const piece = Buffer.from(this.bytes.subarray(0, this.at));
    this.at = 0;
    return piece;
  }

  /** The last piece. Nothing may be written afterwards. */
  end(): Uint8Array {
    const piece = this.take();
    if (KEPT.length < MAX_KEPT) KEPT.push(this.bytes);
    this.bytes = NOTHING;
    return piece;
  }

  /** Writes text, at most SLACK_BYTES of it. */
  text(text: string): void {
    this.at += this.bytes.write(text, this.at);
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
