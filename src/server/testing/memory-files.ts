// A file system for tests that is a map from paths to bytes.
import { create, toBinary } from "@bufbuild/protobuf";
import { SavedModelSchema } from "../../bytes/protobuf/generated/tensorflow_pb.ts";
import { encodeBundleIndex } from "../../bytes/tensor-bundle/encode-index.ts";
import type { Clock } from "../clock.ts";
import type { FileSystem } from "../source/file-system.ts";

/** The smallest saved_model.pb that holds a graph. */
export function minimalSavedModel(): Uint8Array {
  const metaGraphs = [{ metaInfoDef: { tags: ["serve"] } }];
  return toBinary(SavedModelSchema, create(SavedModelSchema, { savedModelSchemaVersion: 1n, metaGraphs }));
}

/** A checkpoint's index with one tensor of so many bytes. */
export function indexOf(byteLength: number): Uint8Array {
  return encodeBundleIndex([
    { name: "w", dtype: "uint8", shape: [byteLength], offset: 0, byteLength, crc: 0 },
  ]);
}

export class MemoryFiles implements FileSystem {
  /** Listing anything below these paths fails. */
  readonly broken = new Set<string>();
  readonly #clock: Clock;
  readonly #files = new Map<string, { readonly bytes: Uint8Array; readonly changedMs: number }>();
  readonly #directories = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  mkdir(path: string): void {
    this.#directories.add(path);
  }

  write(path: string, bytes: Uint8Array): void {
    this.#files.set(path, { bytes, changedMs: this.#clock.now() });
    const parts = path.split("/");
    for (let end = 2; end < parts.length; end++) this.#directories.add(parts.slice(0, end).join("/"));
  }

  /** A whole version without weights. */
  writeVersion(path: string): void {
    this.write(`${path}/saved_model.pb`, minimalSavedModel());
  }

  remove(path: string): void {
    for (const file of this.#files.keys()) if (`${file}/`.startsWith(`${path}/`)) this.#files.delete(file);
    for (const directory of this.#directories) {
      if (`${directory}/`.startsWith(`${path}/`)) this.#directories.delete(directory);
    }
  }

  async listDirectories(path: string): Promise<readonly string[]> {
    if (this.broken.has(path) || !this.#directories.has(path))
      throw new Error(`NOT_FOUND: ${path} not found`);
    const below = [...this.#directories].filter((directory) => directory.startsWith(`${path}/`));
    return [...new Set(below.map((directory) => directory.slice(path.length + 1).split("/")[0] ?? ""))];
  }

  async listFiles(path: string, limit: number) {
    if (this.broken.has(path)) throw new Error(`PERMISSION_DENIED: ${path}`);
    const below = [...this.#files].filter(([file]) => file.startsWith(`${path}/`)).slice(0, limit);
    return below.map(([file, { bytes, changedMs }]) => ({
      path: file.slice(path.length + 1),
      size: bytes.length,
      changedMs,
    }));
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const file = this.#files.get(path);
    if (!file) throw new Error(`NOT_FOUND: ${path} not found`);
    return file.bytes.subarray(offset, offset + length);
  }
}
