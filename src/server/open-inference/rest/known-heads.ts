// The JSON before binary tensors, as far as it was read before: a client sends the same again and again, and only the
// bytes behind it are others. Reading it costs more than everything else that a tiny request needs.
// Invariant: what is known of a model is dropped with the model; only JSON without values is remembered, whose meaning
// is its text and the model's signatures alone.
import type { LoadedModel } from "../../../engine/engine.ts";
import type { PreparedInfer } from "../infer.ts";
import type { ParsedInfer } from "./parse-infer.ts";

export interface KnownHead {
  readonly parsed: ParsedInfer;
  readonly prepared: PreparedInfer;
}

/** Of one model; clients that put a number of their own into each request gain nothing by it. */
const MAX_KNOWN = 16;
/** Longer ones are rare, and would hold memory. */
const MAX_KNOWN_BYTES = 1024;

const KNOWN = new WeakMap<LoadedModel, Map<string, KnownHead>>();

/** The text that a head is known by; undefined if it is too long to be. */
export function headKey(json: Uint8Array): string | undefined {
  const { buffer, byteOffset, length } = json;
  return length > MAX_KNOWN_BYTES ? undefined : Buffer.from(buffer, byteOffset, length).toString("latin1");
}

/** What was read of the same text for the same model. */
export function knownHead(loaded: LoadedModel, key: string): KnownHead | undefined {
  return KNOWN.get(loaded)?.get(key);
}

/** Remembers it. */
export function rememberHead(loaded: LoadedModel, key: string, head: KnownHead): void {
  let heads = KNOWN.get(loaded);
  if (!heads) {
    heads = new Map();
    KNOWN.set(loaded, heads);
  }
  if (heads.size === MAX_KNOWN) heads.clear();
  heads.set(key, head);
}
