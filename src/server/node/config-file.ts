// Reads configuration files, and reads the models' one again and again.
// Rules and messages of the latter: TensorFlow Serving's server.cc (PollFilesystemAndReloadConfig). What fails is told
// and changes nothing. A file that reads as before is not carried out again, so that polling does not undo a reload by
// RPC; TensorFlow Serving undoes it.
import { readFile } from "node:fs/promises";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { ModelServerConfigSchema } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem, problem } from "../../core/errors.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Configurator } from "../configuration/configurator.ts";
import { readTextConfig } from "../configuration/read-text-config.ts";
import type { Log } from "../log.ts";

/** The message that a file holds in text form, or what is wrong with it. */
export async function readConfigFile<Desc extends DescMessage>(
  schema: Desc,
  path: string,
): Promise<MessageShape<Desc> | Problem> {
  const text = await readConfigText(path);
  return text instanceof Problem ? text : readTextConfig(schema, path, text);
}

export interface ConfigFileOptions {
  readonly path: string;
  readonly pollWaitMs: number;
  readonly configurator: Configurator;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether each poll carries the file out, as in TensorFlow Serving, whether it changed or not. */
  readonly always: boolean;
}

export class ConfigFile {
  readonly #options: ConfigFileOptions;
  #last: string | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: ConfigFileOptions) {
    this.#options = options;
  }

  /** Reads what the server started with, and then again after each interval, if there is one. */
  async start(): Promise<void> {
    if (this.#options.pollWaitMs <= 0) return;
    const text = await readConfigText(this.#options.path);
    if (typeof text === "string") this.#last = text;
    this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.stop();
  }

  #wait(): void {
    const { clock, pollWaitMs, log } = this.#options;
    if (this.#stopped) return;
    this.#timer = clock.after(pollWaitMs, () => {
      const poll = this.#poll().catch((error: unknown) => {
        log("error", `PollFilesystemAndReloadConfig failed to ReloadConfig: ${String(error)}`);
      });
      void poll.then(() => this.#wait());
    });
  }

  async #poll(): Promise<void> {
    const { path, configurator, log, always } = this.#options;
    const text = await readConfigText(path);
    if (typeof text === "string") {
      if (!always && text === this.#last) return;
      this.#last = text;
    }
    const config = text instanceof Problem ? text : readTextConfig(ModelServerConfigSchema, path, text);
    if (config instanceof Problem) {
      log("error", `Failed to read ModelServerConfig file: ${config.message}`);
      return;
    }
    for (const failure of await configurator.reload(config)) {
      log("error", `PollFilesystemAndReloadConfig failed to ReloadConfig: ${failure.message}`);
    }
  }
}

/** A file's text, or why it cannot be read. */
export async function readConfigText(path: string): Promise<string | Problem> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return problem("CONFIG_UNREADABLE", { file: path, reason }, error);
  }
}
