// What is fuzzed: each reader with real files, how they are damaged, and the way that reads all of them.
// Not here: the damage (edits.ts), what an answer may be (fuzz.test.ts).
import { readdirSync, readFileSync } from "node:fs";
import { readPickle } from "../../src/bytes/pickle/read-pickle.ts";
import { readZip, type ZipArchive } from "../../src/bytes/zip/read-zip.ts";
import { bytesSource } from "../../src/core/byte-source.ts";
import { type ErrorCode, FerryError, Problem } from "../../src/core/errors.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { readSavedModel } from "../../src/model/read-saved-model.ts";
import { optimize } from "../../src/passes/optimize.ts";
import { type ReadOptions, readModel } from "../../src/read/read-model.ts";
import { readNpy } from "../../src/tensor/npy.ts";
import { lowerToTensorFlow } from "../../src/tensorflow/lower/lower-to-tensorflow.ts";
import { encodeOnnx } from "../../src/write/onnx/encode-graph.ts";
import { storedZip } from "./stored-zip.ts";

export interface Target {
  readonly name: string;
  /** Real files or parts of files; what is damaged. */
  readonly seeds: readonly Seed[];
  /** Words of the format's language, put in as damage. */
  readonly words?: readonly string[];
}

export interface Seed {
  readonly bytes: Uint8Array;
  /** Reads damaged bytes to the end. A refusal is a FerryError that is thrown, or words or a Problem that is returned. */
  readonly read: (bytes: Uint8Array) => unknown;
}

const SRC = new URL("../../src/", import.meta.url);
const PT2 = new URL("read/pt2/fixtures/", SRC);
/** Archives whose weights are pickles. */
const OLD_PT2 = new URL("read/fixtures/torch-2.6.0/", SRC);
const TORCHSCRIPT = new URL("read/torchscript/fixtures/", SRC);
const DIGITS = new URL("../../examples/digits/digits.onnx", import.meta.url);

/** What is said where a file alone does not tell: which of two models, what a scripted one takes. */
const HINTS: Partial<Record<ErrorCode, ReadOptions>> = {
  PT2_MODEL_CHOICE: { model: "first" },
  TORCHSCRIPT_INPUTS: { inputs: { x: { dtype: "float32", shape: ["batch", 3] } } },
};

/** Python and JSON words that change what a program means, not only whether it parses. */
const CODE_WORDS = [
  "(",
  ")",
  "[",
  "]",
  ":",
  ",",
  "=",
  "\n",
  "\n  ",
  "if ",
  "while ",
  "def ",
  "return ",
  "None",
  "-1",
];
const JSON_WORDS = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "null",
  "true",
  "-1",
  "1e999",
  "9007199254740993",
  '""',
  "[]",
];

export const TARGETS: readonly Target[] = [
  { name: "zip", seeds: [...archives(), ...encoded("bytes/zip/zip.fixtures.json")].map(zipSeed) },
  { name: "pickle", seeds: [...pickles(), ...inside(/\.pkl$|weights_config\.json$/)] },
  { name: "JSON of .pt2", seeds: inside(/\.json$/, PT2, OLD_PT2), words: JSON_WORDS },
  { name: "TorchScript source", seeds: inside(/\/code\/.*\.py$/, TORCHSCRIPT), words: CODE_WORDS },
  { name: "protobuf of ONNX", seeds: await onnxModels() },
  {
    name: "protobuf of SavedModel",
    seeds: [{ bytes: file(new URL("cli/show/fixtures/saved_model.pb", SRC)), read: readPb }],
  },
  { name: "npy", seeds: arrays() },
];

function file(url: URL): Uint8Array {
  return Uint8Array.from(readFileSync(url));
}

/** Whole model archives as they are. */
function archives(folders: readonly URL[] = [PT2, OLD_PT2, TORCHSCRIPT]): Uint8Array[] {
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.pt2?$/.test(name))
      .map((name) => file(new URL(name, folder))),
  );
}

/** The entries of archives whose names match, each damaged alone and read as a part of its whole archive. */
function inside(name: RegExp, ...folders: URL[]): Seed[] {
  return archives(folders.length > 0 ? folders : undefined).flatMap((archive) => {
    const contents = contentsOf(archive);
    return [...contents].flatMap(([path, bytes]) =>
      name.test(path)
        ? [
            {
              bytes,
              read: (damaged: Uint8Array) => convertible(storedZip(new Map(contents).set(path, damaged))),
            },
          ]
        : [],
    );
  });
}

function contentsOf(archive: Uint8Array): Map<string, Uint8Array> {
  const contents = new Map<string, Uint8Array>();
  for (const [name, entry] of entriesOf(archive)) {
    const bytes = entry.bytes();
    if (bytes instanceof Problem) throw new FerryError([bytes]);
    contents.set(name, bytes);
  }
  return contents;
}

function entriesOf(archive: Uint8Array): ZipArchive {
  const entries = readZip(bytesSource("damaged", archive));
  if (entries instanceof Problem) throw new FerryError([entries]);
  return entries;
}

function readEntries(archive: Uint8Array): void {
  for (const entry of entriesOf(archive).values()) entry.bytes();
}

function zipSeed(bytes: Uint8Array): Seed {
  return { bytes, read: readEntries };
}

/** Small files that a table of fixtures holds as base64. */
function encoded(path: string): Uint8Array[] {
  const fixtures: Record<string, string> = JSON.parse(readFileSync(new URL(path, SRC), "utf8"));
  return Object.values(fixtures).map((text) => Uint8Array.from(Buffer.from(text, "base64")));
}

function pickles(): Seed[] {
  return encoded("bytes/pickle/pickle.fixtures.json").map((bytes) => ({
    bytes,
    read: (damaged) => readPickle(damaged),
  }));
}

/** The .pt2 models as ONNX files. */
async function onnxModels(): Promise<Seed[]> {
  const models = archives([PT2]).map(async (archive) => {
    const graph = await graphOf(archive);
    return { bytes: encodeOnnx(graph, () => undefined), read: convertible };
  });
  return [{ bytes: file(DIGITS), read: convertible }, ...(await Promise.all(models))];
}

function arrays(): Seed[] {
  return encoded("tensor/npy.fixtures.json").map((bytes) => ({
    bytes,
    read: (damaged) => readNpy(bytesSource("damaged.npy", damaged)).read(),
  }));
}

/** Reads a model and takes it all the way to TensorFlow's graph. */
async function convertible(model: Uint8Array): Promise<void> {
  lowerToTensorFlow(optimize(await graphOf(model)), { file: "damaged" });
}

async function graphOf(model: Uint8Array): Promise<Graph> {
  const source = bytesSource("damaged", model);
  try {
    return await readModel(source);
  } catch (error) {
    const hint = error instanceof FerryError ? HINTS[error.code] : undefined;
    if (!hint) throw error;
    return readModel(source, hint);
  }
}

function readPb(bytes: Uint8Array): void {
  readSavedModel(bytes, "saved_model.pb");
}
