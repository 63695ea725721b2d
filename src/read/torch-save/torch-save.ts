// Files of torch.save: a zip archive with a pickle, and a file for each storage.
// Layout: <root>/data.pkl, <root>/data/KEY, <root>/byteorder. PyTorch 1.6 and later write it.
// Not here: what the pickle means as a whole (checkpoint.ts, pt2/pickled-weights.ts).
import { PICKLE_LIMITS, readPickle } from "../../bytes/pickle/read-pickle.ts";
import type { PickleValue } from "../../bytes/pickle/values.ts";
import { readZip, type ZipArchive } from "../../bytes/zip/read-zip.ts";
import type { ByteSource } from "../../core/byte-source.ts";
import { Problem, problem } from "../../core/errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensorOfView } from "./stored-view.ts";
import type { TensorRecord } from "./tensor-record.ts";

export interface TorchSave {
  readonly value: PickleValue;
  /** The tensor of a record, lazily; what is wrong with it in words. Equal records give the same Tensor. */
  tensorOf(record: TensorRecord): Tensor | string;
}

/** Reads an archive of torch.save that lies in `source`, such as an entry of a .pt2 file. */
export function readTorchSave(source: ByteSource): TorchSave | Problem {
  const entries = readZip(source);
  return entries instanceof Problem ? entries : readTorchSaveEntries(source, entries);
}

/**
 * Reads the pickle of an archive; storages are opened when a tensor asks for them. `part` is the pickle's path without
 * `.pkl`, and the folder of its storages; by default the first `data` in the archive.
 */
export function readTorchSaveEntries(
  source: ByteSource,
  entries: ZipArchive,
  part?: string,
): TorchSave | Problem {
  const malformed = (found: string) => problem("PICKLE_MALFORMED", { file: source.name, found });
  const entry =
    part === undefined
      ? [...entries.values()].find(({ name }) => name === "data.pkl" || name.endsWith("/data.pkl"))
      : entries.get(`${part}.pkl`);
  if (!entry) return malformed("an archive without data.pkl");
  const bytes = entry.bytes();
  if (bytes instanceof Problem) return bytes;
  const pickle = readPickle(bytes, 0, PICKLE_LIMITS);
  if (typeof pickle === "string") return malformed(`a broken pickle (${pickle})`);
  const folder = entry.name.slice(0, -".pkl".length);
  const root = folder.slice(0, folder.lastIndexOf("/") + 1);
  const order = entries.get(`${root}byteorder`)?.bytes();
  const bigEndian = order instanceof Uint8Array && new TextDecoder().decode(order).trim() === "big";
  const shared = new Map<string, Tensor>();
  return {
    value: pickle.value,
    tensorOf(record) {
      const key = JSON.stringify(record);
      const known = shared.get(key);
      if (known) return known;
      const storage = entries.get(`${folder}/${record.storage}`)?.source();
      if (!storage) return `has no storage ${record.storage} in the archive`;
      if (storage instanceof Problem) return storage.message;
      const tensor = tensorOfView({ ...record, storage, bigEndian });
      if (typeof tensor !== "string") shared.set(key, tensor);
      return tensor;
    },
  };
}
