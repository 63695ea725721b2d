// What a worker's thread is started with: all of it can be copied to another thread.
import type { MessagePort } from "node:worker_threads";
import type { ServeOptions } from "./serve-options.ts";

/** The server's options, without what lives in the main thread alone. */
export type WorkerOptions = Omit<ServeOptions, "models" | "engine" | "log" | "setLogLevel"> & {
  readonly engine: { readonly name: string };
};

export interface WorkerStart {
  /** From 0 on. */
  readonly worker: number;
  /** How many there are. */
  readonly workers: number;
  /** Memory that all threads share (workers/cells.ts). */
  readonly cells: Int32Array;
  readonly options: WorkerOptions;
  /** Where changes of the models' table come. */
  readonly changes: MessagePort;
  /** By which one worker resumes what a client began with another; 48 bytes. */
  readonly ticketKeys: Uint8Array;
}

/** Only what can be copied. */
export function workerOptions({ models, engine, log, setLogLevel, ...rest }: ServeOptions): WorkerOptions {
  return { ...rest, engine: { name: engine.name } };
}
