// Arrays from files by their contents: one from a .npy, several from a .npz.
// Invariant: nothing is unpickled; numpy.load(allow_pickle=True), which saved_model_cli calls, would run code.
import { readNpz } from "../../bytes/npz.ts";
import type { ByteSource } from "../../core/byte-source.ts";
import { fail } from "../../core/errors.ts";
import { readNpy } from "../../tensor/npy.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** A file's only array, or its arrays by name. */
export type Arrays = Tensor | ReadonlyMap<string, Tensor>;

/** Throws NPY_MALFORMED and what else readNpy and readNpz say. The tensors' bytes are read when they are used. */
export function readArrays(source: ByteSource): Arrays {
  const head = source.read(0, Math.min(2, source.size));
  return head[0] === 0x50 && head[1] === 0x4b ? readNpz(source) : readNpy(source);
}

export function isSingle(arrays: Arrays): arrays is Tensor {
  return "dtype" in arrays;
}

/**
 * The array that `variable` names. A single array needs no name, and ignores one (`warn` hears of it).
 * Throws INPUT_VARIABLE_MISSING or INPUT_VARIABLE_AMBIGUOUS.
 */
export function chooseArray(
  arrays: Arrays,
  file: string,
  variable: string | undefined,
  warn: (message: string) => void,
): Tensor {
  if (isSingle(arrays)) {
    if (variable !== undefined) {
      warn(`Input file ${file} contains a single ndarray. Name key "${variable}" ignored.`);
    }
    return arrays;
  }
  if (variable !== undefined) {
    return arrays.get(variable) ?? fail("INPUT_VARIABLE_MISSING", { file, variable });
  }
  const [only, second] = arrays.values();
  if (!only || second) return fail("INPUT_VARIABLE_AMBIGUOUS", { file });
  return only;
}
