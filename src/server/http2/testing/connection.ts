// A connection without a socket, for tests: what is sent to it, what its calls are told, and what it answers.
import { Connection, type ConnectionOptions } from "../connection.ts";
import type { SentField } from "../header-encoder.ts";
import * as h2 from "../protocol.ts";
import type { Stream } from "../stream.ts";
import { HELLO, type ReadFrame, readFrames } from "./frames.ts";

export interface SeenCall {
  readonly stream: Stream;
  readonly body: Buffer[];
  /** Of its headers, if they were too large. */
  readonly tooLargeBytes: number;
  ended: boolean;
  /** Whether it was answered; undefined while it is open. */
  closed: boolean | undefined;
}

export const OK: SentField = ["grpc-status", "0"];

export class TestConnection {
  readonly calls: SeenCall[] = [];
  readonly connection: Connection;
  nowMs = 0;
  /** Frames that were taken, but for the greeting. */
  readonly frames: ReadFrame[] = [];

  constructor(options: Partial<ConnectionOptions> = {}, hello = HELLO) {
    this.connection = new Connection({
      open: (stream) => this.#open(stream, 0),
      openTooLarge: (stream, headerBytes) => this.#open(stream, headerBytes),
      maxConcurrentStreams: 4,
      repeated: [OK],
      now: () => this.nowMs,
      wake: () => undefined,
      ...options,
    });
    this.send(hello);
    this.take();
    this.frames.length = 0;
  }

  /** Gives it bytes in memory that is overwritten afterwards, as a socket's is; all of them, in as many turns as it takes. */
  send(...parts: readonly Uint8Array[]): this {
    let rest: Uint8Array = Buffer.concat(parts);
    while (rest.length > 0) {
      const lent = new Uint8Array(rest);
      const taken = this.connection.receive(lent);
      lent.fill(0xee);
      rest = rest.subarray(taken);
    }
    return this;
  }

  /** Everything that may be sent now. */
  take(): ReadFrame[] {
    const pieces: Uint8Array[] = [];
    while (this.connection.hasMore)
      pieces.push(...this.connection.take(2 ** 16).map((piece) => new Uint8Array(piece)));
    const frames = readFrames(pieces);
    this.frames.push(...frames);
    return frames;
  }

  /** The code of the GOAWAY that it sends; undefined if it sends none. */
  goneAway(): number | undefined {
    return this.take()
      .filter(({ type }) => type === h2.GOAWAY)
      .map(({ payload }) => payload.readUInt32BE(4))
      .at(-1);
  }

  /** The codes of the resets that it sends, by stream. */
  resets(): (readonly [stream: number, code: number])[] {
    return this.take()
      .filter(({ type }) => type === h2.RST_STREAM)
      .map(({ stream, payload }) => [stream, payload.readUInt32BE(0)]);
  }

  call(index = 0): SeenCall {
    const call = this.calls[index];
    if (!call) throw new Error(`there is no call ${index}`);
    return call;
  }

  #open(stream: Stream, tooLargeBytes: number) {
    const call: SeenCall = { stream, body: [], tooLargeBytes, ended: false, closed: undefined };
    this.calls.push(call);
    return {
      data: (piece: Uint8Array) => void call.body.push(Buffer.from(piece)),
      end: () => {
        call.ended = true;
      },
      closed: (answered: boolean) => {
        if (call.closed !== undefined) throw new Error("a call was closed twice");
        call.closed = answered;
      },
    };
  }
}
