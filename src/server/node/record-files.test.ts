import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "../testing/version-directories.ts";
import { RecordFiles } from "./record-files.ts";

const record = (text: string): Uint8Array[] => [Buffer.from(text)];

/** The files' contents in the order they were begun. */
function contents(folder: string): string[] {
  const number = (name: string): number => Number(/-(\d+)\.tfrecord$/.exec(name)?.[1]);
  const names = readdirSync(folder).sort((a, b) => number(a) - number(b));
  return names.map((name) => readFileSync(join(folder, name), "latin1"));
}

describe("RecordFiles", () => {
  it("begins another file when one is large enough", async () => {
    const folder = makeFolder();
    const files = new RecordFiles({ maxFileBytes: 6, maxFileRecords: 0 });
    for (const text of ["aaaa", "bbbb", "cccc"]) await files.write(join(folder, "p"), [record(text)]);
    await files.close();
    expect(contents(folder)).toEqual(["aaaabbbb", "cccc"]);
  });

  it("or holds enough records, whichever come together", async () => {
    const folder = makeFolder();
    const files = new RecordFiles({ maxFileBytes: 1000, maxFileRecords: 2 });
    await files.write(join(folder, "p"), ["a", "b", "c", "d", "e"].map(record));
    await files.write(join(folder, "p"), [record("f")]);
    await files.close();
    expect(contents(folder)).toEqual(["ab", "cd", "ef"]);
  });

  it("makes the folder, and files that others cannot read", async () => {
    const folder = join(makeFolder(), "new");
    const files = new RecordFiles({ maxFileBytes: 1000, maxFileRecords: 0 });
    await files.write(join(folder, "one"), [record("1")]);
    await files.write(join(folder, "two"), [record("2")]);
    await files.close();
    const names = readdirSync(folder);
    expect(names.map((name) => name.slice(0, 4)).sort()).toEqual(["one-", "two-"]);
    for (const name of names) {
      expect(name).toMatch(/^\w+-\d{8}T\d{6}-\d+-\d+\.tfrecord$/);
      expect(statSync(join(folder, name)).mode & 0o007).toBe(0);
    }
  });

  it("says what cannot be written", async () => {
    const files = new RecordFiles({ maxFileBytes: 1000, maxFileRecords: 0 });
    const folder = makeFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(files.write(join(folder, "file", "p"), [record("1")])).rejects.toThrow("EEXIST");
  });
});
