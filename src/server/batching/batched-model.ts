// A model whose requests run together where its signatures allow it.
// Invariant: it is closed when every request was answered; what still waits then no longer waits for others.
// Not here: what a batch is (joined-signature.ts), which versions are batched (batching.ts).
import type { LoadedModel, RunOptions } from "../../engine/engine.ts";
import type { Inputs, Outputs } from "./batch-request.ts";
import { JoinedSignature, type JoinedSignatureFields } from "./joined-signature.ts";

export class BatchedModel implements LoadedModel {
  readonly signatures: LoadedModel["signatures"];
  readonly keepsState?: boolean;
  readonly #inner: LoadedModel;
  readonly #joined: ReadonlyMap<string, JoinedSignature>;
  #running = 0;
  #whenIdle: (() => void) | undefined;

  /** `joined` are the signatures whose requests run together; other names of the same one count as that one. */
  constructor(inner: LoadedModel, joined: readonly JoinedSignatureFields[]) {
    this.signatures = inner.signatures;
    if (inner.keepsState !== undefined) this.keepsState = inner.keepsState;
    this.#inner = inner;
    const distinct = new Map<string, JoinedSignature>();
    const byName = new Map<string, JoinedSignature>();
    for (const fields of joined) {
      const { name, inputs, outputs } = fields.signature;
      const key = JSON.stringify([inputs, outputs]);
      const one = distinct.get(key) ?? new JoinedSignature(fields);
      distinct.set(key, one);
      byName.set(name, one);
    }
    this.#joined = byName;
  }

  async run(
    signature: string,
    inputs: Inputs,
    outputs: readonly string[] = [],
    options: RunOptions = {},
  ): Promise<Outputs> {
    this.#running++;
    try {
      const joined = this.#joined.get(signature);
      return await (joined
        ? joined.run(inputs, outputs, options)
        : this.#inner.run(signature, inputs, outputs, options));
    } finally {
      this.#running--;
      if (this.#running === 0) this.#whenIdle?.();
    }
  }

  async close(): Promise<void> {
    for (const joined of this.#joined.values()) joined.flush();
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await this.#inner.close();
  }
}
