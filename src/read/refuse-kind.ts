// Says what a file is that holds no graph to convert, and how to make one that does.
import { readPickle } from "../bytes/pickle/read-pickle.ts";
import type { ZipArchive } from "../bytes/zip/read-zip.ts";
import type { ByteSource } from "../core/byte-source.ts";
import { Problem, problem } from "../core/errors.ts";
import type { FileKind } from "./sniff.ts";
import { type CheckpointSummary, summarizeCheckpoint } from "./torch-save/checkpoint.ts";
import { readTorchSaveEntries } from "./torch-save/torch-save.ts";

/** The two lines that make a .pt2; `model` is the module and `x` an example batch. */
const LINES = `
  program = torch.export.export(model.eval(), (x,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
  torch.export.save(program, "model.pt2")`;

export type OtherKind = Exclude<
  FileKind,
  { readonly kind: "pt2" } | { readonly kind: "onnx" } | { readonly kind: "torchscript" }
>;

/** The problem that a file of this kind is. */
export function refuseKind(source: ByteSource, found: OtherKind): Problem {
  const file = source.name;
  switch (found.kind) {
    case "empty":
      return problem("EMPTY_FILE", { file });
    case "text":
      return refuseText(file, found.start);
    case "torch-save":
      return refuseCheckpoint(source, found.entries);
    case "legacy-torch-save":
      return refuseLegacy(source);
    case "safetensors":
      return problem("SAFETENSORS", { file, tensors: safetensorsText(source), lines: LINES });
    case "aotinductor":
      return problem("AOTINDUCTOR_PACKAGE", { file, model: compiledModels(found.entries) });
    case "executorch":
      return problem("EXECUTORCH_PROGRAM", { file });
    case "mobile-flatbuffer":
      return problem("MOBILE_FLATBUFFER", { file });
    case "torch-package":
      return problem("TORCH_PACKAGE", { file });
    case "model-archive":
      return problem("MODEL_ARCHIVE", { file, inside: modelsInside(found.entries) });
    case "other-zip":
      return problem("ZIP_WITHOUT_MODEL", { file, found: firstOf([...found.entries.keys()], "entries") });
    case "other-format":
      return problem("OTHER_FORMAT", { file, found: found.name });
    case "unknown": {
      const bytes = Buffer.from(source.read(0, Math.min(8, source.size))).toString("hex");
      return problem("UNKNOWN_FORMAT", { file, bytes: bytes.replace(/(..)(?=.)/g, "$1 ") });
    }
  }
}

function refuseText(file: string, start: string): Problem {
  if (start.startsWith("version https://git-lfs")) {
    const hint = "fetch the file that it stands for with git lfs pull";
    return problem("TEXT_NOT_A_MODEL", { file, found: "a pointer of Git LFS", hint });
  }
  const page = /^\s*<(!doctype html|html|head|body)/i.test(start);
  const found = page
    ? "an HTML page"
    : `a text file (${JSON.stringify(start.trim().split("\n")[0]?.slice(0, 40))})`;
  const hint = page ? "the download gave a web page: fetch the file itself" : "check the path";
  return problem("TEXT_NOT_A_MODEL", { file, found, hint });
}

function refuseCheckpoint(source: ByteSource, entries: ZipArchive): Problem {
  const saved = readTorchSaveEntries(source, entries);
  if (saved instanceof Problem) return saved;
  return checkpointProblem(source.name, summarizeCheckpoint(saved.value));
}

function checkpointProblem(file: string, summary: CheckpointSummary): Problem {
  const tensors = tensorsText(summary);
  const { moduleClass } = summary;
  if (moduleClass === undefined) return problem("CHECKPOINT_NOT_A_MODEL", { file, tensors, lines: LINES });
  return problem("MODULE_PICKLE", { file, module: moduleClass, tensors, lines: LINES });
}

/** Files before 1.6 are pickles in a row: a magic number, a version, facts of the machine, the object. */
const LEGACY_OBJECT = 3;
/** The object's pickle holds names and sizes; storages follow it. */
const MAX_LEGACY_BYTES = 64 * 2 ** 20;

function refuseLegacy(source: ByteSource): Problem {
  const bytes = source.read(0, Math.min(source.size, MAX_LEGACY_BYTES));
  let at = 0;
  for (let index = 0; ; index++) {
    const pickle = readPickle(bytes, at);
    if (typeof pickle === "string") {
      return problem("PICKLE_MALFORMED", { file: source.name, found: `a broken pickle (${pickle})` });
    }
    if (index === LEGACY_OBJECT) {
      const tensors = tensorsText(summarizeCheckpoint(pickle.value));
      return problem("LEGACY_TORCH_SAVE", { file: source.name, tensors, lines: LINES });
    }
    at = pickle.end;
  }
}

function tensorsText(summary: CheckpointSummary): string {
  const { tensors, elements, architecture } = summary;
  if (tensors.length === 0) return "no tensors";
  const guess = architecture === undefined ? "" : `; the names are those of ${architecture}`;
  return `${firstOf(tensors, "tensors")}; ${elements} numbers in all${guess}`;
}

/** `12 tensors: a, b, c, ...` */
function firstOf(names: readonly string[], what: string): string {
  const first = names.slice(0, 3).join(", ");
  return `${names.length} ${what}: ${first}${names.length > 3 ? ", ..." : ""}`;
}

function safetensorsText(source: ByteSource): string {
  const length = Number(new DataView(source.read(0, 8).slice().buffer).getBigUint64(0, true));
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(source.read(8, length)));
    const names = typeof header === "object" && header !== null ? Object.keys(header) : [];
    return firstOf(
      names.filter((name) => name !== "__metadata__"),
      "tensors",
    );
  } catch {
    return "its header is broken";
  }
}

function compiledModels(entries: ZipArchive): string {
  const models = new Set(
    [...entries.keys()].flatMap((name) => /data\/aotinductor\/([^/]+)\//.exec(name)?.[1] ?? []),
  );
  return [...models].join(", ");
}

function modelsInside(entries: ZipArchive): string {
  const models = [...entries.keys()].filter((name) => /\.(pt2?|pth|onnx|bin|safetensors)$/.test(name));
  return models.length === 0 ? "no model file" : models.join(", ");
}
