import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultConfigText, loadConfig } from "./load-config.ts";

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "config-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

const RULE = `torch: { "demo::swish": { toOnnx: (call) => call.tensor("x") } }`;

describe("loadConfig", () => {
  it("is nothing where the working directory holds no config", async () => {
    expect(await loadConfig(undefined, folder)).toBeUndefined();
  });

  it.each([
    [
      "torchferry.config.ts",
      `import { defineConfig, type Config } from "torchferry";
      const config: Config = defineConfig({ ${RULE} });
      export default config;`,
    ],
    [
      "torchferry.config.mts",
      `import { defineConfig } from "torchferry"; export default defineConfig({ ${RULE} });`,
    ],
    ["torchferry.config.js", `export default { ${RULE} };`],
    [
      "torchferry.config.mjs",
      `import { defineConfig } from "torchferry"; export default defineConfig({ ${RULE} });`,
    ],
  ])("finds %s in the working directory", async (name, text) => {
    write(`${name}-here/${name}`, text);
    const loaded = await loadConfig(undefined, path.join(folder, `${name}-here`));
    expect(loaded?.customName).toBe(name);
    expect(typeof loaded?.custom.torch?.["demo::swish"]?.toOnnx).toBe("function");
  });

  it("gives the text of the working directory's config, to tell it from another", () => {
    write("text/torchferry.config.mjs", "export default {};");
    expect(defaultConfigText(path.join(folder, "text"))).toBe("export default {};");
    expect(defaultConfigText(folder)).toBe("");
  });

  it("follows what the config imports, and writes nothing beside it", async () => {
    write("split/rules.ts", `export const torch = { ${RULE.slice("torch: {".length)};`);
    const file = write("split/mine.ts", `import { torch } from "./rules.ts"; export default { torch };`);
    expect((await loadConfig(file))?.custom.torch).toHaveProperty(["demo::swish"]);
    expect(fs.readdirSync(path.join(folder, "split")).sort()).toEqual(["mine.ts", "rules.ts"]);
  });

  it.each([
    ["missing.ts", undefined, "missing.ts: there is no such file; the config of custom operators is wanted"],
    ["throws.ts", `throw new Error("no wish");`, "throws.ts: loading it ended with Error: no wish"],
    ["broken.ts", "export default {", "loading it ended with"],
    [
      "none.ts",
      "export const config = {};",
      "none.ts: its default export is missing; export default defineConfig",
    ],
    ["none.mjs", "module.exports = 3;", "none.mjs"],
  ])("tells what is wrong with %s", async (name, text, message) => {
    if (text !== undefined) write(name, text);
    await expect(loadConfig(name, folder)).rejects.toThrow(message);
  });
});
