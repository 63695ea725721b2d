// Bodies for the bench of JSON. Decimals are Python's own, `json.dumps` of a float32 array's `tolist()`.
import { execFileSync } from "node:child_process";
import { conformanceFile } from "../processes.mjs";

const PIXELS = 3 * 224 * 224;

/** By name: the element type, the shape, where its numbers come from, and the members around them. */
export const SHAPES = {
  "one image, float32": { dtype: "float32", shape: [1, 3, 224, 224], write: decimals },
  "the same in `inputs`": { dtype: "float32", shape: [1, 3, 224, 224], write: decimals, around: "inputs" },
  "the same, Open Inference Protocol": {
    dtype: "float32",
    shape: [1, 3, 224, 224],
    write: decimals,
    around: "data",
  },
  "one image, float64": { dtype: "float64", shape: [1, 3, 224, 224], write: doubles },
  "one image, 0 to 255, in float32": { dtype: "float32", shape: [1, 3, 224, 224], write: bytes },
  "one image, 0 to 255, in uint8": { dtype: "uint8", shape: [1, 3, 224, 224], write: bytes },
  "tokens, int64": { dtype: "int64", shape: [256, 512], write: tokens },
  "rows of 224, float32": { dtype: "float32", shape: [672, 224], write: decimals },
  "rows of 16, float32": { dtype: "float32", shape: [9408, 16], write: decimals },
  "rows of 4, float32": { dtype: "float32", shape: [37632, 4], write: decimals },
  "lone numbers, float32": { dtype: "float32", shape: [PIXELS], write: decimals },
};

/** { text, dtype, protocol } of one of them. */
export function bodyOf(name) {
  const { dtype, shape, write, around = "instances" } = SHAPES[name];
  const list = write(shape);
  const input = `{"name": "x", "shape": [${shape}], "datatype": "FP32", "data": ${list}}`;
  const text = around === "data" ? `{"inputs": [${input}]}` : `{"${around}": ${list}}`;
  return { text: Buffer.from(text, "latin1"), dtype, protocol: around === "data" ? "open inference" : "tf" };
}

/** The text of one image without the list of the batch. */
export function imageText() {
  return decimals([3, 224, 224]);
}

/** Between -1 and 1, with as many digits as an image's after it was normalised. */
function decimals(shape) {
  const values = Float32Array.from({ length: product(shape) }, (_, index) => Math.sin(index));
  const args = [conformanceFile("bench/json_list.py"), shape.join(",")];
  const input = new Uint8Array(values.buffer);
  return execFileSync("python3", args, { encoding: "latin1", input, maxBuffer: 2 ** 30 });
}

function doubles(shape) {
  return nested(shape, (index) => Math.sin(index));
}

function bytes(shape) {
  return nested(shape, (index) => (index * 2_654_435_761) % 256);
}

function tokens(shape) {
  return nested(shape, (index) => (index * 2_654_435_761) % 50_257);
}

/** Lists as Python writes them. */
function nested(shape, valueAt) {
  const write = ([size, ...rest], from, step) => {
    const parts = Array.from({ length: size }, (_, index) =>
      rest.length === 0 ? valueAt(from + index) : write(rest, from + index * step, step / (rest[0] ?? 1)),
    );
    return `[${parts.join(", ")}]`;
  };
  return write(shape, 0, product(shape) / shape[0]);
}

function product(shape) {
  return shape.reduce((count, size) => count * size, 1);
}
