import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRecord, encodeRecordPieces, readRecords } from "./tf-record.ts";

async function read(file: Uint8Array, most = 1000): Promise<Uint8Array[]> {
  const records: Uint8Array[] = [];
  const readAt = async (offset: number, length: number) => file.slice(offset, offset + length);
  for await (const record of readRecords(readAt, most)) records.push(record);
  return records;
}

const join = (records: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(records.map(encodeRecord)));

describe("TFRecord", () => {
  it("is what TensorFlow writes", async () => {
    // tf.io.TFRecordWriter("f").write(b"abc")
    const file = Buffer.from("0300000000000000b099490e6162636e57f121", "hex");
    expect(Buffer.from(encodeRecord(Buffer.from("abc"))).toString("hex")).toBe(file.toString("hex"));
  });

  it("reads what it writes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 }), async (records) => {
        expect(await read(join(records))).toEqual(records.map((record) => Uint8Array.from(record)));
      }),
    );
  });

  it("is the same in pieces", () => {
    const record = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
    const pieces = [record.subarray(0, 0), record.subarray(0, 7), record.subarray(7)];
    const work = encodeRecordPieces(pieces);
    let step = work.next();
    let turns = 0;
    for (; !step.done; step = work.next()) turns++;
    expect(Buffer.concat(step.value).equals(encodeRecord(record))).toBe(true);
    expect(turns).toBe(2);
  });

  it("refuses every cut and every changed byte", async () => {
    const file = join([Buffer.from("one"), Buffer.from("two")]);
    const boundary = encodeRecord(Buffer.from("one")).length;
    for (let length = 1; length < file.length; length++) {
      if (length === boundary) continue;
      await expect(read(file.slice(0, length))).rejects.toThrow(/truncated record at (0|19)/);
    }
    for (let at = 0; at < file.length; at++) {
      const changed = file.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(read(changed)).rejects.toThrow(/(corrupted|truncated) record at/);
    }
  });

  it("does not believe a length without bound", async () => {
    await expect(read(join([new Uint8Array(20)]), 19)).rejects.toThrow("corrupted record at 0");
  });
});
