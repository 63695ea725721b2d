import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runCli } from "../testing/run-cli.ts";

const FIXTURES = fileURLToPath(new URL("../show/fixtures", import.meta.url));
const TEXTS = JSON.parse(fs.readFileSync(path.join(FIXTURES, "texts.json"), "utf8")) as {
  arguments: string[];
  text: string;
}[]; // written by conformance/fixtures/saved_model_text.py

describe("torchferry show", () => {
  it.each(TEXTS)("prints what saved_model_cli prints for $arguments", async ({ arguments: args, text }) => {
    const outcome = await runCli(["show", "--dir", FIXTURES, ...args]);
    expect(outcome).toEqual({ exitCode: 0, out: text, err: "" });
  });

  it("takes the directory as an argument, and flags with an equals sign", async () => {
    const { out } = await runCli(["show", FIXTURES, "--tag_set=serve"]);
    expect(out).toBe(TEXTS[1]?.text);
  });

  it("prints everything of a model file, whichever way it is named", async () => {
    const model = fileURLToPath(new URL("../../../examples/digits/digits.onnx", import.meta.url));
    const { exitCode, out } = await runCli(["show", model]);
    expect(exitCode).toBe(0);
    expect(out).toContain("\nsignature_def['serving_default']:\n");
    expect(out).toContain(
      "    inputs['image'] tensor_info:\n        dtype: DT_FLOAT\n        shape: (-1, 1, 8, 8)\n",
    );
    expect(out).toContain("The MetaGraph with tag set ['serve'] contains the following ops: {");
    expect((await runCli(["show", "--dir", model])).out).toBe(out);
    const keys = await runCli(["show", model, "--tag_set", "serve"]);
    expect(keys.out).toMatch(/SignatureDef key: "serving_default"\n$/);
  });

  it("prints everything as JSON", async () => {
    const { out } = await runCli(["show", "--dir", FIXTURES, "--json"]);
    expect(JSON.parse(out).metaGraphs[1].tags).toEqual(["serve", "gpu"]);
  });

  it("names the choices where a tag set or a signature is not there", async () => {
    const tags = await runCli(["show", "--dir", FIXTURES, "--tag_set", "nope"]);
    expect(tags).toEqual({
      exitCode: 2,
      out: "",
      err: "torchferry: MetaGraphDef associated with tag-set nope could not be found in the SavedModel. Please use one of the following tag-sets: ['serve', 'serve,gpu']\n",
    });
    const signature = await runCli([
      "show",
      "--dir",
      FIXTURES,
      "--tag_set",
      "serve",
      "--signature_def",
      "nope",
    ]);
    expect(signature.exitCode).toBe(2);
    expect(signature.err).toBe(
      'torchferry: Could not find signature "nope". Please choose from: scalar, serving_default, unknown_rank\n',
    );
  });

  it("says where the versions are when it is given their base", async () => {
    const base = fs.mkdtempSync(path.join(os.tmpdir(), "show-"));
    fs.mkdirSync(path.join(base, "3"));
    const { exitCode, err } = await runCli(["show", "--dir", base]);
    expect(exitCode).toBe(3);
    expect(err).toBe(
      `torchferry: SavedModel file does not exist at: ${base}; it holds versions, name one: ${path.join(base, "3")}\n`,
    );
    fs.rmSync(base, { recursive: true });
  });

  it("refuses a broken saved_model.pb with exit code 3", async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "show-"));
    const bytes = fs.readFileSync(path.join(FIXTURES, "saved_model.pb"));
    fs.writeFileSync(path.join(directory, "saved_model.pb"), bytes.subarray(0, 1000));
    const { exitCode, err } = await runCli(["show", "--dir", directory]);
    expect(exitCode).toBe(3);
    expect(err).toMatch(/^torchferry: .*saved_model\.pb: not a SavedModel: .*; convert the model again\n$/);
    fs.rmSync(directory, { recursive: true });
  });

  it("wants one place to look at", async () => {
    for (const args of [[], ["--dir", "a", "b"]]) {
      const { exitCode, err } = await runCli(["show", ...args]);
      expect(exitCode).toBe(2);
      expect(err).toBe("torchferry: give a model file or --dir DIRECTORY, one of the two\n");
    }
  });
});
