// Directories of versions on the disk, for tests of the server as a whole. They are removed when the test is over, after
// its hooks, so that a server that a hook ends still has them.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { minimalSavedModel } from "./memory-files.ts";

/** An empty directory. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "torchferry-server-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A directory with these versions, each the smallest that is whole. */
export function makeBase(...versions: readonly number[]): string {
  const base = makeFolder();
  for (const version of versions) writeVersion(base, version);
  return base;
}

/** Writes a version as our writer does: elsewhere first, then renamed. */
export function writeVersion(base: string, version: number): void {
  const temporary = join(base, `.${version}.tmp`);
  mkdirSync(temporary);
  writeFileSync(join(temporary, "saved_model.pb"), minimalSavedModel());
  renameSync(temporary, join(base, String(version)));
}
