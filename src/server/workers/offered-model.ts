// A version that the workers run too: closed when none of them does any more.
import type { LoadedModel, SharedModel } from "../../engine/engine.ts";

export class OfferedModel implements LoadedModel {
  readonly signatures: LoadedModel["signatures"];
  readonly keepsState?: boolean;
  readonly #loaded: LoadedModel;
  readonly #withdraw: () => Promise<void>;

  /** `withdraw` resolves when the workers have given it up. */
  constructor(loaded: LoadedModel, withdraw: () => Promise<void>) {
    this.signatures = loaded.signatures;
    if (loaded.keepsState !== undefined) this.keepsState = loaded.keepsState;
    this.#loaded = loaded;
    this.#withdraw = withdraw;
  }

  run(...call: Parameters<LoadedModel["run"]>): ReturnType<LoadedModel["run"]> {
    return this.#loaded.run(...call);
  }

  share(): SharedModel | undefined {
    return this.#loaded.share?.();
  }

  async close(): Promise<void> {
    await this.#withdraw();
    await this.#loaded.close();
  }
}
