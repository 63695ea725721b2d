// NumPy's .npz files: a zip archive of .npy files, as np.savez and np.savez_compressed write them.
// Specification: https://numpy.org/doc/stable/reference/generated/numpy.savez.html
import type { ByteSource } from "../core/byte-source.ts";
import { FerryError, Problem } from "../core/errors.ts";
import { readNpy, writeNpy } from "../tensor/npy.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { readZip } from "./zip/read-zip.ts";
import { writeZip } from "./zip/write-zip.ts";

/** The arrays by name, in the file's order. Throws what readZip and readNpy say; messages name the array. */
export function readNpz(source: ByteSource): Map<string, Tensor> {
  const archive = readZip(source);
  if (archive instanceof Problem) throw new FerryError([archive]);
  const tensors = new Map<string, Tensor>();
  for (const entry of archive.values()) {
    if (!entry.name.endsWith(".npy")) continue;
    const contents = entry.source();
    if (contents instanceof Problem) throw new FerryError([contents]);
    const name = entry.name.slice(0, -".npy".length);
    tensors.set(name, readNpy({ ...contents, name: `${source.name}[${name}]`, read: contents.read }));
  }
  return tensors;
}

/** The pieces of the file that np.savez would write, in order; the arrays' order is kept. */
export function writeNpz(tensors: ReadonlyMap<string, Tensor>): Uint8Array[] {
  return writeZip([...tensors].map(([name, tensor]) => ({ name: `${name}.npy`, bytes: writeNpy(tensor) })));
}
