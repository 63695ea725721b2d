// A version some of whose requests go into the request log. All protocols run it, so that all are logged alike.
import type { LoadedModel, RunOptions, SharedModel, TensorValue } from "../../engine/engine.ts";
import type { LoadedPlace } from "../manager/manager.ts";
import type { RequestLog } from "./request-log.ts";

type Tensors = Map<string, TensorValue>;

export class LoggedModel implements LoadedModel {
  readonly keepsState?: boolean;
  readonly #loaded: LoadedModel;
  readonly #place: LoadedPlace;
  readonly #log: RequestLog;

  constructor(loaded: LoadedModel, place: LoadedPlace, log: RequestLog) {
    this.#loaded = loaded;
    if (loaded.keepsState !== undefined) this.keepsState = loaded.keepsState;
    this.#place = place;
    this.#log = log;
  }

  get signatures(): LoadedModel["signatures"] {
    return this.#loaded.signatures;
  }

  run(
    signature: string,
    inputs: ReadonlyMap<string, TensorValue>,
    outputFilter: readonly string[] = [],
    options?: RunOptions,
  ): Promise<Tensors> {
    const run = this.#loaded.run(signature, inputs, outputFilter, options);
    const logging = this.#log.choose(this.#place.model);
    if (!logging) return run;
    return run.then((outputs) => {
      this.#log.add(logging, this.#place, { signature, inputs, outputFilter, outputs });
      return outputs;
    });
  }

  runNow(
    signature: string,
    inputs: ReadonlyMap<string, TensorValue>,
    outputFilter: readonly string[] = [],
  ): Tensors | undefined {
    const outputs = this.#loaded.runNow?.(signature, inputs, outputFilter);
    const logging = outputs && this.#log.choose(this.#place.model);
    if (logging) this.#log.add(logging, this.#place, { signature, inputs, outputFilter, outputs });
    return outputs;
  }

  /** The model itself: threads log for themselves. */
  share(): SharedModel | undefined {
    return this.#loaded.share?.();
  }

  close(): Promise<void> {
    return this.#loaded.close();
  }
}
