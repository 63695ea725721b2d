import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SavedModelSchema } from "./bytes/protobuf/generated/tensorflow_pb.ts";
import { convertModel } from "./convert.ts";
import { type ByteSource, bytesSource } from "./core/byte-source.ts";
import { FerryError } from "./core/errors.ts";
import { parseGraph } from "./graph/text.ts";
import { readOnnx } from "./read/onnx/read-onnx.ts";
import { encodeOnnx } from "./write/onnx/encode-graph.ts";

const DIGITS = join(import.meta.dirname, "../examples/digits");

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "torchferry-convert-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function digits(file: string): ByteSource {
  return bytesSource(file, readFileSync(join(DIGITS, file)));
}

/** A model of its own, as the bytes of an ONNX file. */
function model(text: string): ByteSource {
  const graph = parseGraph(text);
  graph.opsets.set("", 21);
  return bytesSource(
    "model.onnx",
    encodeOnnx(graph, () => undefined),
  );
}

function contents(directory: string): Map<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = names.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(
    paths.map((path) => [path.slice(directory.length + 1), readFileSync(path).toString("base64")]),
  );
}

const bytesIn = (base64: string): number => Buffer.from(base64, "base64").byteLength;

/** The contents of model.onnx's weights by name, wherever they stand. */
function initializers(directory: string): Map<string, string> {
  const open = (path: string) => bytesSource(path, readFileSync(join(directory, path)));
  const graph = readOnnx(open("model.onnx"), { openSibling: open });
  const values = graph.nodes.flatMap(({ inputs }) => inputs.flatMap((value) => value ?? []));
  return new Map(
    values.flatMap(({ name, initializer }) =>
      initializer ? [[name, Buffer.from(initializer.read()).toString("base64")]] : [],
    ),
  );
}

async function refusal(conversion: Promise<unknown>): Promise<FerryError> {
  const error = await conversion.catch((reason: unknown) => reason);
  if (!(error instanceof FerryError)) throw new Error(`a FerryError is wanted, not ${String(error)}`);
  return error;
}

const FIXED = "graph main(x: float32[4, 3], m: float32[b, 3]) -> (y) {\n  y = Add(x, m)\n}";

describe("convertModel", () => {
  it.each(["digits.pt2", "digits.onnx"])(
    "writes the four files of %s and says what is in them",
    async (file) => {
      const source = digits(file);
      const converted = await convertModel(source, { output: base, signatures: ["predict_images"] });
      expect(converted.inputs).toEqual([{ name: "image", dtype: "float32", shape: [-1, 1, 8, 8] }]);
      expect(converted.outputs.map(({ dtype, shape }) => [dtype, shape])).toEqual([
        ["float32", [-1, 10]],
        ["float32", [-1, 32]],
      ]);
      expect(converted.signatures).toEqual(["serving_default", "predict_images"]);
      const files = contents(join(base, "1"));
      expect([...files.keys()]).toEqual([
        "model.onnx",
        "saved_model.pb",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
      ]);
      const bytes = [...files.values()].reduce(
        (sum, text) => sum + Buffer.from(text, "base64").byteLength,
        0,
      );
      expect(converted.byteLength).toBe(bytes);
    },
  );

  it("gives the same bytes for the same bytes", async () => {
    await convertModel(digits("digits.pt2"), { output: base });
    await convertModel(digits("digits.pt2"), { output: base });
    expect(contents(join(base, "1"))).toEqual(contents(join(base, "2")));
  });

  it("stores a weight once when it is to be compact", async () => {
    const large = await convertModel(digits("digits.onnx"), { output: base });
    const small = await convertModel(digits("digits.onnx"), { output: base, compact: true });
    expect(small.byteLength).toBeLessThan(0.75 * large.byteLength);
  });

  it("cuts the weights into data files, and puts model.onnx's weights where they are", async () => {
    const whole = await convertModel(digits("digits.pt2"), { output: base });
    const cut = await convertModel(digits("digits.pt2"), { output: base, shardBytes: 20_000 });
    const [one, several] = [contents(join(base, "1")), contents(join(base, "2"))];
    const data = [...several.keys()].filter((name) => name.includes(".data-"));
    expect(data.length).toBeGreaterThan(1);
    expect(data.at(-1)).toMatch(new RegExp(`data-0000${data.length - 1}-of-0000${data.length}$`));
    expect(cut.byteLength).toBe([...several.values()].reduce((sum, text) => sum + bytesIn(text), 0));
    expect(initializers(join(base, "2"))).toEqual(initializers(join(base, "1")));
    expect(one.size).toBe(4);
    expect(whole.inputs).toEqual(cut.inputs);
  });

  it("puts the weights into the models when they are to be constants", async () => {
    const converted = await convertModel(digits("digits.pt2"), { output: base, weights: "constants" });
    expect([...contents(join(base, "1")).keys()]).toEqual(["model.onnx", "saved_model.pb"]);
    const { metaGraphs } = fromBinary(SavedModelSchema, converted.savedModel);
    const ops = new Set(metaGraphs.flatMap(({ graphDef }) => graphDef?.node.map(({ op }) => op) ?? []));
    expect([ops.has("VarHandleOp"), ops.has("RestoreV2"), ops.has("Const")]).toEqual([false, false, true]);
    expect(metaGraphs[0]?.saverDef).toBeUndefined(); // loaders would ask for a checkpoint
    await convertModel(digits("digits.pt2"), { output: base });
    expect(initializers(join(base, "1"))).toEqual(initializers(join(base, "2")));
  });

  it("renames inputs and outputs", async () => {
    const options = { output: base, inputNames: ["img"], outputNames: ["p", "f"] };
    const converted = await convertModel(digits("digits.pt2"), options);
    expect([...converted.inputs, ...converted.outputs].map(({ name }) => name)).toEqual(["img", "p", "f"]);
  });

  it.each([
    [{ inputNames: ["a", "b"] }, "the model has 1: image"],
    [{ outputNames: ["a", "a"] }, "'a' stands twice"],
    [{ outputNames: ["", "a"] }, "a name is empty"],
  ])("refuses names that do not fit: %j", async (names, reason) => {
    const error = await refusal(convertModel(digits("digits.pt2"), { output: base, ...names }));
    expect([error.code, error.row.exit]).toEqual(["NAMES_MISFIT", 2]);
    expect(error.message).toContain(reason);
  });

  it("keeps a fixed batch without an engine to prove another, and says where the batch is", async () => {
    const kept = await convertModel(model("graph main(x: float32[4, 3]) -> (y) {\n  y = Relu(x)\n}"), {
      dryRun: true,
    });
    expect(kept.inputs[0]?.shape).toEqual([4, 3]);
    expect(kept.batch.outcome).toEqual({
      state: "kept",
      size: 4,
      reason: "there is no engine to prove it with",
    });
    expect(kept.batch.isJoinable).toBe(false);
  });

  it("demands a free batch of every input when it is told to", async () => {
    const error = await refusal(convertModel(model(FIXED), { dryRun: true, batch: "dynamic" }));
    expect([error.code, error.row.exit, error.problems.length]).toEqual(["BATCH_FIXED", 4, 1]);
    expect(error.message).toContain("the batch is fixed to 4: axis 0 of input 'x' is");
    const without = { dryRun: true, batch: "dynamic", batchAxis: { x: "none" } } as const;
    const { batch } = await convertModel(model(FIXED), without);
    expect([batch.outcome.state, batch.whyNot]).toEqual(["free", "'x' has no batch"]);
  });

  it.each([[{ z: 0 }], [{ m: 5 }], [9]])("refuses an axis that is not there: %j", async (batchAxis) => {
    const error = await refusal(convertModel(model(FIXED), { dryRun: true, batchAxis }));
    expect([error.code, error.row.exit]).toEqual(["BATCH_AXIS_MISFIT", 2]);
  });

  it("says everything that cannot be lowered at once, and writes nothing", async () => {
    const text = `graph main(x: float32[n, 2, 4]) -> (y, z) {
      a = ImageDecoder(x) @ vision.decode
      y = Relu(a)
      z = TfIdfVectorizer(x)
    }`;
    const error = await refusal(convertModel(model(text), { output: base }));
    expect(error.problems.map((problem) => problem.fields["operator"])).toEqual([
      "ImageDecoder",
      "TfIdfVectorizer",
    ]);
    expect(error.row.exit).toBe(4);
    expect(error.message).toContain("vision.decode");
    expect(readdirSync(base)).toEqual([]);
  });

  it("does everything but the writing in a dry run", async () => {
    const { directory, byteLength } = await convertModel(digits("digits.pt2"), {
      output: base,
      dryRun: true,
    });
    expect(directory).toBeUndefined();
    expect(byteLength).toBeGreaterThan(10_000);
    expect(readdirSync(base)).toEqual([]);
  });

  it("tells how far it is, and shows the finished files before they get their place", async () => {
    const done: number[] = [];
    let seen: readonly string[] = [];
    await convertModel(digits("digits.pt2"), {
      output: base,
      onProgress: (bytes, total) => done.push(bytes / total),
      check: (directory) => {
        seen = [...contents(directory).keys()];
      },
    });
    expect(done.at(-1)).toBe(1);
    expect(seen).toHaveLength(4);
  });
});
