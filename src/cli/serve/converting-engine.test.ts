import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, LoadedModel } from "../../engine/engine.ts";
import { convertingEngine } from "./converting-engine.ts";

let folder = "";
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-converting-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A version directory with these files. */
function version(...names: string[]): string {
  const directory = fs.mkdtempSync(path.join(folder, "version-"));
  for (const name of names) fs.writeFileSync(path.join(directory, name), name);
  return directory;
}

/** In the place of our command line: notes that it ran, and writes BASE/1/saved_model.pb. */
const CONVERT = `
  const fs = require("node:fs"), [, file, , base] = process.argv.slice(1);
  fs.appendFileSync(process.env.NOTES, file + "\\n");
  fs.mkdirSync(base + "/1", { recursive: true });
  fs.writeFileSync(base + "/1/saved_model.pb", "converted");
`;

/** The engine, the directories that the engine within was asked for, and the conversions. */
function converting() {
  const loaded: string[] = [];
  const notes = path.join(fs.mkdtempSync(path.join(folder, "cache-")), "notes");
  fs.writeFileSync(notes, "");
  const inner: Engine = {
    name: "fake",
    load: async (directory) => {
      loaded.push(directory);
      return { signatures: new Map() } as unknown as LoadedModel; // nothing of it is used
    },
  };
  const engine = convertingEngine({
    engine: inner,
    limits: { maxSeconds: 30, maxBytes: 2 ** 30 },
    command: [process.execPath, "-e", CONVERT],
    version: "1",
    config: "",
    env: { ...process.env, TORCHFERRY_CACHE: path.dirname(notes), NOTES: notes },
    log: () => undefined,
    signal: new AbortController().signal,
  });
  return { engine, loaded, conversions: () => fs.readFileSync(notes, "utf8").split("\n").filter(Boolean) };
}

describe("convertingEngine", () => {
  it("converts a model file once, also for two loads at the same time", async () => {
    const { engine, loaded, conversions } = converting();
    const directory = version("net.pt2");
    await Promise.all([engine.load(directory), engine.load(directory)]);
    await engine.load(directory);
    expect(conversions()).toEqual([path.join(directory, "net.pt2")]);
    expect(new Set(loaded).size).toBe(1);
    expect(loaded[0]).toMatch(/models\/net-[0-9a-f]{16}\/1$/);
  });

  it("loads a SavedModel, and what holds no model file, as they are", async () => {
    const { engine, loaded, conversions } = converting();
    const [saved, other] = [version("saved_model.pb", "model.onnx", "net.pt2"), version("notes.txt")];
    await engine.load(saved);
    await engine.load(other);
    expect(loaded).toEqual([saved, other]);
    expect(conversions()).toEqual([]);
  });

  it("refuses several model files by name", async () => {
    const { engine } = converting();
    const refused = await engine.load(version("a.pt2", "b.onnx")).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "VERSION_AMBIGUOUS" });
    expect(String(refused)).toContain("a.pt2, b.onnx");
  });
});
