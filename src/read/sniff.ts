// Tells what kind a file is by its content alone: names lie (.pt stands for four kinds, .pt2 for two).
// Not here: reading what can be read (read-model.ts); what is told of checkpoints (other-kinds.ts).
import { looksLikeZip, readZip, type ZipArchive } from "../bytes/zip/read-zip.ts";
import type { ByteSource } from "../core/byte-source.ts";
import { Problem } from "../core/errors.ts";
import { looksLikeOnnx } from "./onnx/looks-like-onnx.ts";
import { programsIn } from "./pt2/archive.ts";

export type FileKind =
  | { readonly kind: "pt2"; readonly entries: ZipArchive }
  | { readonly kind: "torchscript"; readonly entries: ZipArchive }
  | { readonly kind: "torch-save" | "aotinductor"; readonly entries: ZipArchive }
  | { readonly kind: "model-archive" | "torch-package" | "other-zip"; readonly entries: ZipArchive }
  | { readonly kind: "onnx" }
  | { readonly kind: "empty" | "safetensors" | "executorch" | "mobile-flatbuffer" | "unknown" }
  | { readonly kind: "legacy-torch-save" }
  | { readonly kind: "text"; readonly start: string }
  | { readonly kind: "other-format"; readonly name: string };

/** How much of the beginning is looked at. */
const HEAD_BYTES = 512;

/** The kind; a problem for a zip archive that is cut short or broken. */
export function sniff(source: ByteSource): FileKind | Problem {
  if (source.size === 0) return { kind: "empty" };
  if (looksLikeZip(source)) {
    const entries = readZip(source);
    return entries instanceof Problem ? entries : { kind: kindOfZip(entries), entries };
  }
  const head = source.read(0, Math.min(HEAD_BYTES, source.size));
  return (
    kindByMagic(head) ??
    (isSafetensors(head, source.size) ? { kind: "safetensors" } : undefined) ??
    textKind(head) ??
    (isSavedModel(head)
      ? other("a TensorFlow SavedModel (the kind of file that is made here)")
      : undefined) ??
    (looksLikeOnnx(source) ? { kind: "onnx" } : { kind: "unknown" })
  );
}

type ZipKind = Extract<FileKind, { readonly entries: ZipArchive }>["kind"];

function kindOfZip(entries: ZipArchive): ZipKind {
  const names = [...entries.keys()];
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (programsIn(entries).size > 0) return "pt2";
  if (has(/(^|\/)data\/aotinductor\//)) return "aotinductor";
  if (has(/(^|\/)code\/.*\.py$/) && has(/(^|\/)(constants|data)\.pkl$/)) return "torchscript";
  if (has(/(^|\/)\.data\/extern_modules$/)) return "torch-package";
  if (has(/^MAR-INF\/MANIFEST\.json$/)) return "model-archive";
  return has(/(^|\/)data\.pkl$/) ? "torch-save" : "other-zip";
}

/** PROTO 2, LONG1 of 10 bytes: the magic number 0x1950a86a20f9469cfc6c as a pickle. */
const LEGACY_TORCH_SAVE = "80028a0a6cfc9c46f920";

/** Formats that begin, or continue at an offset, with bytes of their own. */
const MAGICS: readonly { readonly at: number; readonly hex: string; readonly kind: FileKind }[] = [
  { at: 0, hex: LEGACY_TORCH_SAVE, kind: { kind: "legacy-torch-save" } },
  { at: 4, hex: hexOf("ET1"), kind: { kind: "executorch" } },
  { at: 4, hex: hexOf("PTMF"), kind: { kind: "mobile-flatbuffer" } },
  { at: 4, hex: hexOf("TFL3"), kind: other("a TensorFlow Lite model") },
  { at: 0, hex: "894844460d0a1a0a", kind: other("an HDF5 file (such as Keras writes)") },
  { at: 0, hex: hexOf("GGUF"), kind: other("a GGUF file of llama.cpp: weights without a graph") },
  { at: 0, hex: "1f8b", kind: other("compressed by gzip") },
  { at: 0, hex: "377abcaf271c", kind: other("a 7z archive") },
  { at: 0, hex: "934e554d5059", kind: other("an array of numpy.save") },
  { at: 257, hex: hexOf("ustar"), kind: other("a tar archive (torch.save wrote them before PyTorch 0.2)") },
  { at: 0, hex: "8002", kind: other("a Python pickle") },
  { at: 0, hex: "8003", kind: other("a Python pickle") },
  { at: 0, hex: "8004", kind: other("a Python pickle") },
  { at: 0, hex: "8005", kind: other("a Python pickle") },
];

function other(name: string): FileKind {
  return { kind: "other-format", name };
}

function hexOf(text: string): string {
  return Buffer.from(text, "latin1").toString("hex");
}

function kindByMagic(head: Uint8Array): FileKind | undefined {
  const hex = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("hex");
  return MAGICS.find((magic) => hex.startsWith(magic.hex, magic.at * 2))?.kind;
}

/** safetensors' own limit for its header. */
const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;

/** A length of 64 bits, and JSON of that length. */
function isSafetensors(head: Uint8Array, size: number): boolean {
  if (head.byteLength < 10) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const opens = head[8] === 0x7b && (head[9] === 0x22 || head[9] === 0x7d); // {" or {}
  return opens && length >= 2 && length <= MAX_SAFETENSORS_HEADER_BYTES && 8 + length <= size;
}

/** Schema version 1, then a MetaGraphDef that begins with its MetaInfoDef; both are field 1 of their message. */
function isSavedModel(head: Uint8Array): boolean {
  if (head[0] !== 0x08 || head[1] !== 1 || head[2] !== 0x12) return false;
  let at = 3;
  while ((head[at] ?? 0) >= 0x80) at++;
  return head[at + 1] === 0x0a; // an ONNX model has its producer's name there, which is text
}

/** Text has no control characters but those that move the cursor; protobuf has some among its first bytes. */
function textKind(head: Uint8Array): FileKind | undefined {
  const control = head.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  if (control) return undefined;
  const text = new TextDecoder().decode(head);
  // Half a character at the end of what was read is no reason to doubt.
  return text.slice(0, -4).includes("\ufffd") ? undefined : { kind: "text", start: text };
}
