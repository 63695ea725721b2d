import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesSource } from "../../core/byte-source.ts";
import { bytesOf } from "../../tensor/elements.ts";
import { readNpy, writeNpy } from "../../tensor/npy.ts";
import { tensorFromBytes } from "../../tensor/tensor.ts";
import { runCli } from "../testing/run-cli.ts";

const DIGITS = fileURLToPath(new URL("../../../examples/digits", import.meta.url));
const NPZ = fileURLToPath(new URL("../verify/fixtures/digits.npz", import.meta.url));
const ONE_IMAGE = `image=${NPZ}[b1.in0]`;
const OUTPUTS =
  /^Result for output key features:\n\[\[.*\]\]\nResult for output key probabilities:\n\[\[.*\]\]\n$/s;

let scratch: string;
let version: string;

beforeAll(async () => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), "run-"));
  version = path.join(scratch, "digits", "1");
  const names = ["--output-names", "probabilities,features"];
  await runCli(["convert", path.join(DIGITS, "digits.pt2"), "--output", path.dirname(version), ...names]);
});
afterAll(() => fs.rmSync(scratch, { recursive: true }));

const run = (...args: string[]) => runCli(["run", "--dir", version, ...args]);

describe("torchferry run", () => {
  it("prints the outputs as saved_model_cli does", async () => {
    const { exitCode, out, err } = await run(
      ...["--tag_set", "serve", "--signature_def", "serving_default", "--inputs", ONE_IMAGE],
    );
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(out).toMatch(OUTPUTS);
    expect(out).toContain("[[9.997"); // the first image is a zero
  });

  it("casts a float64 array to the signature's dtype", async () => {
    const [single, double] = ["float32", "float64"].map((dtype) => {
      const values = Array.from({ length: 64 }, (_, i) => (i % 17) / 16);
      const file = path.join(scratch, `${dtype}.npy`);
      const bytes = bytesOf(dtype as "float32" | "float64", values); // the list above
      fs.writeFileSync(file, writeNpy(tensorFromBytes(dtype as "float32", [1, 1, 8, 8], bytes)));
      return file;
    });
    const expected = await run("--inputs", `image=${single}`);
    expect(expected.out).toMatch(OUTPUTS);
    expect(await run("--inputs", `image=${double}`)).toEqual(expected);
  });

  it("takes Python literals, and prefers them to files with a warning", async () => {
    const row = `[${"0.0,".repeat(8)}]`;
    const literal = `image=[[[${`${row},`.repeat(8)}]]]`;
    const { exitCode, out, err } = await run("--inputs", ONE_IMAGE, "--input_exprs", literal);
    expect(exitCode).toBe(0);
    expect(out).not.toContain("[[9.997");
    expect(err).toBe(
      "torchferry: input_key image has been specified with both --inputs and --input_exprs options. Value in --input_exprs will be used.\n",
    );
  });

  it("runs a model file without a directory", async () => {
    const { exitCode, out } = await runCli(["run", path.join(DIGITS, "digits.onnx"), "--inputs", ONE_IMAGE]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(OUTPUTS);
  });

  it("saves outputs, and overwrites them only when told to", async () => {
    const outdir = path.join(scratch, "out", "deep");
    const args = ["--inputs", ONE_IMAGE, "--outdir", outdir];
    const first = await run(...args);
    expect(first.out).toContain(`Output features is saved to ${outdir}/features.npy\n`);
    const saved = new Uint8Array(fs.readFileSync(path.join(outdir, "probabilities.npy")));
    expect(readNpy(bytesSource("probabilities.npy", saved)).shape).toEqual([1, 10]);
    const second = await run(...args);
    expect(second.exitCode).toBe(1);
    expect(second.out).toMatch(/^Result for output key features:\n/);
    expect(second.out).not.toContain("probabilities");
    expect(second.err).toBe(
      `torchferry: Output file ${outdir}/features.npy already exists. Add "--overwrite" to overwrite the existing output files.\n`,
    );
    expect((await run(...args, "--overwrite")).exitCode).toBe(0);
  });

  it("prints JSON for scripts", async () => {
    const { out } = await run("--inputs", ONE_IMAGE, "--json");
    const { probabilities } = JSON.parse(out);
    expect(probabilities).toMatchObject({ dtype: "float32", shape: [1, 10] });
    expect(probabilities.values.reduce((sum: number, value: number) => sum + value)).toBeCloseTo(1, 5);
  });

  it.each([
    [[], "At least one of --inputs, --input_exprs or --input_examples must be required"],
    [
      ["--inputs", "image"],
      '--inputs "image" format is incorrect. Please follow"<input_key>=<filename>", or"<input_key>=<filename>[<variable_name>]"',
    ],
    [
      ["--inputs", `image=${NPZ}`],
      `Input file ${NPZ} contains more than one ndarrays. Please specify the name of ndarray to use.`,
    ],
    [["--inputs", `image=${NPZ}[no]`], `Input file ${NPZ} does not contain variable with name "no".`],
    [
      ["--input_exprs", "image"],
      '--input_exprs "image" format is incorrect. Please follow"<input_key>=<python expression>"',
    ],
    [
      ["--input_exprs", "image=np.ones((1, 3))"],
      'Expression "np.ones((1, 3))" is not a valid python literal.',
    ],
    [
      ["--input_exprs", "q=1"],
      '"q" is not a valid input key. Please choose from "image", or use --show option.',
    ],
    [
      ["--input_exprs", "image=[[1.0, 2.0]]"],
      'Cannot feed value of shape (1, 2) for the input "image", which has shape (-1, 1, 8, 8)',
    ],
    [
      ["--input_exprs", "image=[[1.0], [2.0, 3.0]]"],
      "--input_exprs image: its nested lists differ in length; the signature wants float32",
    ],
    [
      ["--input_exprs", "image=['a']"],
      "--input_exprs image: it holds a str, not a number; the signature wants float32",
    ],
    [
      ["--input_examples", 'image=[{"a":[1]}]'],
      "--input_examples image: the signature wants float32, not serialized tf.Examples",
    ],
    [
      ["--signature_def", "no", "--input_exprs", "x=1"],
      'Could not find signature "no". Please choose from: serving_default',
    ],
  ])("refuses %j as a mistake of usage", async (args, message) => {
    expect(await run(...args)).toEqual({ exitCode: 2, out: "", err: `torchferry: ${message}\n` });
  });

  it("refuses files that hold no array, with exit code 3", async () => {
    const file = path.join(scratch, "array.pkl");
    fs.writeFileSync(file, "\x80\x04]q\x00.");
    const { exitCode, err } = await run("--inputs", `image=${file}`);
    expect(exitCode).toBe(3);
    expect(err).toContain("array.pkl");
  });
});
