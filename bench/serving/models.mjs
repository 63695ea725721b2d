// The models that are served, each with the one request that all of its clients send.
// Not here: how a request is written (requests.mjs).
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { MODELS as ENGINE_MODELS } from "../engines/models.mjs";
import { conformance, conformanceFile, torchferry } from "../processes.mjs";

const IMAGE = { name: "x", shape: [1, 3, 224, 224] };
/** One image as JSON is 3 MB, 64 of them are 200. */
const LARGEST_TEXT_BYTES = 2 ** 29;

/** Inputs are float32. `seconds` is a window's: the tiny model has thousands of calls in one. */
export const MODELS = {
  tiny: { input: { name: "x", shape: [1, 16] }, seconds: 1, make: makeTiny },
  mobilenet_v3_small: { input: IMAGE, seconds: 2, make: convertExported },
  resnet18: { input: IMAGE, seconds: 2.5, make: convertExported },
  encoder: { input: { name: "src", shape: [1, 9, 192] }, seconds: 2, make: convertExported },
};

/** A model in `folder`: { name, base, directory, input: { name, shape, data }, json }. */
export function prepareModel(name, folder) {
  const { input, seconds, make } = MODELS[name];
  const base = path.join(folder, name);
  make(name, base);
  const data = wave(input.shape);
  const json = asPythonWritesIt(data, input.shape);
  return { name, base, directory: path.join(base, "1"), seconds, input: { ...input, data }, json };
}

/** 16 floats through two small matrices: a call costs what the path around it costs. */
function makeTiny(_, base) {
  mkdirSync(path.join(base, "1"), { recursive: true });
  writeFileSync(path.join(base, "1", "model.onnx"), ENGINE_MODELS.tiny.model());
}

function convertExported(name, base) {
  const source = path.join(conformance("exported.py"), name, "model.pt2");
  const [program, ...args] = torchferry("convert", source, "--output", base);
  execFileSync(program, args);
}

/** A tensor's bytes: numbers in [-1, 1] that have as many digits as a real image's. */
export function wave(shape) {
  const count = shape.reduce((product, size) => product * size, 1);
  return new Uint8Array(Float32Array.from({ length: count }, (_, i) => Math.sin(i)).buffer);
}

export function asPythonWritesIt(data, shape) {
  const args = [conformanceFile("bench/json_list.py"), shape.join(",")];
  return execFileSync("python3", args, {
    input: data,
    encoding: "utf8",
    maxBuffer: LARGEST_TEXT_BYTES,
  });
}
