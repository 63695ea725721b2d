import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { BundleEntryProtoSchema } from "../protobuf/generated/tensorflow_pb.ts";
import { mask } from "./checksum.ts";
import { encodeBundleIndex } from "./encode-index.ts";

describe("encodeBundleIndex", () => {
  const entry = {
    name: "b",
    dtype: "float32",
    shape: [2, 3],
    offset: 2 ** 40,
    byteLength: 24,
    crc: 7,
  } as const;

  it("sorts the names, whatever their order", () => {
    const other = { ...entry, name: "a/x" };
    expect(encodeBundleIndex([entry, other])).toEqual(encodeBundleIndex([other, entry]));
  });

  it("says dtype, shape, place and checksum", () => {
    const bytes = Buffer.from(encodeBundleIndex([entry]));
    // The second entry: its key is `b`, one byte, and nothing is shared with the header's empty key.
    const at = bytes.indexOf(Buffer.from([0, 1]), 4);
    const length = bytes[at + 2] ?? 0;
    expect(bytes.subarray(at + 3, at + 4).toString()).toBe("b");
    const message = fromBinary(BundleEntryProtoSchema, bytes.subarray(at + 4, at + 4 + length));
    expect(message.dtype).toBe(1);
    expect(message.shape?.dim.map((dim) => dim.size)).toEqual([2n, 3n]);
    expect([message.shardId, message.offset, message.size]).toEqual([0, 2n ** 40n, 24n]);
    expect(message.crc32c).toBe(mask(7));
  });
});
