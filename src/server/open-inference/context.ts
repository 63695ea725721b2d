// What the handlers of the Open Inference Protocol work on.
import type { Problem } from "../../core/errors.ts";
import type { Health } from "../health/health.ts";
import type { Models } from "../manager/manager.ts";
import type { StatisticsSource } from "../predict/statistics.ts";

/** Loads and unloads models by name; what went wrong comes back. */
export interface ModelRepository {
  readonly load: (model: string) => Promise<Problem | undefined>;
  readonly unload: (model: string) => Promise<Problem | undefined>;
}

export interface OpenInferenceContext {
  readonly models: Models;
  readonly health: Health;
  readonly statistics: StatisticsSource;
  readonly repository: ModelRepository;
  /** What runs the models: `onnxruntime`. */
  readonly engine: string;
  /** The server's own version. */
  readonly serverVersion: string;
  /** Milliseconds that a prediction over REST may run; undefined is no limit. */
  readonly timeoutMs?: number | undefined;
  /** Larger bodies are refused. */
  readonly maxBodyBytes?: number | undefined;
  /** Whether answers are compressed for clients that take it. */
  readonly compress?: boolean | undefined;
}
