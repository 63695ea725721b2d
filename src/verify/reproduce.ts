// Writes an operator that differs as a small ONNX model, with its inputs and the outputs that are wanted beside it:
// BASE.onnx and BASE.npz, for `torchferry verify BASE.onnx --with BASE.npz`.
// Invariant: both appear whole, under their names, or not at all.
import * as fs from "node:fs";
import { writeNpz } from "../bytes/npz.ts";
import { writeAll } from "../files/write-all.ts";
import { encodeOnnx } from "../write/onnx/encode-graph.ts";
import { asTensor, type Culprit } from "./find-difference.ts";
import type { Reproduction } from "./report.ts";

/** Throws what the file system throws, and a RangeError for an operator whose weights do not fit into one message. */
export function writeReproduction(culprit: Culprit, base: string): Reproduction {
  const arrays = new Map(culprit.inputs.map((value, index) => [`in${index}`, asTensor(value)]));
  arrays.set("out0", asTensor(culprit.expected));
  const files = { model: `${base}.onnx`, arrays: `${base}.npz` };
  writeWhole(files.model, [encodeOnnx(culprit.part, () => undefined)]);
  writeWhole(files.arrays, writeNpz(arrays));
  return files;
}

function writeWhole(file: string, pieces: readonly Uint8Array[]): void {
  const temporary = `${file}.part`;
  const descriptor = fs.openSync(temporary, "w");
  try {
    for (const piece of pieces) writeAll(descriptor, piece);
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(temporary, file);
}
