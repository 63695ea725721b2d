import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeDirectory } from "./make-directory.ts";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "torchferry-folder-"));
});
afterEach(() => rmSync(base, { recursive: true }));

it("makes what is missing, and leaves what is there", () => {
  makeDirectory(join(base, "a/b/c"));
  makeDirectory(join(base, "a/b"));
  expect(existsSync(join(base, "a/b/c"))).toBe(true);
});

it("says that a file stands there, and ends where there can be no folder", () => {
  writeFileSync(join(base, "file"), "");
  expect(() => makeDirectory(join(base, "file"))).toThrow("EEXIST");
  if (process.platform === "linux") expect(() => makeDirectory("/proc/none/inner")).toThrow("ENOENT");
});
