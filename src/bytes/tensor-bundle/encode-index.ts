// variables.index of a TensorFlow checkpoint: a table from a tensor's name to where its bytes stand in the data files.
// Layout: the empty key holds the header, every other key is a name. Source: tensorflow/core/protobuf/tensor_bundle.proto
import { create, toBinary } from "@bufbuild/protobuf";
import type { DType } from "../../tensor/dtype.ts";
import { BundleEntryProtoSchema, BundleHeaderProtoSchema } from "../protobuf/generated/tensorflow_pb.ts";
import { tensorflowNumber } from "../protobuf/tensorflow-dtypes.ts";
import { mask } from "./checksum.ts";
import { encodeTable, type TableEntry } from "./encode-table.ts";

export interface BundleEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Which data file holds it, from 0; the first if absent. */
  readonly shard?: number;
  /** Where the bytes begin in that file. */
  readonly offset: number;
  readonly byteLength: number;
  /** CRC-32C of the bytes, not masked. */
  readonly crc: number;
}

/** The index of a checkpoint with `shards` data files. Names must be unique. */
export function encodeBundleIndex(entries: readonly BundleEntry[], shards = 1): Uint8Array {
  const rows = entries.map((entry) => ({ key: Buffer.from(entry.name), value: entryBytes(entry) }));
  rows.sort((a, b) => Buffer.compare(a.key, b.key));
  const header = create(BundleHeaderProtoSchema, { numShards: shards, version: { producer: 1 } });
  const first: TableEntry = { key: new Uint8Array(0), value: toBinary(BundleHeaderProtoSchema, header) };
  return encodeTable([first, ...rows]);
}

function entryBytes(entry: BundleEntry): Uint8Array {
  const message = create(BundleEntryProtoSchema, {
    dtype: tensorflowNumber(entry.dtype),
    shape: { dim: entry.shape.map((size) => ({ size: BigInt(size) })) },
    shardId: entry.shard ?? 0,
    offset: BigInt(entry.offset),
    size: BigInt(entry.byteLength),
    crc32c: mask(entry.crc),
  });
  return toBinary(BundleEntryProtoSchema, message);
}
