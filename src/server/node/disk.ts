// The disk, as the version source sees it.
import { open, readdir, stat } from "node:fs/promises";
import * as path from "node:path";
import type { FileStat, FileSystem } from "../source/file-system.ts";

export const disk: FileSystem = {
  async listDirectories(directory) {
    const entries = await readdir(directory, { withFileTypes: true });
    const names: string[] = [];
    for (const entry of entries) {
      // A version may be a link to a directory elsewhere.
      const linked = entry.isSymbolicLink() && (await isDirectory(path.join(directory, entry.name)));
      if (entry.isDirectory() || linked) names.push(entry.name);
    }
    return names;
  },

  async listFiles(directory, limit) {
    const files: FileStat[] = [];
    const pending = [""];
    for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
      for (const entry of await readdir(path.join(directory, below), { withFileTypes: true })) {
        const name = below === "" ? entry.name : `${below}/${entry.name}`;
        if (entry.isDirectory()) pending.push(name);
        else if (files.length < limit) files.push(await statOf(directory, name));
      }
    }
    return files;
  },

  async read(file, offset, length) {
    const handle = await open(file);
    try {
      const buffer = new Uint8Array(length);
      const { bytesRead } = await handle.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  },
};

async function statOf(directory: string, name: string): Promise<FileStat> {
  const { size, ctimeMs, mtimeMs } = await stat(path.join(directory, name));
  // The inode's time cannot be set by whoever copies, so a copy that keeps times still counts as new.
  return { path: name, size, changedMs: Math.max(ctimeMs, mtimeMs) };
}

async function isDirectory(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch {
    return false; // a link to nowhere is no version
  }
}
