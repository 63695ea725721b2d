// examples/custom-operator/ as its user runs it, on the models that its script wrote: equal to what PyTorch recorded.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../testing/run-cli.ts";

const EXAMPLE = fileURLToPath(new URL("../../../examples/custom-operator/", import.meta.url));
const CONFIG = path.join(EXAMPLE, "torchferry.config.ts");
const RECORDED = path.join(EXAMPLE, "recorded.npz");

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "custom-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe("the example of custom operators", () => {
  it.each(["model.pt2", "model.pt"])("converts %s with its config, equal to PyTorch", async (name) => {
    const { exitCode, out, err } = await runCli([
      ...["convert", path.join(EXAMPLE, name), "--custom", CONFIG],
      ...["--output", path.join(folder, name), "--verify-with", RECORDED],
    ]);
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out.match(/ equal$/gm)).toHaveLength(2); // both batch sizes
  });

  it.each(["model.pt2", "model.pt"])("names both operators of %s without it, at once", async (name) => {
    const { exitCode, err } = await runCli(["convert", path.join(EXAMPLE, name), "--dry-run"]);
    expect(exitCode).toBe(4);
    expect(err.match(/register 'demo::\w+'/g)).toEqual([
      "register 'demo::snake'",
      "register 'demo::mask_topk'",
    ]);
  });

  it("says that a config is missing before it looks at the model", async () => {
    const { exitCode, err } = await runCli(["convert", "missing.pt2", "--custom", "missing.ts", "--dry-run"]);
    expect(exitCode).toBe(2);
    expect(err).toContain("missing.ts: there is no such file; the config of custom operators is wanted");
  });
});
