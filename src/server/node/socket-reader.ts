// Reads a connection's bytes to where its owner wants them, and not before enough of them are there.
// A socket of node:net can read into memory that it is given, which saves an allocation for every read and a copy of
// every message; but only if it is told so when it is made. So the connection moves to a second socket, by a handle that
// Node does not document. Where there is none (TLS, other streams), pieces come as Node cuts them.
// Invariant: whatever ends one of the two sockets ends the other.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { loopTurn } from "../../core/loop-turn.ts";
import { LeastWait } from "./least-wait.ts";

export interface ByteTaker {
  /** Where the next bytes shall be; undefined for anywhere. */
  room(): Uint8Array | undefined;
  /** How many bytes will come for certain and are of no use before all of them are there. */
  least(): number;
  /** Bytes have come, in the room if there was one. They are the reader's again afterwards. */
  take(bytes: Uint8Array): void;
}

export interface Reading {
  /** To be written to, paused and ended in the place of the one that was given. */
  readonly socket: Duplex;
  /** Bytes that were read in this turn of the event loop. */
  bytesThisTurn(): number;
  /** Takes what is there, though more is wanted. Whether it had been left for later. */
  hurry(): boolean;
}

/** What a connection may bring in one turn of the event loop; who has brought it waits. Some 80 us of reading. */
export const BYTES_A_TURN = 512 * 1024;
/** What came, and was left until there is more of it, is there within this time once it is asked for. */
export const HURRY_MS = 50;
/** Where bytes are read to that belong nowhere yet; shared, since it is empty again after each read. */
const SCRATCH = new Uint8Array(256 * 1024);
/** The beginning of something: what is behind it may have a place of its own. */
const SHORT_SCRATCH = SCRATCH.subarray(0, 64 * 1024);

/** Begins to read. */
export function readInto(socket: Duplex, taker: ByteTaker): Reading {
  const count = new TurnCount();
  // `_handle` is where Node keeps it; `setBlocking` tells TCP's and pipes' handles from those of TLS.
  const plain = socket as Duplex & {
    _handle?: { readonly setBlocking?: unknown; readonly fd?: number } | null;
  };
  if (!(socket instanceof Socket) || socket.constructor !== Socket || !plain._handle?.setBlocking) {
    // A Buffer's own `subarray` is many times as slow as a plain array's.
    socket.on("data", ({ buffer, byteOffset, length }: Uint8Array) => {
      count.add(length);
      taker.take(new Uint8Array(buffer, byteOffset, length));
    });
    return { socket, bytesThisTurn: () => count.bytes, hurry: () => false };
  }
  const handle = plain._handle;
  plain._handle = null;
  const wait = new LeastWait(handle);
  let next: Uint8Array = SHORT_SCRATCH;
  /** Whether the last read filled its memory, so that there may be more. */
  let isFull = false;
  const buffer = (): Uint8Array => {
    const room = taker.room();
    const goesOn = isFull && next.buffer === SCRATCH.buffer;
    // What a full read leaves of the turn; the next one follows at once.
    const most = isFull ? BYTES_A_TURN - (count.bytes % BYTES_A_TURN) : BYTES_A_TURN;
    if (room) next = room.subarray(0, Math.max(most, SHORT_SCRATCH.length));
    else next = goesOn ? SCRATCH : SHORT_SCRATCH;
    wait.for(taker.least(), isFull);
    return next;
  };
  const callback = (length: number): boolean => {
    count.add(length);
    isFull = length === next.length;
    taker.take(next.subarray(0, length));
    return !moved.isPaused();
  };
  // Neither the handle nor a function for the memory is in Node's types.
  const moved = new Socket({ handle, onread: { buffer, callback } } as object);
  moved.once("close", () => socket.destroy());
  socket.once("close", () => moved.destroy());
  moved.resume();
  return { socket: moved, bytesThisTurn: () => count.bytes, hurry: () => wait.for(1) };
}

/** Bytes of the present turn, or of the last one that brought some. */
class TurnCount {
  #turn = -1;
  bytes = 0;

  add(bytes: number): void {
    const turn = loopTurn();
    this.bytes = turn === this.#turn ? this.bytes + bytes : bytes;
    this.#turn = turn;
  }
}
