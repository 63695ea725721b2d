import { Command } from "commander";
import { expect, it } from "vitest";
import { FerryError } from "../core/errors.ts";
import { addEngineFlags, ENGINE_FLAG_NAMES, type EngineFlags, engineOf } from "./engine-flags.ts";
import { processIo } from "./io.ts";

function parse(...args: string[]): EngineFlags {
  const command = addEngineFlags(new Command());
  expect(command.options.map((option) => option.long)).toEqual(ENGINE_FLAG_NAMES.map((name) => `--${name}`));
  return command.parse(args, { from: "user" }).opts<EngineFlags>();
}

it("are onnxruntime without libraries by default, and several libraries in their order", async () => {
  expect(parse()).toEqual({ engine: "onnxruntime" });
  const flags = parse("--engine", "tensorflow", "--op_library=a.so", "--op_library", "b.so");
  expect(flags).toEqual({ engine: "tensorflow", op_library: ["a.so", "b.so"] });
  expect((await engineOf(flags, processIo())).name).toBe("tensorflow");
});

it("do not load one engine's operators into two", async () => {
  const refused = await engineOf(parse("--engine=auto", "--op_library=a.so"), processIo()).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(FerryError);
  expect(refused).toMatchObject({ code: "USAGE" });
});
