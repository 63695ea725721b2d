// Files of every kind: recognised by content, and answered with what they are and what to do.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../core/byte-source.ts";
import { FerryError } from "../core/errors.ts";
import { readModel } from "./read-model.ts";

const FIXTURES: Record<string, string> = JSON.parse(
  readFileSync(new URL("other-kinds.fixtures.json", import.meta.url), "utf8"),
);
const fixture = (name: string): Uint8Array => Uint8Array.from(Buffer.from(FIXTURES[name] ?? "", "base64"));
const text = (contents: string): Uint8Array => new TextEncoder().encode(contents);

async function refusal(contents: Uint8Array): Promise<FerryError> {
  try {
    await readModel(bytesSource("model.pt2", contents));
  } catch (error) {
    if (error instanceof FerryError) return error;
    throw error;
  }
  throw new Error("the file was read");
}

/** A stored archive of empty entries, as few bytes as zip allows. */
function zipOf(names: readonly string[]): Uint8Array {
  const locals: number[] = [];
  const directory: number[] = [];
  for (const name of names) {
    const offset = locals.length;
    const length = [name.length, 0];
    locals.push(...text("PK\x03\x04"), ...new Array(22).fill(0), ...length, 0, 0, ...text(name));
    const place = [offset % 256, offset >> 8, 0, 0];
    directory.push(
      ...text("PK\x01\x02"),
      ...new Array(24).fill(0),
      ...length,
      ...new Array(12).fill(0),
      ...place,
      ...text(name),
    );
  }
  const sizes = [
    directory.length % 256,
    directory.length >> 8,
    0,
    0,
    locals.length % 256,
    locals.length >> 8,
    0,
    0,
  ];
  const count = [names.length, 0];
  return Uint8Array.from([
    ...locals,
    ...directory,
    ...text("PK\x05\x06"),
    0,
    0,
    0,
    0,
    ...count,
    ...count,
    ...sizes,
    0,
    0,
  ]);
}

const safetensors = (): Uint8Array => {
  const header =
    '{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  return Uint8Array.from([header.length, ...new Array(7).fill(0), ...text(header), 0, 0, 0, 0]);
};

describe("a file that holds no graph", () => {
  it.each([
    [
      "CHECKPOINT_NOT_A_MODEL",
      "a state_dict",
      fixture("state_dict"),
      "2 tensors: 0.weight, 0.bias; 9 numbers in all",
    ],
    [
      "CHECKPOINT_NOT_A_MODEL",
      "a checkpoint",
      fixture("checkpoint"),
      "2 tensors: model.0.weight, model.0.bias",
    ],
    [
      "MODULE_PICKLE",
      "a module",
      fixture("module"),
      "a pickled torch.nn.modules.container.Sequential (2 tensors",
    ],
    ["LEGACY_TORCH_SAVE", "an old torch.save", fixture("legacy"), "2 tensors: model.0.weight"],
    [
      "AOTINDUCTOR_PACKAGE",
      "an AOTInductor package",
      zipOf(["m/archive_format", "m/data/aotinductor/net/x.so"]),
      "(net)",
    ],
    ["TORCH_PACKAGE", "a torch.package", zipOf(["m/.data/extern_modules", "m/net.py"]), "PackageImporter"],
    ["MODEL_ARCHIVE", "a .mar", zipOf(["MAR-INF/MANIFEST.json", "resnet.pt"]), "(.mar) with resnet.pt"],
    ["ZIP_WITHOUT_MODEL", "another zip", zipOf(["readme.txt"]), "entries: readme.txt"],
    ["SAFETENSORS", "safetensors", safetensors(), "1 tensors: a.weight"],
    ["EXECUTORCH_PROGRAM", "ExecuTorch", text("\x10\0\0\0ET12\0\0\0\0"), ".pte"],
    ["MOBILE_FLATBUFFER", "a mobile flatbuffer", text("\x10\0\0\0PTMF\0\0\0\0"), ".ptl"],
    ["OTHER_FORMAT", "TensorFlow Lite", text("\x10\0\0\0TFL3\0\0\0\0"), "TensorFlow Lite"],
    [
      "OTHER_FORMAT",
      "a SavedModel",
      Uint8Array.of(8, 1, 0x12, 4, 0x0a, 2, 0x12, 0),
      "a TensorFlow SavedModel",
    ],
    ["EMPTY_FILE", "nothing", text(""), "the file is empty"],
    ["TEXT_NOT_A_MODEL", "a text", text("Readme\nof a model"), 'a text file ("Readme")'],
    [
      "TEXT_NOT_A_MODEL",
      "a pointer of Git LFS",
      text("version https://git-lfs.github.com/spec/v1\noid 1"),
      "git lfs pull",
    ],
    ["TEXT_NOT_A_MODEL", "a web page", text("<!DOCTYPE html><html>"), "fetch the file itself"],
    ["UNKNOWN_FORMAT", "anything else", Uint8Array.of(1, 2, 3, 255), "the bytes 01 02 03 ff"],
    ["ONNX_MALFORMED", "an ONNX model without a graph", Uint8Array.of(8, 10), "it has no graph"],
    ["ZIP_TRUNCATED", "half an archive", fixture("traced").subarray(0, 3000), "cut short"],
  ])("%s: %s", async (code, _, contents, message) => {
    const error = await refusal(contents);
    expect([error.code, error.row.exit]).toEqual([code, 3]);
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^model\.pt2: /);
  });

  it("comes with the two lines that make a .pt2", async () => {
    expect((await refusal(fixture("state_dict"))).message.split("\n").slice(1)).toEqual([
      "  program = torch.export.export(model.eval(), (x,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))",
      '  torch.export.save(program, "model.pt2")',
    ]);
  });
});

/** A few bytes can be a sound, empty model. */
async function readOrRefuse(contents: Uint8Array): Promise<void> {
  try {
    await readModel(bytesSource("model.pt2", contents));
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
  }
}

describe("any bytes", () => {
  it("get an error of the table", async () => {
    const start = fc.constantFrom(
      ...Object.keys(FIXTURES).map((name) => fixture(name)),
      safetensors(),
      text("\x08\x0a:\x10"),
    );
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(start, changes, async (original, edits) => {
        const contents = original.slice();
        for (const [at, byte] of edits) contents[at % contents.length] = byte;
        await readOrRefuse(contents);
      }),
      { numRuns: 2000, seed: 1 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), (contents) => readOrRefuse(contents)),
      { numRuns: 2000, seed: 1 },
    );
  });
});
