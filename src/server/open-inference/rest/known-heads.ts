// JSON that stands before binary tensors, in requests and in answers: a client sends the same again and again, and gets
// the same, with other bytes behind it. Reading and writing it costs more than everything else that a tiny request needs.
// Invariant: what is known of a model is dropped with the model; only JSON without values is remembered, which follows
// from its key and the model alone.
import type { LoadedModel } from "../../../engine/engine.ts";
import { Remembered } from "../../remembered.ts";

/** Of one model; clients that put a number of their own into each request gain nothing by it. */
const MAX_KNOWN = 16;
/** Characters of a key: longer ones are rare, and would hold memory. */
const MAX_KEY_LENGTH = 1024;

/** What is known by a text. */
export class KnownHeads<T> {
  readonly #known = new WeakMap<LoadedModel, Remembered<T>>();

  get(loaded: LoadedModel, key: string): T | undefined {
    return this.#known.get(loaded)?.get(key);
  }

  remember(loaded: LoadedModel, key: string, head: T): void {
    let heads = this.#known.get(loaded);
    if (!heads) {
      heads = new Remembered(MAX_KNOWN, MAX_KEY_LENGTH);
      this.#known.set(loaded, heads);
    }
    heads.remember(key, head);
  }
}

/** A text's bytes as a key; undefined if there are too many. */
export function keyOfBytes(json: Uint8Array): string | undefined {
  const { buffer, byteOffset, length } = json;
  return length > MAX_KEY_LENGTH ? undefined : Buffer.from(buffer, byteOffset, length).toString("latin1");
}
