// The values of one input as they are parsed: `data`, a list of elements, flat or nested, straight into typed memory.
// Rules: https://github.com/kserve/open-inference-protocol (Tensor Data): row-major; the shape is told apart from it,
// so that lists are only checked to be of equal sizes and depths.
// Invariant: nothing is coerced: integers have no fraction and fit their datatype, truth values are true or false.
// Not here: which datatype is meant (read-infer-body.ts), the shape (parse-infer.ts).
import { type Problem, problem } from "../../../core/errors.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { JsonHandler } from "../../json/json-handler.ts";
import { type NumberColumn, numberColumn } from "../../json/number-column.ts";
import { MAX_LEVELS, type NumberLists, oneList } from "../../json/number-lists.ts";
import type { Scalar } from "../../json/scan-scalar.ts";
import { TextBuffer, type TextSink } from "../../json/text-buffer.ts";
import { DATATYPES, type Datatype } from "../datatypes.ts";
import { elementRange, isNarrow, narrowed } from "../integer-ranges.ts";
import { MAX_DEPTH } from "./document.ts";

/** Bytes of a string of JSON that an error repeats. */
const MAX_QUOTED_BYTES = 40;

export class InputData implements JsonHandler {
  /** Whether `data` is a list. */
  isList = false;
  /** What its values were read as; undefined if they were passed over. */
  readonly datatype: Datatype | undefined;
  readonly strings: Uint8Array[] = [];
  readonly #column: NumberColumn | undefined;
  /** Where numbers may be stored unreported. */
  readonly #lists: NumberLists | undefined;
  readonly #bytesLeft: () => number;
  readonly #done: () => void;
  readonly #text = new TextBuffer();
  /** What is wrong, given the input's name. */
  #failure: ((input: string) => Problem) | undefined;
  #count = 0;
  #depth = 0;
  /** Depth of the elements; -1 before the first. */
  #rank = -1;
  /** Size of each level, -1 until its first list has ended, and elements so far of each open list. */
  readonly #sizes: number[] = [];
  readonly #counts: number[] = [];

  /** `done` is called when the value is complete; `bytesLeft` bounds the text still to come. */
  constructor(datatype: Datatype | undefined, bytesLeft: () => number, done: () => void) {
    this.datatype = datatype;
    this.#bytesLeft = bytesLeft;
    this.#done = done;
    const dtype: DType | undefined = datatype && DATATYPES[datatype].dtype;
    // Narrow integers are read as int32, so that what does not fit is seen, and narrowed at the end.
    this.#column = dtype && numberColumn(isNarrow(dtype) ? "int32" : dtype);
    this.#lists = this.#column && dtype !== "bool" ? oneList(this.#column) : undefined;
  }

  /** Elements so far. */
  get count(): number {
    return this.#count;
  }

  /** The elements' bytes, or what is wrong with them. Empty for strings. */
  *bytes(input: string): Generator<undefined, Uint8Array | Problem> {
    if (this.#failure) return this.#failure(input);
    if (!this.#column || !this.datatype) return new Uint8Array(0);
    const bytes = yield* this.#column.bytes();
    const { dtype } = DATATYPES[this.datatype];
    return isNarrow(dtype) ? yield* narrowed(bytes, dtype, input, this.datatype) : bytes;
  }

  /** Nobody reads the elements any more. */
  giveBack(): void {
    this.#column?.giveBack();
  }

  startArray(): void {
    if (this.#depth === 0) this.isList = true;
    this.#counted(1);
    const level = this.#depth++;
    if (this.#depth > MAX_DEPTH) this.#fail(() => problem("OIP_JSON_TOO_DEEP", { limit: MAX_DEPTH }));
    else if (this.#rank >= 0 && level >= this.#rank) this.#failRagged();
    else this.#counts[level] = 0;
  }

  endArray(): void {
    const level = --this.#depth;
    if (!this.#failure) {
      const size = this.#counts[level] ?? 0;
      const expected = this.#sizes[level] ?? size;
      if (size !== expected) this.#failRagged();
      this.#sizes[level] = size;
      if (this.#rank < 0) this.#rank = level + 1;
    }
    if (level === 0) this.#done();
  }

  /** An object is no element; it is passed over. */
  startObject(): void {
    this.#place("an object");
    this.#depth++;
  }

  endObject(): void {
    if (--this.#depth === 0) this.#done();
  }

  key(): void {
    // Of an object that is passed over.
  }

  text(): TextSink | undefined {
    return this.#failure || this.datatype === undefined ? undefined : this.#text;
  }

  endText(): void {
    const text = this.#text.take();
    const quoted = (): string => JSON.stringify(Buffer.from(text.subarray(0, MAX_QUOTED_BYTES)).toString());
    if (this.#place(this.datatype === "BYTES" ? undefined : quoted())) {
      this.strings.push(text);
      this.#count++;
    }
    this.#endElement();
  }

  scalar(value: Scalar): void {
    if (this.#place(this.#store(value) ? undefined : quote(value))) this.#count++;
    this.#endElement();
  }

  numbers(): NumberLists | undefined {
    const lists = this.#lists;
    if (!lists || this.#failure || this.#depth === 0) return undefined;
    if (this.#rank >= 0 && this.#rank !== this.#depth) return undefined;
    const known = this.#depth <= MAX_LEVELS ? this.#depth : 1;
    const farther = this.#depth - known;
    lists.rank = known;
    for (let level = 0; level < known; level++) {
      lists.sizes[level] = this.#sizes[farther + level] ?? -1;
      lists.counts[level] = this.#counts[farther + level] ?? 0;
    }
    return lists;
  }

  numbersStored(count: number): void {
    const lists = this.#lists;
    if (!lists) return;
    this.#rank = this.#depth;
    this.#depth += lists.depth - lists.rank;
    const farther = this.#rank - lists.rank;
    for (let level = 0; level < lists.depth; level++)
      this.#counts[farther + level] = lists.counts[level] ?? 0;
    this.#count += count;
  }

  /** An element stands here; `wrong` is what it is if it may not. False if it does not count. */
  #place(wrong: string | undefined): boolean {
    this.#counted(1);
    if (this.#failure || this.datatype === undefined) return false;
    if (this.#rank < 0) this.#rank = this.#depth;
    if (this.#depth !== this.#rank) this.#failRagged();
    else if (wrong !== undefined) {
      const fields = { index: this.#count, found: wrong, datatype: this.datatype };
      this.#fail((input) =>
        DATATYPES[fields.datatype].binaryOnly
          ? problem("OIP_BINARY_ONLY", { input, datatype: fields.datatype })
          : problem("OIP_ELEMENT", { input, ...fields }),
      );
    }
    return this.#failure === undefined;
  }

  /** False if the value is not of the datatype. */
  #store(value: Scalar): boolean {
    const column = this.#column;
    if (!column || this.#failure) return false;
    if (this.datatype === "BOOL") {
      if (value.type !== "true" && value.type !== "false") return false;
      column.push(value.type === "true" ? 1 : 0, this.#bytesLeft());
      return true;
    }
    if (value.type !== "number") return false;
    const range = elementRange(column.dtype);
    if (!range) {
      column.push(value.value, this.#bytesLeft());
      return true;
    }
    const { integer } = value;
    if (integer === undefined || integer < range[0] || integer > range[1]) return false;
    if (column.dtype === "int64" || column.dtype === "uint64") {
      const bits = BigInt.asUintN(64, integer);
      column.pushWords(Number(bits & 0xffffffffn), Number(bits >> 32n), this.#bytesLeft());
    } else {
      column.push(Number(integer), this.#bytesLeft());
    }
    return true;
  }

  /** A `data` that is no list is over with its one value. */
  #endElement(): void {
    if (this.#depth === 0) this.#done();
  }

  #counted(count: number): void {
    const level = this.#depth - 1;
    if (level >= 0) this.#counts[level] = (this.#counts[level] ?? 0) + count;
  }

  #failRagged(): void {
    this.#fail((input) => problem("OIP_RAGGED", { input }));
  }

  #fail(failure: (input: string) => Problem): void {
    this.#failure ??= failure;
  }
}

function quote(value: Scalar): string {
  return value.type === "number" ? String(value.integer ?? value.value) : value.type;
}
