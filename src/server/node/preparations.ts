// What is done to a version between its load and its first request: it is warmed up, then its requests are batched.
import { availableCores } from "../../engine/cores.ts";
import type { BatchListeners } from "../batching/batch-listener.ts";
import { batching } from "../batching/batching.ts";
import { systemClock } from "../clock.ts";
import type { Prepare } from "../manager/manager.ts";
import { type WarmUpListener, warmUp } from "../warm-up/warm-up.ts";
import { disk } from "./disk.ts";
import type { ServeOptions } from "./serve-options.ts";

/** Who is told of what, if anybody. */
export interface PreparationListeners {
  readonly batches: BatchListeners;
  readonly warmedUp: WarmUpListener;
}

/** The steps, in order. */
export function preparations(
  { warmUp: warm, batching: batched, log }: ServeOptions,
  listeners: PreparationListeners | undefined,
): Prepare[] {
  const parts = { fileSystem: disk, clock: systemClock, log };
  return [
    ...(warm ? [warmUp({ ...warm, ...parts, warmedUp: listeners?.warmedUp })] : []),
    ...(batched
      ? [batching({ ...batched, ...parts, cores: availableCores(), listeners: listeners?.batches })]
      : []),
  ];
}
