import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../testing/run-cli.ts";

const DIGITS = fileURLToPath(new URL("../../../examples/digits", import.meta.url));
const RECORDED = fileURLToPath(new URL("../verify/fixtures", import.meta.url)); // by conformance/fixtures/digits_recorded.py
const PT2 = path.join(DIGITS, "digits.pt2");
const FILES = ["model.onnx", "saved_model.pb", "variables"];

let scratch: string;
beforeAll(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), "convert-"));
});
afterAll(() => fs.rmSync(scratch, { recursive: true }));

/** A base directory of its own for each test. */
let bases = 0;
const newBase = () => path.join(scratch, String(bases++));

function versions(base: string): string[] {
  return fs.existsSync(base) ? fs.readdirSync(base).sort() : [];
}

describe("torchferry convert", () => {
  it("writes the next version and prints its inputs and outputs", async () => {
    const base = newBase();
    const first = await runCli(["convert", PT2, "--output", base, "--signature", "predict_images"]);
    expect(first).toMatchObject({ exitCode: 0, err: "" });
    expect(first.out.split("\n").slice(0, 7)).toEqual([
      "        name      dtype    shape          batch",
      "input   image     float32  (-1, 1, 8, 8)  axis 0",
      "output  output_0  float32  (-1, 10)       axis 0",
      "output  output_1  float32  (-1, 32)       axis 0",
      "batch: free in the file",
      "requests can be joined by a server: on axis 0 everywhere",
      "signatures: serving_default, predict_images",
    ]);
    await runCli(["convert", PT2, "--output", base]);
    expect(versions(base)).toEqual(["1", "2"]);
    expect(fs.readdirSync(path.join(base, "2")).sort()).toEqual(FILES);
  });

  it("prints JSON for scripts", async () => {
    const base = newBase();
    const args = [
      "--input-names",
      "pixels",
      "--output-names",
      "probabilities,features",
      "--version",
      "7",
      "--json",
    ];
    const { exitCode, out } = await runCli([
      "convert",
      path.join(DIGITS, "digits.onnx"),
      "--output",
      base,
      ...args,
    ]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      directory: path.join(base, "7"),
      version: 7,
      signatures: ["serving_default"],
      inputs: [{ name: "pixels", dtype: "float32", shape: [-1, 1, 8, 8] }],
      outputs: [
        { name: "probabilities", dtype: "float32", shape: [-1, 10] },
        { name: "features", dtype: "float32", shape: [-1, 32] },
      ],
    });
  });

  it("writes nothing in a dry run", async () => {
    const base = newBase();
    const { exitCode, out } = await runCli(["convert", PT2, "--output", base, "--dry-run"]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/digits\.pt2: can be converted; \d+ kB would be written\n$/);
    expect(versions(base)).toEqual([]);
  });

  it("takes a model that repeats recorded numbers, at every recorded batch size", async () => {
    const base = newBase();
    const args = ["--verify-with", path.join(RECORDED, "digits.npz")];
    const { exitCode, out } = await runCli(["convert", PT2, "--output", base, ...args]);
    expect(exitCode).toBe(0);
    expect(out.match(/^b[13] .* equal$/gm)).toHaveLength(4);
    expect(versions(base)).toEqual(["1"]);
  });

  it("leaves no version where the numbers differ, and says which", async () => {
    const base = newBase();
    const recorded = path.join(RECORDED, "digits-wrong.npz");
    const outcome = await runCli(["convert", PT2, "--output", base, "--verify-with", recorded]);
    expect(outcome.exitCode).toBe(5);
    expect(outcome.out).toMatch(/^b3 +output_1 +\(3, 32\) +0\.50 .* differs$/m);
    expect(outcome.err).toBe(
      `torchferry: ${PT2}: 1 of 4 outputs differ from ${recorded}; nothing was written\n`,
    );
    expect(versions(base)).toEqual([]);
  });

  it("wants arrays for all inputs and outputs", async () => {
    const args = ["--verify-with", path.join(DIGITS, "image.npy"), "--output", newBase()];
    const { exitCode, err } = await runCli(["convert", PT2, ...args]);
    expect(exitCode).toBe(3);
    expect(err).toContain(
      "image.npy: holds a single array; a .npz with inputs and outputs by name is wanted",
    );
  });

  it.each([
    ["a truncated archive", 3, () => fs.readFileSync(PT2).subarray(0, 30_000), "broken.pt2", /was cut short/],
    ["a text", 3, () => Buffer.from("ceci n'est pas un modèle\n"), "text.onnx", /a text file/],
    ["an empty file", 3, () => Buffer.alloc(0), "empty.pt2", /the file is empty/],
  ])("refuses %s with one message and exit code %i", async (_, code, contents, name, message) => {
    const base = newBase();
    const file = path.join(scratch, name);
    fs.writeFileSync(file, contents());
    const { exitCode, out, err } = await runCli(["convert", file, "--output", base]);
    expect(exitCode).toBe(code);
    expect(out).toBe("");
    expect(err).toMatch(message);
    expect(err.match(/^torchferry: /gm)).toHaveLength(1);
    expect(versions(base)).toEqual([]);
  });

  it("tells scripts of problems on standard output too", async () => {
    const { exitCode, out, err } = await runCli([
      "convert",
      path.join(scratch, "absent.pt2"),
      "--dry-run",
      "--json",
    ]);
    expect(exitCode).toBe(3);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      problems: [
        { code: "FILE_NOT_FOUND", message: expect.stringContaining("absent.pt2: there is no such file") },
      ],
    });
    expect(err).toMatch(/^torchferry: .*there is no such file/);
  });

  it("keeps versions as they are", async () => {
    const base = newBase();
    await runCli(["convert", PT2, "--output", base, "--version", "3"]);
    const { exitCode, err } = await runCli(["convert", PT2, "--output", base, "--version", "3"]);
    expect(exitCode).toBe(2);
    expect(err).toContain("this version is already there");
  });

  it("says what is missing on the command line", async () => {
    const { exitCode, err } = await runCli(["convert", PT2]);
    expect(exitCode).toBe(2);
    expect(err).toContain("--output BASE is wanted");
  });
});
