// A model whose requests run together where its signatures allow it.
// Invariant: it is closed when every request was answered; what still waits then no longer waits for others.
// Not here: what a batch is (joined-signature.ts), which versions are batched (batching.ts).
import type { LoadedModel, RunOptions, SharedModel } from "../../engine/engine.ts";
import type { BatchingOptions } from "../configuration/batching-parameters.ts";
import type { Inputs, Outputs } from "./batch-request.ts";
import { JoinedSignature, type JoinedSignatureFields } from "./joined-signature.ts";

/** A batched model as other threads batch it again, each for itself. */
export interface SharedBatchedModel extends SharedModel {
  /** Names of the signatures whose requests run together. */
  readonly joined: readonly string[];
  readonly batching: BatchingOptions;
}

export class BatchedModel implements LoadedModel {
  readonly signatures: LoadedModel["signatures"];
  readonly keepsState?: boolean;
  readonly #inner: LoadedModel;
  readonly #joined: ReadonlyMap<string, JoinedSignature>;
  readonly #batching: BatchingOptions | undefined;
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
    this.#batching = joined[0]?.options;
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

  share(): SharedModel | SharedBatchedModel | undefined {
    const shared = this.#inner.share?.();
    const batching = this.#batching;
    return shared && batching ? { ...shared, joined: [...this.#joined.keys()], batching } : shared;
  }

  async close(): Promise<void> {
    for (const joined of this.#joined.values()) joined.flush();
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await this.#inner.close();
  }
}
