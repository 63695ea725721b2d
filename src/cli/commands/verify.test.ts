import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelProtoSchema } from "../../bytes/protobuf/generated/onnx_pb.ts";
import { runCli } from "../testing/run-cli.ts";

const DIGITS = fileURLToPath(new URL("../../../examples/digits", import.meta.url));
const ONNX = path.join(DIGITS, "digits.onnx");
const RECORDED = fileURLToPath(new URL("../verify/fixtures", import.meta.url)); // by conformance/fixtures/digits_recorded.py

/** Without a PATH there is no Python: what is left is onnxruntime. */
const ALONE = { env: { PATH: "" } };

let scratch: string;
beforeAll(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), "verify-"));
});
afterAll(() => fs.rmSync(scratch, { recursive: true }));

/** The second-to-last printed lines' columns, with runs of blanks as one. */
function rowsOf(out: string): string[] {
  return out
    .split("\n")
    .filter((line) => line.startsWith("ONNX"))
    .map((line) => line.replace(/ +/g, " "));
}

/** Digits, converted, with a max pooling that looks at other pixels. */
async function planted(base: string): Promise<string> {
  await runCli(["convert", ONNX, "--output", base]);
  const file = path.join(base, "1", "model.onnx");
  const model = fromBinary(ModelProtoSchema, fs.readFileSync(file));
  const pool = model.graph?.node.find((node) => node.opType === "MaxPool");
  const kernel = pool?.attribute.find((attribute) => attribute.name === "kernel_shape");
  if (!pool || !kernel) throw new Error("digits has no MaxPool with a kernel");
  kernel.ints = [1n, 2n];
  fs.writeFileSync(file, toBinary(ModelProtoSchema, model));
  return pool.name;
}

describe("torchferry verify", () => {
  it("compares every output at every batch size, and says what was not run", async () => {
    const { exitCode, out, err } = await runCli(["verify", ONNX, "--batch-sizes", "1,3"], ALONE);
    expect({ exitCode, err }).toEqual({
      exitCode: 0,
      err: "torchferry: the SavedModel is not run: python3 is not there\n",
    });
    expect(rowsOf(out).map((row) => row.replace(/ \d\.\de-\d+ \d\.\de-\d+| 0 0/, ""))).toEqual([
      "ONNX 1 probabilities float32 (1, 10) 1.0e-4 equal",
      "ONNX 1 features float32 (1, 32) 1.0e-4 equal",
      "ONNX 3 probabilities float32 (3, 10) 1.0e-4 equal",
      "ONNX 3 features float32 (3, 32) 1.0e-4 equal",
    ]);
    expect(out).toMatch(/4 of 4 outputs equal to the file in onnxruntime; the largest relative error is /);
  });

  it("compares with recorded numbers", async () => {
    const args = ["verify", ONNX, "--with", path.join(RECORDED, "digits-wrong.npz"), "--json"];
    const { exitCode, out, err } = await runCli(args, ALONE);
    expect(exitCode).toBe(5);
    expect(err).toMatch(/ outputs differ from .*digits-wrong\.npz/);
    const { ok, rows, parting } = JSON.parse(out);
    expect(ok).toBe(false);
    expect(new Set(rows.map(({ engine }: { engine: string }) => engine))).toEqual(
      new Set(["the file in onnxruntime", "ONNX"]),
    );
    expect(parting).toMatchObject({ kind: "unknown", reason: "the two give the same outputs here" });
  });

  it("finds the node with a wrong attribute, and writes it as a model that differs alone", async () => {
    const base = path.join(scratch, "planted");
    const pool = await planted(base);
    const reproduction = path.join(scratch, "pool");
    const args = [
      "--dir",
      path.join(base, "1"),
      "--batch-sizes",
      "2",
      "--reproduction",
      reproduction,
      "--json",
    ];
    const first = await runCli(["verify", ONNX, ...args], ALONE);
    expect(first.exitCode).toBe(5);
    expect(JSON.parse(first.out).parting).toMatchObject({
      kind: "operator",
      nodes: [`MaxPool '${pool}'`],
      reproduction: { model: `${reproduction}.onnx`, arrays: `${reproduction}.npz` },
    });
    const again = await runCli(
      [
        "verify",
        `${reproduction}.onnx`,
        "--with",
        `${reproduction}.npz`,
        "--reproduction",
        `${reproduction}2`,
      ],
      ALONE,
    );
    expect(again.exitCode).toBe(5);
    expect(rowsOf(again.out)).toHaveLength(1);
    expect(fs.existsSync(`${reproduction}2.onnx`)).toBe(false);
    expect(fs.readdirSync(scratch).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("wants PyTorch or recorded numbers for a PyTorch file", async () => {
    const { exitCode, err } = await runCli(["verify", path.join(DIGITS, "digits.pt2")], ALONE);
    expect(exitCode).toBe(3);
    expect(err).toContain("there is nothing to compare with: python3 is not there; name a Python");
    const args = ["verify", path.join(DIGITS, "digits.pt2"), "--with", path.join(RECORDED, "digits.npz")];
    const recorded = await runCli([...args, "--python", "/nowhere/python"], ALONE);
    expect(recorded.exitCode).toBe(0);
    expect(recorded.err).toContain("/nowhere/python is not there");
  });

  it.each([
    [["--batch-sizes", "0"], "Numbers from 1 on"],
    [["--sizes", "height"], "NAME=SIZE is wanted"],
    [["--tolerance", "x"], "A number such as 1e-3"],
    [["--seed", "-1"], "A number from 0 on"],
  ])("refuses %j", async (args, message) => {
    const { exitCode, err } = await runCli(["verify", ONNX, ...args], ALONE);
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
  });

  it("makes no float16 copy without PyTorch", async () => {
    const { exitCode, err } = await runCli(["verify", ONNX, "--float16", "--batch-sizes", "1"], ALONE);
    expect(exitCode).toBe(2);
    expect(err).toContain("there is no float16 copy: PyTorch makes it, of its own files");
  });
});
