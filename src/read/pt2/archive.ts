// The parts of a torch.export archive, wherever the version of PyTorch that wrote it put them.
// Layouts: from 2.8 on <root>/models/NAME.json with weights under <root>/data/; before, serialized_exported_program.json
// with two pickles beside it. Specification: https://docs.pytorch.org/docs/stable/export/pt2_archive.html
// Invariant: nothing is read but the directory until it is asked for.

import type { ZipArchive, ZipEntry } from "../../bytes/zip/read-zip.ts";
import type { ByteSource } from "../../core/byte-source.ts";
import { FerryError, fail, Problem } from "../../core/errors.ts";
import type { JsonValue } from "./json-value.ts";
import { parseJson } from "./parse-json.ts";

export interface Pt2Archive {
  readonly file: ByteSource;
  readonly entries: ZipArchive;
  /** Before the names of all entries, such as `resnet18/`. */
  readonly root: string;
  /** Name of the chosen model; the weights' files are named for it. */
  readonly model: string;
  /** The entry that holds the program. */
  readonly program: ZipEntry;
  readonly bigEndian: boolean;
}

const LEGACY_PROGRAM = "serialized_exported_program.json";
const PROGRAM = /^(.*?)models\/([^/]+)\.json$/;

/** The programs in an archive by the models' names; none if it is no archive of torch.export. */
export function programsIn(entries: ZipArchive): Map<string, ZipEntry> {
  const programs = new Map<string, ZipEntry>();
  const root = rootOf(entries);
  for (const entry of entries.values()) {
    const [, folder, name] = PROGRAM.exec(entry.name) ?? [];
    if (name !== undefined && folder === root) programs.set(name, entry);
    if (entry.name === LEGACY_PROGRAM) programs.set("model", entry);
  }
  return programs;
}

/** Where the archive's own files lie: PyTorch puts all in a folder that is named as the file was. */
export function rootOf(entries: ZipArchive): string {
  for (const name of entries.keys()) {
    if (name === "archive_format" || name.endsWith("/archive_format")) {
      return name.slice(0, -"archive_format".length);
    }
  }
  return "";
}

/** Chooses the model: the one that is asked for, or the only one. Throws PT2_MODEL_CHOICE otherwise. */
export function openPt2(file: ByteSource, entries: ZipArchive, wanted: string | undefined): Pt2Archive {
  const programs = programsIn(entries);
  const names = [...programs.keys()];
  const model = wanted ?? names[0] ?? "";
  const program = programs.get(model);
  if (!program || (wanted === undefined && names.length > 1)) {
    return fail("PT2_MODEL_CHOICE", {
      file: file.name,
      found: names.length === 1 ? "one model" : `${names.length} models`,
      wanted: wanted === undefined ? "one of them is wanted" : `'${wanted}' is not among them`,
      models: names.join(", "),
    });
  }
  const root = rootOf(entries);
  const order = entries.get(`${root}byteorder`);
  const bigEndian = order !== undefined && new TextDecoder().decode(contentsOf(order)).trim() === "big";
  return { file, entries, root, model, program, bigEndian };
}

/** Reads an entry as JSON; `name` in messages is the entry's. */
export function readJson(archive: Pt2Archive, entry: ZipEntry): JsonValue {
  return parseJson(archive.file.name, entry.name.slice(archive.root.length), contentsOf(entry));
}

/** An entry's bytes; problems of the zip layer are thrown. */
export function contentsOf(entry: ZipEntry): Uint8Array {
  const bytes = entry.bytes();
  if (bytes instanceof Problem) throw new FerryError([bytes]);
  return bytes;
}
