// Changes that damage a file: bytes and lengths overwritten, pieces taken out, doubled, put in, the end cut off.
// Text gets words of its own language, so that damage reaches beyond the lexer.
import fc from "fast-check";

/** One change; `at` is taken modulo the length of what it is applied to. */
export type Edit =
  | { readonly kind: "put"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "remove" | "double"; readonly at: number; readonly length: number }
  | { readonly kind: "cut"; readonly at: number };

/** Lengths and offsets that readers must not believe: nothing, one too many, the largest of each width. */
const LIES = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
];

const lie = fc
  .tuple(fc.constantFrom(...LIES), fc.constantFrom(1, 2, 4, 8))
  .map(([value, width]) => new Uint8Array(BigUint64Array.of(value).buffer).slice(0, width));

const at = fc.nat();
const length = fc.nat(64);

/** One to four changes; `words` are put and inserted beside single bytes and lies about lengths. */
export function edits(words: readonly string[] = []): fc.Arbitrary<Edit[]> {
  const byte = fc.nat(255).map((value) => Uint8Array.of(value));
  const word =
    words.length > 0 ? fc.constantFrom(...words).map((text) => new TextEncoder().encode(text)) : byte;
  const bytes = fc.oneof(byte, word, lie);
  const edit: fc.Arbitrary<Edit> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("put" as const), at, bytes }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("insert" as const), at, bytes }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom("remove" as const, "double" as const), at, length }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const), at }) },
  );
  return fc.array(edit, { minLength: 1, maxLength: 4 });
}

/** The damaged bytes; `original` stays as it is. */
export function damaged(original: Uint8Array, changes: readonly Edit[]): Uint8Array {
  return changes.reduce(damage, original);
}

function damage(bytes: Uint8Array, edit: Edit): Uint8Array {
  const start = bytes.byteLength === 0 ? 0 : edit.at % bytes.byteLength;
  if (edit.kind === "cut") return bytes.subarray(0, start);
  if (edit.kind === "put") return joined(bytes, start, start + edit.bytes.byteLength, edit.bytes);
  if (edit.kind === "insert") return joined(bytes, start, start, edit.bytes);
  const end = Math.min(bytes.byteLength, start + edit.length);
  if (edit.kind === "remove") return joined(bytes, start, end, new Uint8Array());
  return joined(bytes, end, end, bytes.subarray(start, end));
}

/** The bytes with what stands from `start` to `end` replaced. */
function joined(bytes: Uint8Array, start: number, end: number, middle: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, start), middle, bytes.subarray(end)]));
}
