// Zip archives of Python and PyTorch, and hostile ones.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../core/byte-source.ts";
import { FerryError, Problem } from "../../core/errors.ts";
import { readNpz } from "../npz.ts";
import { looksLikeZip, readZip, ZIP_LIMITS, type ZipArchive, type ZipLimits } from "./read-zip.ts";

const FIXTURES: Record<string, string> = JSON.parse(
  readFileSync(new URL("zip.fixtures.json", import.meta.url), "utf8"),
);

const file = (name: string): Uint8Array => Uint8Array.from(Buffer.from(FIXTURES[name] ?? "", "base64"));
const source = (bytes: Uint8Array) => bytesSource("a.zip", bytes);

function open(bytes: Uint8Array, limits: Partial<ZipLimits> = {}): ZipArchive {
  const archive = readZip(source(bytes), { ...ZIP_LIMITS, ...limits });
  if (archive instanceof Problem) throw new FerryError([archive]);
  return archive;
}

function texts(archive: ZipArchive): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of archive.values()) {
    const bytes = entry.bytes();
    if (bytes instanceof Problem) throw new FerryError([bytes]);
    const contents = entry.source();
    if (contents instanceof Problem) throw new FerryError([contents]);
    expect(contents.read(0, contents.size)).toEqual(bytes);
    found[entry.name] = new TextDecoder().decode(bytes);
  }
  return found;
}

const TWO = { "a.txt": "first", "folder/b.txt": "second ".repeat(9) };
const FOUR = { ...TWO, "../é": "third", empty: "" };

/** Offset of the directory's record for the entry at `index`. */
function recordAt(bytes: Uint8Array, index: number): number {
  let at = -1;
  for (let count = 0; count <= index; count++) {
    at = Buffer.from(bytes.buffer, bytes.byteOffset).indexOf("PK\x01\x02", at + 1, "latin1");
  }
  return at;
}

describe("readZip", () => {
  it("reads stored, deflated and 64-bit archives of Python", () => {
    for (const name of ["stored", "deflated", "zip64"]) expect(texts(open(file(name))), name).toEqual(FOUR);
  });

  it("reads PyTorch's archives, whose local headers are padded and state no sizes", () => {
    const archive = texts(open(file("torch")));
    expect(archive).toMatchObject({ "archive/a.txt": "first", "archive/folder/b.txt": TWO["folder/b.txt"] });
  });

  it("recognises a zip by its first bytes", () => {
    expect(looksLikeZip(source(file("stored")))).toBe(true);
    expect(looksLikeZip(source(new Uint8Array(3)))).toBe(false);
  });

  it("says that a file was cut short", () => {
    const bytes = file("torch");
    expect(() => open(bytes.subarray(0, bytes.length / 2))).toThrow(/a\.zip: .*cut short/);
  });

  it("names the entry it cannot read", () => {
    expect(() => texts(open(file("bzip2")))).toThrow(/"a\.txt" is compressed by method 12/);
    const encrypted = file("stored");
    encrypted[recordAt(encrypted, 0) + 8] = 1;
    expect(() => texts(open(encrypted))).toThrow(/"a\.txt" is encrypted/);
  });

  it("checks CRC-32", () => {
    const bytes = file("stored");
    bytes[Buffer.from(bytes).indexOf("first")] = 0;
    expect(() => texts(open(bytes))).toThrow(/CRC-32/);
  });

  it("does not inflate beyond the stated size", () => {
    const bytes = file("deflated");
    const view = new DataView(bytes.buffer);
    view.setUint32(recordAt(bytes, 1) + 24, 5, true);
    expect(() => texts(open(bytes))).toThrow(/does not inflate to the size it states/);
    view.setUint32(recordAt(bytes, 1) + 24, 2 ** 30, true);
    expect(() => texts(open(bytes))).toThrow(/claims to inflate/);
  });

  it("refuses overlapping entries, names that stand twice, and directories over the limit", () => {
    const overlap = file("stored");
    new DataView(overlap.buffer).setUint32(recordAt(overlap, 1) + 42, 0, true);
    expect(() => open(overlap)).toThrow(/reaches into what follows/);
    const twice = file("stored");
    twice.set(new TextEncoder().encode("empty"), recordAt(twice, 0) + 46);
    expect(() => open(twice)).toThrow(/two entries are named "empty"/);
    expect(() => open(file("stored"), { maxEntries: 3 })).toThrow(/over the limit/);
  });
});

describe("an archive beyond 4 GiB", () => {
  const size = 5 * 2 ** 30;
  const name = new TextEncoder().encode("big");
  const local = (): Uint8Array =>
    Uint8Array.from([0x50, 0x4b, 3, 4, ...new Array(22).fill(0), 3, 0, 0, 0, ...name]);

  /** Two entries of the same name length: 5 GiB of zeros, and three bytes after them. */
  function records(): Uint8Array {
    const directory: number[] = [];
    const uint64 = (value: number) => [...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)];
    const full = [255, 255, 255, 255];
    const record = (entry: string, sizes: number[], extra: number[]) =>
      directory.push(
        ...[
          0x50,
          0x4b,
          1,
          2,
          ...new Array(16).fill(0),
          ...sizes,
          3,
          0,
          extra.length,
          0,
          ...new Array(10).fill(0),
        ],
        ...(entry === "big" ? [0, 0, 0, 0] : full),
        ...new TextEncoder().encode(entry),
        ...extra,
      );
    record("big", [...full, ...full], [1, 0, 16, 0, ...uint64(size), ...uint64(size)]);
    record("end", [3, 0, 0, 0, 3, 0, 0, 0], [1, 0, 8, 0, ...uint64(33 + size)]);
    const start = 33 + size + 36;
    const length = directory.length;
    const end = [
      0x50,
      0x4b,
      6,
      6,
      ...new Array(20).fill(0),
      ...new Array(8).fill(0),
      ...uint64(2),
      ...uint64(length),
      ...uint64(start),
    ];
    const locator = [0x50, 0x4b, 6, 7, 0, 0, 0, 0, ...uint64(start + length), 1, 0, 0, 0];
    const last = [0x50, 0x4b, 5, 6, 0, 0, 0, 0, 255, 255, 255, 255, ...full, ...full, 0, 0];
    return Uint8Array.from([...directory, ...end, ...locator, ...last]);
  }

  it("is read by its 64-bit fields", () => {
    const tail = Uint8Array.from([...local(), 7, 8, 9, ...records()]);
    const virtual = {
      name: "big.zip",
      size: 33 + size + tail.byteLength,
      read(offset: number, length: number): Uint8Array {
        const bytes = new Uint8Array(length);
        for (let at = 0; at < length; at++) {
          const place = offset + at;
          bytes[at] = (place < 33 ? local()[place] : tail[place - 33 - size]) ?? 0;
        }
        return bytes;
      },
    };
    const archive = readZip(virtual);
    if (archive instanceof Problem) throw new FerryError([archive]);
    const [big, end] = [archive.get("big")?.source(), archive.get("end")?.source()];
    if (!big || !end || big instanceof Problem || end instanceof Problem) throw new Error("no entries");
    expect([big.size, [...big.read(size - 2, 2)], [...end.read(0, 3)]]).toEqual([size, [0, 0], [7, 8, 9]]);
  });
});

describe("readNpz", () => {
  it("reads np.savez and np.savez_compressed", () => {
    for (const name of ["savez", "savez_compressed"]) {
      const tensors = readNpz(bytesSource("a.npz", file(name)));
      expect([...tensors].map(([key, tensor]) => [key, tensor.dtype, tensor.shape])).toEqual([
        ["a", "float32", [4]],
        ["b", "int64", [2, 2]],
      ]);
      expect([...new Float32Array(tensors.get("a")?.read().slice().buffer ?? [])]).toEqual([0, 1, 2, 3]);
    }
  });

  it("names the array in messages", () => {
    const bytes = file("savez");
    bytes[Buffer.from(bytes).indexOf("NUMPY")] = 0;
    expect(() => readNpz(bytesSource("a.npz", bytes))).toThrow(/a\.npz\[a\]: does not begin/);
  });
});
