// The flags that say what runs a model, the same in each command that runs one.
// Not here: the engines (engine/), how a model file becomes a version directory.
import type { Command } from "commander";
import { fail } from "../core/errors.ts";
import type { EngineSettings } from "../engine/create-engine.ts";
import type { Engine } from "../engine/engine.ts";
import type { Io } from "./io.ts";

export interface EngineFlags {
  readonly engine: string;
  readonly libtensorflow?: string;
  readonly op_library?: readonly string[];
}

export const ENGINE_FLAG_NAMES = ["engine", "libtensorflow", "op_library"];

const ONE_ENGINE =
  "a library of operators is made for one engine; name it: --engine onnxruntime or tensorflow";

export function addEngineFlags(command: Command): Command {
  return command
    .option(
      "--engine <name>",
      "onnxruntime; tensorflow, which an installed Python package brings; auto, the faster of the two",
      "onnxruntime",
    )
    .option("--libtensorflow <file>", "TensorFlow's library, where it is not found in Python's packages")
    .option(
      "--op_library <file>",
      "a library of operators for the engine; may be given several times",
      (file: string, files: readonly string[] = []) => [...files, file],
    );
}

/** The engine that the flags name. Throws ENGINE_UNKNOWN or USAGE. */
export async function engineOf(
  flags: EngineFlags,
  io: Io,
  settings: Pick<EngineSettings, "interOpThreads" | "sessionConfig" | "tags" | "tell"> = {},
): Promise<Engine> {
  const { createEngine } = await import("../engine/create-engine.ts"); // takes longer than most commands
  if (flags.engine === "auto" && flags.op_library) fail("USAGE", { message: ONE_ENGINE });
  return createEngine(flags.engine, {
    env: io.env,
    libtensorflow: flags.libtensorflow,
    operatorLibraries: flags.op_library,
    ...settings,
  });
}
