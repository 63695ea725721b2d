// One tensor out of nested JSON lists, as they are read.
// Rules and messages: TensorFlow Serving's json_tensor.cc. The shape is that of the first element at each level; every
// other list and value must agree. There a list's size is checked when it is entered; here it is known only when the
// list ends. So after a failure the lists that were open are still counted, and one of wrong size replaces the failure.
// Not here: JSON itself (server/json/), rows and names (read-predict-body.ts).

import { tensorflowName } from "../../../bytes/protobuf/tensorflow-dtypes.ts";
import { type ErrorCode, type ErrorFields, type Problem, problem } from "../../../core/errors.ts";
import type { TensorSpec } from "../../../model/signature.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { Capture } from "../../json/capture.ts";
import { describeValue } from "../../json/describe-value.ts";
import { type NumberColumn, numberColumn } from "../../json/number-column.ts";
import { MAX_LEVELS, type NumberLists, oneList } from "../../json/number-lists.ts";
import type { Scalar } from "../../json/scan-scalar.ts";
import { tensorflowDtypeName } from "../dtype-names.ts";

/** TensorFlow's own limit of dimensions (TensorShape::MaxDimensions). */
const MAX_RANK = 254;

/** Codes whose message may quote the value at fault. */
type FailureCode = Extract<ErrorCode, `JSON_${string}`>;

/** A failure whose quoted value may still be arriving. */
export class Failure {
  readonly capture: Capture | undefined;
  readonly #code: FailureCode;
  readonly #fields: Readonly<Record<string, string | number>>;

  constructor(
    code: FailureCode,
    fields: Readonly<Record<string, string | number>>,
    capture?: Capture | undefined,
  ) {
    this.#code = code;
    this.#fields = fields;
    this.capture = capture;
  }

  problem(): Problem {
    const value = this.capture ? { value: describeValue(this.capture.bytes) } : {};
    // The placeholders were checked where the failure was made.
    return problem(this.#code, { ...this.#fields, ...value } as ErrorFields<FailureCode>);
  }
}

/** The list whose elements are tensors: how many have ended, and the shape that they all have. */
export interface Rows {
  readonly count: number;
  readonly shape: readonly number[];
}

export class TensorBuilder {
  /** Undefined for types that we have no name for, which JSON cannot bring anyway. */
  readonly dtype: DType | undefined;
  readonly dtypeName: string;
  readonly column: NumberColumn | undefined;
  readonly strings: Uint8Array[] = [];
  failure: Failure | undefined;
  /** Lists that are open. */
  depth = 0;
  /** Values since `begin`. */
  size = 0;
  /** Where numbers may be stored unreported. */
  readonly #lists: NumberLists | undefined;
  /** The rows through which they go. */
  #rows: Rows | undefined;
  readonly #watch: (capture?: Capture) => void;
  /** -1 until the first value or the first empty list. */
  #rank = -1;
  /** Size of each level; -1 until its first list has ended. */
  #dims: number[] = [];
  /** Elements so far of each open list. */
  readonly #counts: number[] = [];
  /** After a failure: lists up to this depth are still counted. */
  #counted = Number.POSITIVE_INFINITY;

  /** `watch` is told of the value that a failure will quote, so that the bytes of it still to come are kept. */
  constructor(spec: Pick<TensorSpec, "dtype" | "tensorflowDtype">, watch: (capture?: Capture) => void) {
    this.#watch = watch;
    this.dtype = spec.dtype;
    this.dtypeName = spec.dtype ? tensorflowDtypeName(spec.dtype) : tensorflowName(spec.tensorflowDtype);
    this.column = spec.dtype && numberColumn(spec.dtype);
    this.#lists = this.column && spec.dtype !== "bool" ? oneList(this.column) : undefined;
  }

  /** A new element begins: its own shape, the same storage. */
  begin(): void {
    this.depth = 0;
    this.size = 0;
    this.#rank = -1;
    this.#dims = [];
  }

  /** The shape of the element that just ended. */
  get shape(): number[] {
    return this.#dims.slice(0, Math.max(0, this.#rank));
  }

  startArray(): void {
    this.#count(1);
    const level = this.depth++;
    if (this.failure) return;
    if (this.#rank >= 0 && level >= this.#rank) {
      this.#fail(new Failure("JSON_LIST_LEVEL", { level, rank: this.#rank }), level);
    } else if (level >= MAX_RANK) {
      this.#fail(new Failure("JSON_RANK_TOO_HIGH", { limit: MAX_RANK }), level);
    } else {
      if (this.#rank < 0) this.#dims[level] = -1;
      this.#counts[level] = 0;
    }
  }

  endArray(): void {
    const level = --this.depth;
    if (level >= this.#counted) return;
    const size = this.#counts[level] ?? 0;
    const expected = this.#dims[level] ?? -1;
    if (expected >= 0 && size !== expected) {
      this.#fail(new Failure("JSON_LIST_SIZE", { size, level, expected }), level);
      return;
    }
    this.#dims[level] = size;
    if (this.failure) this.#counted = level;
    // Nothing but empty lists so far: the shape ends here.
    else if (this.#rank < 0) this.#rank = level + 1;
  }

  /** Where plain numbers may go, at this place. Among rows they may go on into those that follow. */
  numbers(rows?: Rows): NumberLists | undefined {
    const lists = this.#lists;
    if (!lists || this.failure || this.depth === 0) return undefined;
    if (this.#rank >= 0 && this.#rank !== this.depth) return undefined;
    this.#rows = rows && this.#isLike(rows.shape) && this.depth < MAX_LEVELS ? rows : undefined;
    const levels = this.depth <= MAX_LEVELS ? this.depth : 1;
    const farther = this.depth - levels;
    const sizes = this.#rows ? this.#rows.shape : this.#dims;
    const first = this.#rows ? 1 : 0;
    lists.rank = first + levels;
    if (this.#rows) {
      lists.sizes[0] = -1;
      lists.counts[0] = this.#rows.count + 1;
    }
    for (let level = 0; level < levels; level++) {
      lists.sizes[first + level] = sizes[farther + level] ?? -1;
      lists.counts[first + level] = this.#counts[farther + level] ?? 0;
    }
    return lists;
  }

  /** So many numbers were stored there. Returns how many rows have ended. */
  numbersStored(count: number): number {
    const lists = this.#lists;
    if (!lists) return 0;
    const { depth } = this;
    const rows = this.#rows;
    const open = rows ? lists.depth - 1 : depth + lists.depth - lists.rank;
    const ended = rows ? (lists.counts[0] ?? 0) - (open > 0 ? 1 : 0) - rows.count : 0;
    const farther = rows ? -1 : depth - lists.rank;
    this.depth = open;
    for (let level = Math.max(0, farther); level < open; level++) {
      this.#counts[level] = lists.counts[level - farther] ?? 0;
    }
    if (rows) {
      this.#goOnIn(rows.shape);
    } else {
      this.#rank = depth;
      this.size += count;
    }
    return ended;
  }

  /** Where rows that are lone numbers may go. */
  rowsOfNumbers(rows: number): NumberLists | undefined {
    const lists = this.#lists;
    if (!lists) return undefined;
    lists.rank = 1;
    lists.sizes[0] = -1;
    lists.counts[0] = rows;
    return lists;
  }

  /** Whether what is known of this element's shape is that shape, down to the list at hand. */
  #isLike(shape: readonly number[]): boolean {
    return (
      shape.length === this.depth &&
      shape.every((size, level) => (this.#dims[level] ?? -1) < 0 || this.#dims[level] === size)
    );
  }

  /** Of the element at hand, which may be another than before, all that has ended is of that shape. */
  #goOnIn(shape: readonly number[]): void {
    const { depth } = this;
    let hasEnded = depth === 0;
    let size = hasEnded ? 1 : 0;
    this.#dims = shape.map((dim, level) => {
      const known = hasEnded;
      const isOpen = level < depth;
      const isInnermost = level === depth - 1;
      const ended = isOpen ? (this.#counts[level] ?? 0) - (isInnermost ? 0 : 1) : 0;
      size = size * dim + ended;
      hasEnded ||= ended > 0;
      return known ? dim : -1;
    });
    this.size = size;
    this.#rank = size > 0 ? shape.length : -1;
  }

  /** A number, true, false or null; `offset` is where it stands. */
  scalar(value: Scalar, offset: number, bodyBytesLeft: number): void {
    const capture = (): Capture => new Capture(offset, value.text);
    if (!this.#placeValue(capture)) return;
    if (this.#isUnsupported()) {
      this.#fail(new Failure("JSON_DTYPE_UNSUPPORTED", { dtype: this.dtypeName }, capture()));
      return;
    }
    if (this.#store(value, bodyBytesLeft)) this.size++;
    else this.#failType(typeName(value), capture());
  }

  /** A string begins. True if its bytes are wanted; `takeString` then brings them. */
  startString(offset: number): boolean {
    const capture = (): Capture => new Capture(offset);
    if (!this.#placeValue(capture)) return false;
    if (this.dtype === "string") return true;
    if (this.#isUnsupported()) {
      this.#fail(new Failure("JSON_DTYPE_UNSUPPORTED", { dtype: this.dtypeName }, capture()));
    } else {
      this.#failType("String", capture());
    }
    return false;
  }

  /** An object begins where a value stands; `capture` began there, too. True if it may be a `{"b64": ...}`; `takeString` or `fail` follow. */
  startObject(capture: Capture | undefined): boolean {
    if (!this.#placeValue(() => capture)) return false;
    if (this.dtype === "string") return true;
    this.#failType("Object", capture);
    return false;
  }

  takeString(bytes: Uint8Array): void {
    this.strings.push(bytes);
    this.size++;
  }

  /** Something about the value at hand is wrong. */
  failValue(failure: Failure): void {
    this.#fail(failure);
  }

  /** Counts the value and checks its level. False if it does not matter any more. */
  #placeValue(capture: () => Capture | undefined): boolean {
    this.#count(1);
    if (this.failure) return false;
    if (this.#rank < 0) this.#rank = this.depth;
    if (this.depth === this.#rank) return true;
    const fields = { level: this.depth + 1, rank: this.#rank };
    this.#fail(new Failure("JSON_VALUE_LEVEL", fields, capture()));
    return false;
  }

  #isUnsupported(): boolean {
    return this.column === undefined && this.dtype !== "string";
  }

  #store(value: Scalar, bodyBytesLeft: number): boolean {
    const { column } = this;
    if (!column) return false;
    if (this.dtype === "bool") {
      if (value.type !== "true" && value.type !== "false") return false;
      column.push(value.type === "true" ? 1 : 0, bodyBytesLeft);
      return true;
    }
    if (value.type !== "number") return false;
    if (this.dtype === "float32" || this.dtype === "float64") {
      column.push(value.value, bodyBytesLeft);
      return true;
    }
    const integer = value.integer;
    if (integer === undefined || !fits(integer, this.dtype)) return false;
    if (this.dtype === "int64" || this.dtype === "uint64") {
      column.pushWords(Number(integer & 0xffffffffn), Number((integer >> 32n) & 0xffffffffn), bodyBytesLeft);
    } else {
      column.push(Number(integer), bodyBytesLeft);
    }
    return true;
  }

  #failType(type: string, capture: Capture | undefined): void {
    this.#fail(new Failure("JSON_VALUE_TYPE", { type, dtype: this.dtypeName }, capture));
  }

  /** Lists deeper than `counted` no longer matter. */
  #fail(failure: Failure, counted = this.depth): void {
    this.failure = failure;
    this.#counted = counted;
    this.#watch(failure.capture);
  }

  #count(count: number): void {
    const { depth } = this;
    if (depth > 0 && depth <= this.#counted) this.#counts[depth - 1] = (this.#counts[depth - 1] ?? 0) + count;
  }
}

/** The range that a literal must be in. Narrow integers are checked as int32, and wrap, as they do there. */
function fits(integer: bigint, dtype: DType | undefined): boolean {
  switch (dtype) {
    case "uint32":
      return integer >= 0n && integer < 2n ** 32n;
    case "int64":
      return integer >= -(2n ** 63n) && integer < 2n ** 63n;
    case "uint64":
      return integer >= 0n && integer < 2n ** 64n;
    default:
      return integer >= -(2n ** 31n) && integer < 2n ** 31n;
  }
}

function typeName(value: Scalar): string {
  return value.type.charAt(0).toUpperCase() + value.type.slice(1);
}
