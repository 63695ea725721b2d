// Makes folders. Node's own way, `recursive`, never ends where a directory says that there can be none in it, such as /proc.
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Makes the folder and its parents, where they are missing. Throws what node:fs throws, EEXIST where a file stands there. */
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
