// Reads a connection's bytes to where its owner wants them.
// A socket of node:net can read into memory that it is given, which saves an allocation for every read and a copy of
// every message; but only if it is told so when it is made. So the connection moves to a second socket, by a handle that
// Node does not document. Where there is none (TLS, other streams), pieces come as Node cuts them.
// Invariant: whatever ends one of the two sockets ends the other.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface ByteTaker {
  /** Where the next bytes shall be; undefined for anywhere. */
  room(): Uint8Array | undefined;
  /** Bytes have come, in the room if there was one. They are the reader's again afterwards. */
  take(bytes: Uint8Array): void;
}

/** Reading more at once holds up others. */
const MAX_READ_BYTES = 256 * 1024;
/** Where bytes are read to that belong nowhere yet; shared, since it is empty again after each read. */
const SCRATCH = new Uint8Array(MAX_READ_BYTES);
/** The beginning of something: what is behind it may have a place of its own. */
const SHORT_SCRATCH = SCRATCH.subarray(0, 64 * 1024);

/** Begins to read, and returns the socket to write to, pause and end in the place of the other. */
export function readInto(socket: Duplex, taker: ByteTaker): Duplex {
  // `_handle` is where Node keeps it; `setBlocking` tells TCP's and pipes' handles from those of TLS.
  const plain = socket as Duplex & { _handle?: { readonly setBlocking?: unknown } | null };
  if (!(socket instanceof Socket) || socket.constructor !== Socket || !plain._handle?.setBlocking) {
    // A Buffer's own `subarray` is many times as slow as a plain array's.
    socket.on("data", ({ buffer, byteOffset, length }: Uint8Array) =>
      taker.take(new Uint8Array(buffer, byteOffset, length)),
    );
    return socket;
  }
  const handle = plain._handle;
  plain._handle = null;
  let next: Uint8Array = SHORT_SCRATCH;
  let isFull = false;
  const buffer = (): Uint8Array => {
    const room = taker.room();
    next = room ? room.subarray(0, MAX_READ_BYTES) : isFull ? SCRATCH : SHORT_SCRATCH;
    return next;
  };
  const callback = (length: number): boolean => {
    isFull = length === next.length;
    taker.take(next.subarray(0, length));
    return !moved.isPaused();
  };
  // Neither the handle nor a function for the memory is in Node's types.
  const moved = new Socket({ handle, onread: { buffer, callback } } as object);
  moved.once("close", () => socket.destroy());
  socket.once("close", () => moved.destroy());
  moved.resume();
  return moved;
}
