// Bytes on their way between JavaScript's memory and C's.
import { markAsUntransferable } from "node:worker_threads";
import { BYTES_PER_ELEMENT } from "../../tensor/dtype.ts";
import type { TensorValue } from "../engine.ts";
import { onThread } from "./c-function.ts";
import { cLibrary } from "./c-library.ts";

/**
 * Up to here bytes are copied on the event loop (measured: 35 us with the memory's first touch); above, on a thread,
 * which costs some 30 us of waiting.
 */
export const COPY_ON_LOOP_BYTES = 128 * 1024;

/** Whether kernels may read the bytes where they lie. */
export function isAligned(value: TensorValue): boolean {
  const width = BYTES_PER_ELEMENT[value.dtype];
  return width <= 1 || value.data.byteOffset % Math.min(width, 8) === 0;
}

/** Small tensors are views of shared memory: a buffer of its own costs more than what is done with some hundred bytes. */
const SHARED_BYTES = 16 * 1024;
const SMALL_BYTES = 1024;
const ALIGNMENT = 8;

let shared = new ArrayBuffer(0);
/** Bytes of it that are given away; each place is once. */
let taken = 0;

/** Fresh bytes at an aligned address, not cleared if they are many. */
export function newBytes(byteLength: number): Uint8Array {
  if (byteLength <= SMALL_BYTES) return smallBytes(byteLength);
  if (byteLength <= COPY_ON_LOOP_BYTES) return new Uint8Array(byteLength);
  return new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer);
}

/** Copies here and now. */
export function copyNow(to: Uint8Array | bigint, from: Uint8Array | bigint, byteLength: number): void {
  if (byteLength > 0) cLibrary().memcpy(to, from, byteLength);
}

/** Copies on a thread. */
export async function copyOffLoop(
  to: Uint8Array | bigint,
  from: Uint8Array | bigint,
  byteLength: number,
): Promise<void> {
  await onThread(cLibrary().memcpy, to, from, byteLength);
}

/** Copies where it holds nobody up. */
export async function copy(
  to: Uint8Array | bigint,
  from: Uint8Array | bigint,
  byteLength: number,
): Promise<void> {
  if (byteLength > COPY_ON_LOOP_BYTES) await copyOffLoop(to, from, byteLength);
  else copyNow(to, from, byteLength);
}

function smallBytes(byteLength: number): Uint8Array {
  if (taken + byteLength > shared.byteLength) {
    shared = new ArrayBuffer(SHARED_BYTES);
    markAsUntransferable(shared); // one tensor's owner must not take the others' bytes away
    taken = 0;
  }
  const bytes = new Uint8Array(shared, taken, byteLength);
  taken += Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT;
  return bytes;
}
