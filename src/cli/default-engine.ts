// The engine that commands run models with, loaded when it is first needed: it takes longer than most commands.
import type { Engine } from "../engine/engine.ts";

export async function defaultEngine(): Promise<Engine> {
  const { createEngine } = await import("../engine/create-engine.ts");
  return createEngine("onnxruntime");
}
