// Weights of archives since torch 2.9: files of raw storages, and a table of the views into them.
// A file holds a whole storage, of which a weight is a strided view: tied weights, slices of one base and transposed
// weights share a file. Weights that are the same view of the same storage become one Tensor.
// Not here: archives up to 2.8, whose weights are pickles (pickled-weights.ts).
import { FerryError, Problem, problem } from "../../core/errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensorOfView } from "../torch-save/stored-view.ts";
import { type Pt2Archive, readJson } from "./archive.ts";
import { PT2_DTYPES } from "./dtypes.ts";
import type { JsonValue } from "./json-value.ts";

/** The tensor of a weight by its fully qualified name; undefined if there is none of that name. */
export type WeightLookup = (name: string) => Tensor | Problem | undefined;

const FOLDERS = { weights: "data/weights/", constants: "data/constants/" } as const;

/** Whether the archive keeps this part raw. */
export function rawWeights(archive: Pt2Archive, part: keyof typeof FOLDERS): WeightLookup | undefined {
  const folder = `${archive.root}${FOLDERS[part]}`;
  const entry = archive.entries.get(`${folder}${archive.model}_${part}_config.json`);
  if (!entry) return undefined;
  const table = new Map(readJson(archive, entry).get("config").entries());
  const shared = new Map<string, Tensor>();
  return (name) => {
    const payload = table.get(name);
    return payload && tensorOf(archive, folder, name, payload, shared);
  };
}

function tensorOf(
  archive: Pt2Archive,
  folder: string,
  weight: string,
  payload: JsonValue,
  shared: Map<string, Tensor>,
): Tensor | Problem {
  const file = archive.file.name;
  const path = payload.get("path_name").string();
  const missing = (found: string) => problem("PT2_WEIGHT_MISSING", { file, weight, found });
  if (payload.get("use_pickle").present && payload.get("use_pickle").boolean()) {
    return problem("PT2_TENSOR_SUBCLASS", {
      file,
      weight,
      found: "an object of a tensor subclass, kept as a pickle",
    });
  }
  const meta = payload.get("tensor_meta");
  if (!meta.present) return missing("is no tensor");
  const dtype = PT2_DTYPES.get(meta.get("dtype").integer());
  if (!dtype) return missing(`its element type ${meta.get("dtype").integer()} is not known`);
  const entry = archive.entries.get(`${folder}${path}`);
  if (!entry) return missing(`its file ${path} is not in the archive`);
  const storage = entry.source();
  if (storage instanceof Problem) throw new FerryError([storage]);
  const shape = sizesOf(meta.get("sizes"));
  const strides = sizesOf(meta.get("strides"));
  const offset = sizeOf(meta.get("storage_offset"));
  const key = JSON.stringify([path, dtype, shape, strides, offset]);
  const known = shared.get(key);
  if (known) return known;
  const tensor = tensorOfView({ dtype, shape, strides, offset, storage, bigEndian: archive.bigEndian });
  if (typeof tensor === "string") return missing(`it ${tensor}`);
  shared.set(key, tensor);
  return tensor;
}

function sizesOf(list: JsonValue): number[] {
  return list.list().map(sizeOf);
}

/** Sizes of weights are plain integers. */
function sizeOf(value: JsonValue): number {
  return value.get("as_int").size();
}
