// Publishes a directory as BASE/N in one step: everything is written and synced under a name that no server loads,
// `.torchferry-HOST-PID`, and renamed at the end. A process killed at any moment leaves only that, and the next one
// removes it. Invariant: BASE/N either is complete or is not there.
// Not here: what is in the directory (write-version.ts).
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { fail } from "../core/errors.ts";
import type { ByteSink } from "./write-weights.ts";

const PREFIX = ".torchferry-";
/** What a process on another host left behind is removed after this long; it cannot be asked whether it lives. */
const FOREIGN_LEFTOVER_MS = 24 * 3600 * 1000;
/** How often a number is tried anew when another process took it first. */
const MAX_ATTEMPTS = 100;

export interface NewVersion {
  readonly directory: string;
  readonly version: number;
}

/** The files of a version while it is being written. */
export interface VersionFiles {
  /** Creates a file, hands its sink to `fill`, and syncs it. Folders on the way are made. */
  file<T>(path: string, fill: (sink: ByteSink) => T): T;
}

/**
 * Writes a version under `base`: number `version`, or the next free one. Throws a FerryError if that number is taken,
 * the disk is full or the place may not be written to; nothing is left behind then, nor when `check`, which sees the
 * finished directory under its hidden name, throws.
 */
export async function publishVersion(
  base: string,
  version: number | undefined,
  fill: (files: VersionFiles) => void,
  check?: (directory: string) => void | Promise<void>,
): Promise<NewVersion> {
  const path = version === undefined ? base : join(base, String(version));
  return translated(path, async () => {
    if (statSync(base, { throwIfNoEntry: false })?.isFile())
      fail("OUTPUT_FAILED", { path: base, reason: "it is a file, and a directory is wanted" });
    makeDirectory(base);
    removeLeftovers(base);
    if (version !== undefined && versionsIn(base).includes(version)) fail("VERSION_EXISTS", { path });
    const temporary = join(base, `${PREFIX}${host()}-${process.pid}`);
    rmSync(temporary, { recursive: true, force: true });
    try {
      mkdirSync(temporary);
      fill(filesIn(temporary));
      await check?.(temporary);
      return moveInto(base, temporary, version);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  });
}

/**
 * Makes the folder and its parents, where they are missing. Throws what node:fs throws, EEXIST where a file stands there.
 * Node's own way, `recursive`, never ends where a directory says that there can be none in it, such as /proc.
 */
export function makeDirectory(path: string): void {
  if (isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if (!isDirectory(path)) throw error; // else another process has made it meanwhile
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function filesIn(directory: string): VersionFiles {
  return {
    file(path, fill) {
      const full = join(directory, path);
      makeDirectory(dirname(full));
      const descriptor = openSync(full, "wx");
      try {
        const result = fill({ write: (bytes) => writeAll(descriptor, bytes) });
        fsyncSync(descriptor);
        return result;
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/** writeSync takes at most 2 GiB and may write less than it was given. */
const WRITE_BYTES = 2 ** 30;

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) {
    at += writeSync(descriptor, bytes, at, Math.min(WRITE_BYTES, bytes.byteLength - at));
  }
}

function moveInto(base: string, temporary: string, wanted: number | undefined): NewVersion {
  for (const path of directoriesIn(temporary)) syncDirectory(path);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const version = wanted ?? Math.max(0, ...versionsIn(base)) + 1;
    const directory = join(base, String(version));
    if (versionsIn(base).includes(version)) fail("VERSION_EXISTS", { path: directory });
    try {
      renameSync(temporary, directory);
      syncDirectory(base);
      return { directory, version };
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (wanted !== undefined) fail("VERSION_EXISTS", { path: directory }, error);
    }
  }
  return fail("OUTPUT_FAILED", { path: base, reason: "other processes took every version number" });
}

function directoriesIn(root: string): string[] {
  const inner = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...inner.flatMap((entry) => directoriesIn(join(root, entry.name))), root];
}

/** So that a rename survives a power cut. Platforms that cannot open directories have no such need. */
function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The version numbers that are there, as servers read them: names of digits alone. */
function versionsIn(base: string): number[] {
  return readdirSync(base)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function removeLeftovers(base: string): void {
  for (const name of readdirSync(base)) {
    if (name.startsWith(PREFIX) && isAbandoned(base, name)) {
      rmSync(join(base, name), { recursive: true, force: true });
    }
  }
}

function isAbandoned(base: string, name: string): boolean {
  const [, owner, pid] = /^\.torchferry-(.*)-(\d+)$/.exec(name) ?? [];
  if (owner === host()) return !isAlive(Number(pid));
  const stats = statSync(join(base, name), { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > FOREIGN_LEFTOVER_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 only asks
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

function host(): string {
  return hostname().replace(/[^A-Za-z0-9_.]/g, "_");
}

function isTaken(error: unknown): boolean {
  return ["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? ""; // errors of the file system have codes
}

/** Turns the file system's errors into rows of the table. */
async function translated<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
      return fail("OUTPUT_FULL", { path, reason: code }, error);
    if (["EACCES", "EPERM", "EROFS"].includes(code))
      return fail("OUTPUT_DENIED", { path, reason: code }, error);
    if (isFileSystemError(error)) return fail("OUTPUT_FAILED", { path, reason: error.message }, error);
    throw error;
  }
}

function isFileSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && codeOf(error).startsWith("E");
}
