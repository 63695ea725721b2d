// Streams the weights into the data files, at most one in memory at a time, and makes the checkpoint's index on the way.
// Invariant: bytes go out in order, gaps as zeros; the files depend on the plan alone.
import { crc32c } from "../bytes/crc32.ts";
import { type BundleEntry, encodeBundleIndex } from "../bytes/tensor-bundle/encode-index.ts";
import { type Blob, PAGE_BYTES, type Shard, type WeightPlan } from "./plan-weights.ts";
import { StorageReader } from "./storage.ts";

/** Takes the bytes of a file one after the other; it may not keep them. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/** Creates data file number `shard`, counted from 0, and hands its sink to `fill`. */
export type CreateShard = (shard: number, fill: (sink: ByteSink) => void) => void;

/** Writes the data files; returns the bytes of variables.index. `onBytes` hears how many bytes are written. */
export function writeWeights(
  plan: WeightPlan,
  create: CreateShard,
  onBytes?: (done: number) => void,
): Uint8Array {
  const reader = new StorageReader();
  const entries: BundleEntry[] = [];
  let before = 0;
  for (const [number, shard] of plan.shards.entries()) {
    create(number, (sink) => {
      entries.push(...writeShard(shard, reader, sink, (done) => onBytes?.(before + done)));
    });
    before += shard.byteLength;
  }
  return encodeBundleIndex(entries, plan.shards.length);
}

function writeShard(
  { blobs }: Shard,
  reader: StorageReader,
  sink: ByteSink,
  onBytes: (done: number) => void,
): BundleEntry[] {
  const zeros = new Uint8Array(PAGE_BYTES);
  const entries: BundleEntry[] = [];
  let end = 0;
  for (const [index, blob] of blobs.entries()) {
    if (blob.offset > end) sink.write(zeros.subarray(0, blob.offset - end));
    const isChecked = blob.variables.length > 0;
    let crc = 0;
    for (const piece of reader.pieces(blob.tensor, blobs[index + 1]?.tensor)) {
      sink.write(piece);
      if (isChecked) crc = crc32c(piece, crc);
    }
    end = blob.offset + blob.byteLength;
    if (isChecked) entries.push(...entriesOf(blob, crc));
    onBytes(end);
  }
  return entries;
}

function entriesOf({ variables, shard, offset, byteLength }: Blob, crc: number): BundleEntry[] {
  return variables.map(({ name, tensor }) => {
    return { name, dtype: tensor.dtype, shape: tensor.shape, shard, offset, byteLength, crc };
  });
}
