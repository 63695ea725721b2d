// Engines by name, as `--engine` takes them.
import { fail } from "../core/errors.ts";
import { autoEngine, type Tell } from "./auto-engine.ts";
import type { Engine } from "./engine.ts";
import { onnxRuntimeEngine } from "./onnxruntime/engine.ts";
import { tensorflowEngine } from "./tensorflow/engine.ts";
import type { Environment } from "./tensorflow/find-library.ts";

export interface EngineSettings {
  /** Where TensorFlow is looked for; the process's own by default. */
  readonly env?: Environment | undefined;
  /** TensorFlow's library itself. */
  readonly libtensorflow?: string | undefined;
  /** Libraries of operators for the engine. */
  readonly operatorLibraries?: readonly string[] | undefined;
  /** Threads that run TensorFlow's operators beside each other. */
  readonly interOpThreads?: number | undefined;
  /** A ConfigProto for TensorFlow's sessions, encoded; threads that are given otherwise win. */
  readonly sessionConfig?: Uint8Array | undefined;
  /** The tags of the graph to run, where a load does not name others. */
  readonly tags?: readonly string[] | undefined;
  /** Told which engine was kept, and why. */
  readonly tell?: Tell | undefined;
}

const ENGINES: Readonly<Record<string, (settings: EngineSettings) => Engine>> = {
  onnxruntime: ({ operatorLibraries }) => onnxRuntimeEngine({ operatorLibraries }),
  tensorflow: ({ env = process.env, libtensorflow: library, ...settings }) => {
    const { operatorLibraries, interOpThreads, sessionConfig } = settings;
    return tensorflowEngine({ env, library, operatorLibraries, interOpThreads, sessionConfig });
  },
  auto: (settings) =>
    autoEngine(
      [createEngine("onnxruntime", settings), createEngine("tensorflow", settings)],
      settings.tell ?? (() => undefined),
    ),
};

export const ENGINE_NAMES: readonly string[] = Object.keys(ENGINES);

/** Makes an engine. Throws ENGINE_UNKNOWN for a name that is not in ENGINE_NAMES. */
export function createEngine(name: string, settings: EngineSettings = {}): Engine {
  const make = Object.hasOwn(ENGINES, name) ? ENGINES[name] : undefined;
  const engine = make?.(settings) ?? fail("ENGINE_UNKNOWN", { engine: name, known: ENGINE_NAMES.join(", ") });
  return settings.tags ? withTags(engine, settings.tags) : engine;
}

function withTags(engine: Engine, tags: readonly string[]): Engine {
  return {
    name: engine.name,
    load: (directory, options) => engine.load(directory, { tags, ...options }),
  };
}
