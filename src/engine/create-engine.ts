// Engines by name, as `--engine` takes them.
import { fail } from "../core/errors.ts";
import type { Engine } from "./engine.ts";
import { onnxRuntimeEngine } from "./onnxruntime/engine.ts";

const ENGINES: Readonly<Record<string, () => Engine>> = {
  onnxruntime: () => onnxRuntimeEngine(),
};

export const ENGINE_NAMES: readonly string[] = Object.keys(ENGINES);

/** Makes an engine. Throws ENGINE_UNKNOWN for a name that is not in ENGINE_NAMES. */
export function createEngine(name: string): Engine {
  const make = Object.hasOwn(ENGINES, name) ? ENGINES[name] : undefined;
  return make?.() ?? fail("ENGINE_UNKNOWN", { engine: name, known: ENGINE_NAMES.join(", ") });
}
