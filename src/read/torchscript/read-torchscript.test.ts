// Archives as torch.jit.save writes them (conformance/fixtures/torchscript.py): names, origins, refusals, broken bytes.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readZip } from "../../bytes/zip/read-zip.ts";
import { bytesSource } from "../../core/byte-source.ts";
import { FerryError, Problem } from "../../core/errors.ts";
import type { AtenProgram } from "../aten/program.ts";
import { lowerTorchScript } from "./lower-torchscript.ts";
import { readArchive, readTorchScript, type TorchScriptOptions } from "./read-torchscript.ts";
import { archiveOf, forwardOf } from "./testing/follow-text.ts";

const bytes = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`fixtures/${name}.pt`, import.meta.url)));

function readings(contents: Uint8Array, options: TorchScriptOptions = {}) {
  const source = bytesSource("model.pt", contents);
  const entries = readZip(source);
  if (entries instanceof Problem) throw new FerryError([entries]);
  return readTorchScript(source, entries, options);
}

function read(name: string, options: TorchScriptOptions = {}): AtenProgram {
  const [first] = readings(bytes(name), options);
  if (!first) throw new Error("an archive has a reading");
  return first.program();
}

function refusal(run: () => unknown): FerryError {
  try {
    run();
  } catch (error) {
    if (error instanceof FerryError) return error;
    throw error;
  }
  throw new Error("the file was read");
}

const IMAGE: TorchScriptOptions = { inputs: { image: { dtype: "float32", shape: ["batch", 1, 4, 4] } } };

describe("a trace", () => {
  const program = read("small.traced");

  it("has the inputs of its example, the batch free", () => {
    expect(program.inputs.map(({ name }) => name)).toEqual(["image"]);
    expect(String(program.graph.types.get("input image")?.shape)).toBe("batch,1,4,4");
  });

  it("names outputs by the keys of the dict", () => {
    expect(program.outputs.map(({ name }) => name)).toEqual(["scores", "norm"]);
  });

  it("says of every call which module and line it comes from", () => {
    const call = program.graph.calls.find(({ target }) => target.includes("_convolution"));
    expect(call?.origin.scope).toBe("features.0");
    expect(call?.origin.operator).toBe("aten::_convolution");
    expect(call?.origin.line).toMatch(/^File "code\/__torch__\/torch\/nn\/modules\/conv.*\.py", line \d+$/);
  });

  it("keeps weights under their names", () => {
    const names = [...program.weights.values()].map(({ name }) => name);
    expect(names).toContain("features.1.running_mean");
  });

  it("can also be read with the example's sizes", () => {
    const [, fixed] = readings(bytes("small.traced"));
    expect(String(fixed?.program().graph.types.get("input image")?.shape)).toBe("2,1,4,4");
  });
});

describe("the batch of a trace", () => {
  it("is taken for free, and the graph says what the example had", () => {
    const graph = lowerTorchScript(readings(bytes("small.traced")));
    expect(graph.assumedBatch).toEqual({ symbol: "batch", size: 2 });
    expect(lowerTorchScript([{ program: () => read("small.scripted", IMAGE) }]).assumedBatch).toBeUndefined();
  });

  it("stays as it is where the code does not allow another", () => {
    const kept = { program: () => read("small.scripted", IMAGE) };
    const refused = {
      program(): AtenProgram {
        throw new FerryError([
          new Problem("TORCHSCRIPT_UNFOLLOWED", { file: "m", where: "a", found: "b", action: "c" }),
        ]);
      },
    };
    expect(lowerTorchScript([refused, kept]).inputs.map(({ name }) => name)).toEqual(["image"]);
  });
});

describe("refusals", () => {
  it("ask for the inputs of a scripted model, with the flags to add", () => {
    const error = refusal(() => read("small.scripted"));
    expect([error.code, error.row.exit]).toEqual(["TORCHSCRIPT_INPUTS", 2]);
    expect(error.message).toContain("add: --input 'image=float32[batch,3,224,224]'");
  });

  it("name parameters that forward does not have", () => {
    const inputs = { picture: { dtype: "float32", shape: [1] } } as const;
    expect(refusal(() => read("small.scripted", { inputs })).message).toContain(
      "forward has no parameter picture (it has image)",
    );
  });

  it("of files after optimize_for_inference say what to do", () => {
    const error = refusal(() => read("optimized", IMAGE));
    expect(error.code).toBe("TORCHSCRIPT_OPTIMIZED");
    expect(error.message).toContain("save it before optimize_for_inference");
  });

  it("of quantised packed parameters name the operators", () => {
    const archive = archiveOf(forwardOf("return ops.quantized.linear(x, self.packed, 1., 0)"));
    const error = refusal(() => readArchive(archive));
    expect(error.code).toBe("TORCHSCRIPT_QUANTIZED");
    expect(error.message).toContain("(quantized.linear)");
  });
});
