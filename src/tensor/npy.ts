// NumPy's .npy files, read lazily and written byte for byte as np.save writes them.
// Specification: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
// Layout: "\x93NUMPY", version, header length, a Python dict (descr, fortran_order, shape) padded to 64 bytes, the data.
// Arrays in Fortran order or with the other byte order are put right when they are read.
// Not here: archives of several arrays (bytes/npz.ts).
import type { ByteSource } from "../core/byte-source.ts";
import { FerryError, type Problem, problem } from "../core/errors.ts";
import { BYTES_PER_ELEMENT, type DType, isComplex } from "./dtype.ts";
import { contiguousStrides, gatherStrided } from "./gather-strided.ts";
import { swapBytes } from "./swap-bytes.ts";
import { derivedTensor, elementCount, type Tensor, tensorFromSource, tensorFromStrings } from "./tensor.ts";

const MAGIC = "\x93NUMPY";
/** Far above any header of a plain array; NumPy's own limit is 10,000 characters. */
const MAX_HEADER_BYTES = 65_536;
const MAX_RANK = 64; // NumPy 2's NPY_MAXDIMS
/** NumPy leaves room in the header for the first axis to grow to as many digits. */
const GROWTH_DIGITS = 21;
const ALIGNMENT = 64;

const DESCRS: Readonly<Record<Exclude<DType, "string">, string>> = {
  float16: "<f2",
  float32: "<f4",
  float64: "<f8",
  int8: "|i1",
  int16: "<i2",
  int32: "<i4",
  int64: "<i8",
  uint8: "|u1",
  uint16: "<u2",
  uint32: "<u4",
  uint64: "<u8",
  bool: "|b1",
  complex64: "<c8",
  complex128: "<c16",
  // NumPy has no name for these: ml_dtypes' arrays are saved as raw bytes ("void").
  bfloat16: "<V2",
  float8_e4m3fn: "|V1",
  float8_e5m2: "|V1",
  float8_e4m3fnuz: "|V1",
  float8_e5m2fnuz: "|V1",
};

const DTYPES: ReadonlyMap<string, DType> = new Map(
  Object.entries(DESCRS)
    .filter(([, descr]) => !descr.includes("V"))
    .map(([dtype, descr]) => [descr.slice(1), dtype as DType]), // the keys are dtypes
);

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  readonly dataOffset: number;
}

/**
 * The array in a .npy file (versions 1 to 3), its bytes still on disk. Byte strings (`S`) and texts (`U`, as UTF-8)
 * become string tensors. Throws NPY_MALFORMED, or NPY_UNSUPPORTED for objects, records and dates.
 */
export function readNpy(source: ByteSource): Tensor {
  const header = readHeader(source);
  const tensor = "code" in header ? header : tensorOf(source, header);
  if ("code" in tensor) throw new FerryError([tensor]);
  return tensor;
}

/** The file that np.save would write. Strings, which NumPy only has with a fixed width, are padded with NUL. */
export function writeNpy(tensor: Tensor): Uint8Array {
  const width = Math.max(1, ...(tensor.strings ?? []).map((text) => text.byteLength));
  const descr = tensor.dtype === "string" ? `|S${width}` : DESCRS[tensor.dtype];
  const header = headerBytes(descr, tensor.shape);
  const data = tensor.strings ? paddedStrings(tensor.strings, width) : tensor.read();
  const file = new Uint8Array(header.byteLength + data.byteLength);
  file.set(header);
  file.set(data, header.byteLength);
  return file;
}

function headerBytes(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const growth = shape.length > 0 ? " ".repeat(Math.max(0, GROWTH_DIGITS - String(shape[0]).length)) : "";
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }${growth}`;
  const prefix = MAGIC.length + 4; // version and a 16-bit length: at most 64 axes fit
  const padding = ALIGNMENT - ((prefix + dict.length + 1) % ALIGNMENT);
  const length = dict.length + padding + 1;
  const text = `${MAGIC}\x01\x00${String.fromCharCode(length & 0xff, length >> 8)}${dict}${" ".repeat(padding)}\n`;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function readHeader(source: ByteSource): Header | Problem {
  if (source.size < 10) return malformed(source, `has ${source.size} bytes, a header has at least 10`);
  const start = source.read(0, Math.min(12, source.size));
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (latin1(start.subarray(0, 6)) !== MAGIC) return malformed(source, "does not begin with \\x93NUMPY");
  const version = start[6] as number; // there are 10 bytes
  if (version < 1 || version > 3) return malformed(source, `has version ${version}, 1 to 3 are known`);
  if (version > 1 && start.byteLength < 12) return malformed(source, "ends in its header");
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const begin = version === 1 ? 10 : 12;
  if (length > MAX_HEADER_BYTES) return malformed(source, `has a header of ${length} bytes`);
  if (begin + length > source.size) return malformed(source, "ends in its header");
  return parseHeader(source, latin1(source.read(begin, length)), begin + length);
}

function parseHeader(source: ByteSource, text: string, dataOffset: number): Header | Problem {
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,L ]*)\)/.exec(text)?.[1];
  if (descr === undefined && /'descr':\s*\[/.test(text)) return unsupported(source, "a record array");
  if (descr === undefined || order === undefined || shape === undefined) {
    return malformed(source, `has the header ${JSON.stringify(text.trimEnd().slice(0, 100))}`);
  }
  const sizes = shape
    .split(",")
    .map((size) => size.replace("L", "").trim()) // Python 2 wrote 3L
    .filter((size) => size !== "")
    .map(Number);
  if (sizes.length > MAX_RANK || !Number.isSafeInteger(elementCount(sizes))) {
    return malformed(source, `has the shape (${shape})`);
  }
  return { descr, fortranOrder: order === "True", shape: sizes, dataOffset };
}

function tensorOf(source: ByteSource, header: Header): Tensor | Problem {
  const { shape, dataOffset } = header;
  const letter = header.descr.replace(/^[<>|=]/, "");
  const dtype = DTYPES.get(letter);
  const width = dtype ? BYTES_PER_ELEMENT[dtype] : stringWidth(letter);
  if (width === undefined) return unsupported(source, describe(header.descr));
  const length = elementCount(shape) * width;
  if (dataOffset + length > source.size) {
    const found = source.size - dataOffset;
    return malformed(source, `holds ${found} bytes of data where ${header.descr}[${shape}] needs ${length}`);
  }
  const read = () => normalized(source.read(dataOffset, length), header, width, dtype);
  if (!dtype) return tensorFromStrings(shape, splitStrings(read(), width, letter.startsWith("U")));
  const plain = !header.fortranOrder && !header.descr.startsWith(">");
  return plain ? tensorFromSource(dtype, shape, source, dataOffset) : derivedTensor(dtype, shape, read);
}

/** The data in row-major order and little-endian. */
function normalized(data: Uint8Array, header: Header, width: number, dtype: DType | undefined): Uint8Array {
  const word = dtype === undefined ? 4 : isComplex(dtype) ? width / 2 : width;
  const swap = header.descr.startsWith(">") && !/S/.test(header.descr);
  const little = swap ? swapBytes(data, word) : data;
  if (!header.fortranOrder) return little;
  const strides = contiguousStrides([...header.shape].reverse()).reverse();
  return gatherStrided(little, width, { shape: header.shape, strides, offset: 0 });
}

function stringWidth(letter: string): number | undefined {
  const [, kind, length] = /^([SUa])(\d{1,9})$/.exec(letter) ?? [];
  return kind === undefined || Number(length) === 0 ? undefined : Number(length) * (kind === "U" ? 4 : 1);
}

/** Elements of fixed width without the NULs at their ends; UTF-32 becomes UTF-8. */
function splitStrings(data: Uint8Array, width: number, utf32: boolean): Uint8Array[] {
  const strings: Uint8Array[] = [];
  for (let at = 0; at < data.byteLength; at += width) {
    const element = data.subarray(at, at + width);
    if (utf32) strings.push(utf8OfUtf32(element));
    else strings.push(element.slice(0, element.findLastIndex((byte) => byte !== 0) + 1));
  }
  return strings;
}

function utf8OfUtf32(element: Uint8Array): Uint8Array {
  const view = new DataView(element.buffer, element.byteOffset, element.byteLength);
  let text = "";
  for (let at = 0; at < element.byteLength; at += 4) {
    const point = view.getUint32(at, true);
    text += String.fromCodePoint(point <= 0x10ffff ? point : 0xfffd);
  }
  return new TextEncoder().encode(text.replace(/\0+$/, ""));
}

function paddedStrings(strings: readonly Uint8Array[], width: number): Uint8Array {
  const data = new Uint8Array(strings.length * width);
  for (const [index, text] of strings.entries()) data.set(text, index * width);
  return data;
}

function describe(descr: string): string {
  if (/O/.test(descr)) return "Python objects, which NumPy saves as a pickle";
  if (/[mM]/.test(descr)) return "dates or durations";
  if (/V/.test(descr)) return `raw bytes without an element type (${descr})`;
  return `elements of type '${descr}'`;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function malformed(source: ByteSource, reason: string): Problem {
  return problem("NPY_MALFORMED", { file: source.name, reason });
}

function unsupported(source: ByteSource, found: string): Problem {
  return problem("NPY_UNSUPPORTED", { file: source.name, found });
}
