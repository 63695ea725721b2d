// The entries of a TorchScript archive: code, pickles with their storages, the version of the format.
// Layout: <root>/{code/**.py, data.pkl, data/N, constants.pkl, constants/N, traced_inputs.pkl, version, byteorder}
// Not here: what the pickles hold (objects.ts), what the code says (code.ts).
import type { ZipArchive } from "../../bytes/zip/read-zip.ts";
import type { ByteSource } from "../../core/byte-source.ts";
import { FerryError, Problem } from "../../core/errors.ts";
import { readTorchSaveEntries, type TorchSave } from "../torch-save/torch-save.ts";
import { Malformed } from "./refusal.ts";

export interface ScriptArchive {
  readonly file: ByteSource;
  /** Version of operators' semantics that the file was written for: 3 to 10 by 2026. */
  readonly version: number;
  /** Text of a file of code, such as `__torch__/net.py`; undefined if there is none. */
  code(path: string): string | undefined;
  /** Paths of all files of code. */
  readonly codePaths: readonly string[];
  /** A pickle and its storages: `data`, `constants`, `traced_inputs`; undefined if there is none. */
  pickle(part: "data" | "constants" | "traced_inputs"): TorchSave | undefined;
}

/** Files before the version was written are of the oldest semantics. */
const OLDEST_VERSION = 1;

/** Throws FerryError for entries that cannot be read. */
export function openArchive(file: ByteSource, entries: ZipArchive): ScriptArchive {
  const root = rootOf(entries);
  const prefix = `${root}code/`;
  const text = (name: string) => {
    const bytes = entries.get(name)?.bytes();
    if (bytes instanceof Problem) throw new FerryError([bytes]);
    return bytes && new TextDecoder().decode(bytes);
  };
  const version = Number.parseInt(text(`${root}version`) ?? text(`${root}.data/version`) ?? "", 10);
  return {
    file,
    version: Number.isNaN(version) ? OLDEST_VERSION : version,
    code: (path) => text(`${prefix}${path}`),
    codePaths: [...entries.keys()]
      .filter((name) => name.startsWith(prefix) && name.endsWith(".py"))
      .map((name) => name.slice(prefix.length)),
    pickle(part) {
      if (!entries.has(`${root}${part}.pkl`)) return undefined;
      const saved = readTorchSaveEntries(file, entries, `${root}${part}`);
      if (saved instanceof Problem) throw new FerryError([saved]);
      return saved;
    },
  };
}

function rootOf(entries: ZipArchive): string {
  for (const name of entries.keys()) {
    const at = name.lastIndexOf("data.pkl");
    if (at >= 0 && name.length === at + "data.pkl".length && (at === 0 || name[at - 1] === "/"))
      return name.slice(0, at);
  }
  throw new Malformed("data.pkl", "is not in the archive");
}
