// Opens files as byte sources: a model by its path, and the files that an ONNX model names beside itself.
// Invariant: a sibling lies under the model's own folder and is reached through no link, so that a model from
// elsewhere cannot make us read other files (compare the ONNX specification's external data rules).
// Not here: what the bytes mean (read/), writing (write/).
import * as fs from "node:fs";
import * as path from "node:path";
import type { ByteSource } from "../core/byte-source.ts";
import { fail } from "../core/errors.ts";

/** One call of read(2) may not ask for more than this: Linux stops at 2 GiB less a page, libuv at 2 GiB. */
const READ_PIECE_BYTES = 2 ** 30;

/** A byte source over an open file. `close` gives the descriptor back; reading afterwards fails. */
export interface OpenFile extends ByteSource {
  close(): void;
}

/** Opens a regular file for reading, through links if the path has some. Throws FILE_NOT_FOUND, NOT_A_FILE or FILE_UNREADABLE. */
export function openFile(file: string): OpenFile {
  return fileSource(file, file, fs.constants.O_RDONLY);
}

/** Opens the files that a model names beside itself. `close` closes all that were opened. */
export interface SiblingOpener {
  open(relativePath: string): OpenFile;
  close(): void;
}

/** An opener for paths relative to the folder of `modelFile`, each opened once. Refuses links and paths that leave the folder. */
export function siblingOpener(modelFile: string): SiblingOpener {
  const folder = path.dirname(modelFile);
  const opened = new Map<string, OpenFile>();
  return {
    open(relativePath) {
      const known = opened.get(relativePath);
      if (known) return known;
      const source = openSibling(modelFile, folder, relativePath);
      opened.set(relativePath, source);
      return source;
    },
    close() {
      for (const source of opened.values()) source.close();
      opened.clear();
    },
  };
}

function openSibling(modelFile: string, folder: string, relativePath: string): OpenFile {
  const steps = path.normalize(relativePath).split(path.sep);
  const leaves = path.isAbsolute(relativePath) || steps[0] === ".." || relativePath.includes("\0");
  if (leaves || relativePath === "") {
    fail("EXTERNAL_FILE_REFUSED", {
      file: modelFile,
      location: JSON.stringify(relativePath),
      reason: "it lies outside of the model's folder",
    });
  }
  let at = folder;
  for (const step of steps) {
    at = path.join(at, step);
    if (fs.lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) {
      fail("EXTERNAL_FILE_REFUSED", {
        file: modelFile,
        location: JSON.stringify(relativePath),
        reason: `${at} is a symbolic link`,
      });
    }
  }
  // NOFOLLOW closes the gap between the check above and the opening, for the last step.
  return fileSource(at, at, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
}

function fileSource(name: string, file: string, flags: number): OpenFile {
  const descriptor = open(name, file, flags);
  const size = sizeOf(name, descriptor);
  const check = (offset: number, length: number) => {
    if (offset < 0 || length < 0 || offset + length > size)
      throw new RangeError(`${name}: ${length} bytes at ${offset} reach past the end at ${size}`);
  };
  return {
    name,
    size,
    read(offset, length) {
      check(offset, length);
      const bytes = new Uint8Array(length);
      readExactly(name, descriptor, offset, bytes);
      return bytes;
    },
    readInto(offset, target) {
      check(offset, target.byteLength);
      readExactly(name, descriptor, offset, target);
    },
    close: () => fs.closeSync(descriptor),
  };
}

function open(name: string, file: string, flags: number): number {
  try {
    // NONBLOCK: opening a named pipe must not wait for its writer.
    return fs.openSync(file, flags | fs.constants.O_NONBLOCK);
  } catch (error) {
    return failToRead(name, error);
  }
}

function sizeOf(name: string, descriptor: number): number {
  const stat = fs.fstatSync(descriptor);
  if (stat.isFile()) return stat.size;
  fs.closeSync(descriptor);
  if (stat.isDirectory()) return fail("NOT_A_FILE", { file: name });
  return fail("FILE_UNREADABLE", { file: name, reason: "it is a device, a pipe or a socket" });
}

function readExactly(name: string, descriptor: number, offset: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.byteLength) {
    const got = readPiece(name, descriptor, bytes, done, offset + done);
    if (got === 0) fail("FILE_UNREADABLE", { file: name, reason: "it became shorter while it was read" });
    done += got;
  }
}

function readPiece(name: string, descriptor: number, bytes: Uint8Array, at: number, offset: number): number {
  try {
    return fs.readSync(descriptor, bytes, at, Math.min(bytes.byteLength - at, READ_PIECE_BYTES), offset);
  } catch (error) {
    return failToRead(name, error);
  }
}

function failToRead(name: string, error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code; // node:fs throws nothing else
  if (code === "ENOENT" || code === "ENOTDIR") fail("FILE_NOT_FOUND", { file: name }, error);
  if (code === "EISDIR") fail("NOT_A_FILE", { file: name }, error);
  return fail("FILE_UNREADABLE", { file: name, reason: reasonOf(code, error) }, error);
}

function reasonOf(code: string | undefined, error: unknown): string {
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EMFILE" || code === "ENFILE") return "too many open files";
  return code ?? String(error);
}
