// How many bytes a connection is left alone for: each time that it is woken for a few of many costs as much as reading 100 kB.
// Invariant: never more than is certain to be needed, and one byte again as soon as it is not known how many are.
import { CAN_WAIT_FOR_MANY, waitForMany } from "../../engine/native/descriptors.ts";

/** Fewer come with what is before them. */
const MIN_WAIT_BYTES = 64 * 1024;
/** The system holds them, for each connection that is waited for; a client at 20 kB a second is heard of twice a minute. */
const MAX_WAIT_BYTES = 640 * 1024;

export class LeastWait {
  readonly #handle: { readonly fd?: number };
  #bytes = 1;

  /** `handle` is Node's of a socket. */
  constructor(handle: { readonly fd?: number }) {
    this.#handle = handle;
  }

  /** Leaves it alone until so many are there; with `isMore` for no longer than until now. Whether that changes anything. */
  for(bytes: number, isMore = false): boolean {
    const least = bytes < MIN_WAIT_BYTES ? 1 : Math.min(bytes, MAX_WAIT_BYTES);
    if (least === this.#bytes || (isMore && least > this.#bytes)) return false;
    const { fd = -1 } = this.#handle; // below 0 once it is closed
    if (fd < 0 || !CAN_WAIT_FOR_MANY) return false;
    this.#bytes = least;
    return waitForMany(fd, least);
  }
}
