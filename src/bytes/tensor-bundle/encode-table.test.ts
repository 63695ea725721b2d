import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mask, maskedChecksum } from "./checksum.ts";
import { encodeTable, type TableEntry } from "./encode-table.ts";

/** A reader of its own, after the format's description, that checks every checksum. */
function decodeTable(file: Uint8Array): [key: string, value: string][] {
  const footer = file.subarray(file.byteLength - 48);
  expect(Buffer.from(footer.subarray(40)).toString("hex")).toBe("57fb808b247547db");
  const cursor = { at: 0 };
  block(file, handle(footer, cursor)); // metaindex
  const index = block(file, handle(footer, cursor));
  return index.flatMap(([, value]) => {
    return block(file, handle(value, { at: 0 })).map(
      ([key, bytes]) => [hex(key), hex(bytes)] as [string, string],
    );
  });
}

function handle(bytes: Uint8Array, cursor: { at: number }): { offset: number; size: number } {
  return { offset: varint(bytes, cursor), size: varint(bytes, cursor) };
}

function block(
  file: Uint8Array,
  { offset, size }: { offset: number; size: number },
): [Uint8Array, Uint8Array][] {
  const view = new DataView(file.buffer, file.byteOffset + offset, size + 5);
  expect(view.getUint8(size)).toBe(0);
  expect(view.getUint32(size + 1, true)).toBe(maskedChecksum(file.subarray(offset, offset + size + 1)));
  const bytes = file.subarray(offset, offset + size);
  const restarts = view.getUint32(size - 4, true);
  expect(restarts).toBeGreaterThan(0);
  const end = size - 4 - 4 * restarts;
  const entries: [Uint8Array, Uint8Array][] = [];
  let last = new Uint8Array(0);
  for (const cursor = { at: 0 }; cursor.at < end; ) {
    const [shared, own, length] = [varint(bytes, cursor), varint(bytes, cursor), varint(bytes, cursor)];
    const suffix = bytes.subarray(cursor.at, cursor.at + own);
    last = new Uint8Array(Buffer.concat([last.subarray(0, shared), suffix]));
    entries.push([last, bytes.subarray(cursor.at + own, cursor.at + own + length)]);
    cursor.at += own + length;
  }
  return entries;
}

function varint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[cursor.at++] ?? 0;
    value += (byte % 128) * factor;
    if (byte < 128) return value;
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("encodeTable", () => {
  it("keeps every entry in order, whatever the keys share", () => {
    const key = fc.uint8Array({ maxLength: 12 });
    const entries = fc.uniqueArray(fc.tuple(key, fc.uint8Array({ maxLength: 300 })), {
      selector: ([bytes]) => hex(bytes),
      maxLength: 80,
    });
    fc.assert(
      fc.property(entries, (pairs) => {
        const sorted = pairs.map(([name, value]): TableEntry => ({ key: name, value }));
        sorted.sort((a, b) => Buffer.compare(a.key, b.key));
        const expected = sorted.map((entry) => [hex(entry.key), hex(entry.value)]);
        expect(decodeTable(encodeTable(sorted))).toEqual(expected);
      }),
    );
  });

  it("cuts many entries into several blocks", () => {
    const entries = Array.from({ length: 5000 }, (_, index) => {
      return {
        key: Buffer.from(String(index).padStart(8, "0")),
        value: new Uint8Array(40).fill(index % 251),
      };
    });
    const decoded = decodeTable(encodeTable(entries));
    expect(decoded).toHaveLength(5000);
    expect(decoded[4999]).toEqual([hex(Buffer.from("00004999")), hex(new Uint8Array(40).fill(4999 % 251))]);
  });
});

describe("the checksum", () => {
  it("is CRC-32C, rotated and shifted", () => {
    expect(maskedChecksum(Buffer.from("123456789"))).toBe(mask(0xe3069283));
    expect(mask(0)).toBe(0xa282ead8);
    expect(mask(0x8000)).toBe(0xa282ead9);
  });
});
