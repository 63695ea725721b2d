// Whether a version directory is whole: copied to its end, and not being written to.
// A protobuf file is whole if its outermost fields end exactly where the file ends and the one that matters is there;
// weights are whole if the index's table is, and the data file reaches as far as the index says.
// Invariant: reads some bytes of each file and never a whole large one.
// Not here: whether the model works, which loading shows; when to look again (version-source.ts).
import { shardName } from "../../bytes/tensor-bundle/shard-name.ts";
import { inSlices } from "../slices.ts";
import { bundleExtents } from "./bundle-extents.ts";
import type { FileStat, FileSystem } from "./file-system.ts";

/** More files than these and the rest is not looked at. */
export const MAX_FILES = 10_000;
/** An index of 100,000 variables has about 10 MB. */
const MAX_INDEX_BYTES = 256 * 2 ** 20;
/** A file with more outermost fields is not a model. */
const MAX_FIELDS = 100_000;
/** Bytes that hold any tag and length. */
const HEADER_BYTES = 20;

/** Outermost fields that a file is nothing without: SavedModel.meta_graphs and ModelProto.graph. */
const MODEL_FILES: readonly (readonly [name: string, field: number])[] = [
  ["saved_model.pb", 2],
  ["model.onnx", 7],
];

/** Files of PyTorch's, each a zip archive, that an engine may convert. */
const ARCHIVE = /^[^/]+\.(pt2|pt|pth)$/;
/** What ends a zip archive without a comment, as PyTorch writes it: the record's signature and its length. */
const ZIP_END = [0x50, 0x4b, 0x05, 0x06];
const ZIP_END_BYTES = 22;

/** Why the version is not whole; undefined if it is. With `modelFiles`, it may be an archive of PyTorch's. */
export async function whyNotWhole(
  fileSystem: FileSystem,
  directory: string,
  files: readonly FileStat[],
  modelFiles = false,
): Promise<string | undefined> {
  const sizes = new Map(files.map((file) => [file.path, file.size]));
  const models = MODEL_FILES.filter(([name]) => sizes.has(name));
  if (models.length === 0) {
    const archives = modelFiles ? files.filter((file) => ARCHIVE.test(file.path)) : [];
    if (archives.length === 0) return "there is no saved_model.pb yet";
    for (const archive of archives) {
      if (!(await isWholeZip(fileSystem, directory, archive))) return `${archive.path} is not complete yet`;
    }
    return undefined;
  }
  for (const [name, field] of models) {
    const size = sizes.get(name) ?? 0;
    if (!(await isWholeMessage(fileSystem, `${directory}/${name}`, size, field)))
      return `${name} is not complete yet`;
  }
  const indexSize = sizes.get("variables/variables.index");
  const hasData = files.some((file) => file.path.startsWith("variables/variables.data-"));
  if (indexSize === undefined) return hasData ? "there is no variables/variables.index yet" : undefined;
  return whyBundleNotWhole(fileSystem, directory, indexSize, sizes);
}

/** What changes when anything below a version directory does. */
export function fingerprint(files: readonly FileStat[]): string {
  const lines = files.map((file) => `${file.path}\0${file.size}\0${file.changedMs}`);
  return lines.sort().join("\n");
}

async function whyBundleNotWhole(
  fileSystem: FileSystem,
  directory: string,
  indexSize: number,
  sizes: ReadonlyMap<string, number>,
): Promise<string | undefined> {
  if (indexSize > MAX_INDEX_BYTES) return undefined;
  const index = await fileSystem.read(`${directory}/variables/variables.index`, 0, indexSize);
  const extents = await inSlices(bundleExtents(index));
  if (extents === "compressed") return undefined;
  if (extents === undefined) return "variables/variables.index is not complete yet";
  for (const [shard, end] of extents.ends) {
    const name = shardName("variables/variables", shard, extents.shards);
    const size = sizes.get(name);
    if (size === undefined) return `there is no ${name} yet`;
    if (size < end) return `${name} has ${size} of ${end} bytes`;
  }
  return undefined;
}

async function isWholeZip(fileSystem: FileSystem, directory: string, file: FileStat): Promise<boolean> {
  if (file.size < ZIP_END_BYTES) return false;
  const end = await fileSystem.read(`${directory}/${file.path}`, file.size - ZIP_END_BYTES, ZIP_END_BYTES);
  return ZIP_END.every((byte, at) => end[at] === byte);
}

/** Walks a message's outermost fields by their lengths. */
async function isWholeMessage(
  fileSystem: FileSystem,
  path: string,
  size: number,
  wanted: number,
): Promise<boolean> {
  let at = 0;
  let found = false;
  for (let fields = 0; at < size && fields < MAX_FIELDS; fields++) {
    const header = await fileSystem.read(path, at, HEADER_BYTES);
    const field = fieldAt(header);
    if (!field) return false;
    found ||= field.number === wanted;
    at += field.length;
  }
  return found && at === size;
}

/** The number and the length in bytes of the field that begins a buffer, tag and all. */
function fieldAt(bytes: Uint8Array): { readonly number: number; readonly length: number } | undefined {
  const tag = varint(bytes, 0);
  if (!tag || tag.value < 8) return undefined;
  const number = Math.floor(tag.value / 8);
  switch (tag.value % 8) {
    case 0: {
      const value = varint(bytes, tag.end);
      return value && { number, length: value.end };
    }
    case 1:
      return { number, length: tag.end + 8 };
    case 2: {
      const length = varint(bytes, tag.end);
      return length && { number, length: length.end + length.value };
    }
    case 5:
      return { number, length: tag.end + 4 };
    default:
      return undefined;
  }
}

function varint(
  bytes: Uint8Array,
  from: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = from; at < from + 10; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}
