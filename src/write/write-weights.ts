// Streams the weights into the data file, one in memory at a time, and makes the checkpoint's index on the way.
// Invariant: bytes go out in order, gaps as zeros; the file depends on the plan alone.
import { crc32c } from "@node-rs/crc32";
import { type BundleEntry, encodeBundleIndex } from "../bytes/tensor-bundle/encode-index.ts";
import { type Blob, PAGE_BYTES, type WeightPlan } from "./plan-weights.ts";
import { StorageReader } from "./storage.ts";

/** Takes the bytes of a file one after the other. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/** Writes the data file; returns the bytes of variables.index. `onBytes` hears how far the file has come. */
export function writeWeights(plan: WeightPlan, sink: ByteSink, onBytes?: (done: number) => void): Uint8Array {
  const reader = new StorageReader();
  const zeros = new Uint8Array(PAGE_BYTES);
  const entries: BundleEntry[] = [];
  let end = 0;
  for (const blob of plan.blobs) {
    if (blob.offset > end) sink.write(zeros.subarray(0, blob.offset - end));
    const bytes = reader.read(blob.tensor);
    sink.write(bytes);
    end = blob.offset + blob.byteLength;
    if (blob.variables.length > 0) entries.push(...entriesOf(blob, crc32c(bytes)));
    onBytes?.(end);
  }
  return encodeBundleIndex(entries);
}

function entriesOf({ variables, offset, byteLength }: Blob, crc: number): BundleEntry[] {
  return variables.map(({ name, tensor }) => {
    return { name, dtype: tensor.dtype, shape: tensor.shape, offset, byteLength, crc };
  });
}
