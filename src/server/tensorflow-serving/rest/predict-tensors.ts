// The tensors of a predict request: rows of values, rows of names, or columns by name, and what may be wrong with them.
// Rules and messages: TensorFlow Serving's json_tensor.cc. The first failure is the answer; nothing is read after it.
// Not here: where in the body a value stands (read-predict-body.ts), one tensor's nesting (tensor-builder.ts).
import { type Problem, problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import type { TensorSpec } from "../../../model/signature.ts";
import type { Capture } from "../../json/capture.ts";
import { describeValue } from "../../json/describe-value.ts";
import type { NumberLists } from "../../json/number-lists.ts";
import { statusName } from "../../status-names.ts";
import { Failure, TensorBuilder } from "./tensor-builder.ts";

/** Where a value belongs: a row without names, a name in a row, a name in `inputs`, or the plain value of `inputs`. */
export type ValueOf = "rows" | "row" | "columns" | "plain";

interface FirstElement {
  readonly size: number;
  readonly shape: readonly number[];
}

export class PredictTensors {
  /** Why nothing more is to be read. */
  failure: (() => Problem) | undefined;
  /** The tensor whose value is being read; before any, the first. */
  current: TensorBuilder | undefined;
  /** Rows that are complete. */
  rows = 0;
  readonly #builders = new Map<string, TensorBuilder>();
  readonly #first = new Map<TensorBuilder, FirstElement>();
  /** What the elements of `instances` are, by the first of them. */
  #elements: "unknown" | "values" | "objects" = "unknown";
  /** Names seen in the object at hand. */
  readonly #names = new Set<string>();

  /** Makes room for the inputs. `watch` is told of the value that a failure will quote. */
  choose(specs: readonly TensorSpec[], watch: (capture?: Capture) => void): void {
    for (const spec of specs) {
      const builder = new TensorBuilder(spec, watch);
      this.#builders.set(spec.key, builder);
      this.current ??= builder;
    }
  }

  has(name: string): boolean {
    return this.#builders.has(name);
  }

  /** A row that is a list or a value begins. False if it is not to be read. */
  beginElement(isBase64: boolean): boolean {
    const index = this.rows;
    if (this.#elements === "objects") return this.#fail(() => problem("JSON_OBJECT_EXPECTED", { index }));
    if (index === 0 && !isBase64 && this.#builders.size > 1) {
      return this.#fail(() => problem("JSON_PLAIN_INSTANCES", {}));
    }
    this.#elements = "values";
    this.current?.begin();
    return this.current !== undefined;
  }

  /** `inputs` is a list or a value. False if it is not to be read. */
  beginPlainInputs(): boolean {
    if (this.#builders.size > 1) return this.#fail(() => problem("JSON_PLAIN_INPUTS", {}));
    this.current?.begin();
    return this.current !== undefined;
  }

  /** An object of names begins: a row, or `inputs`. False if a row may not be one. */
  beginNames(isRow: boolean): boolean {
    const index = this.rows;
    this.#names.clear();
    if (!isRow) return true;
    if (this.#elements === "values") return this.#fail(() => problem("JSON_VALUE_EXPECTED", { index }));
    this.#elements = "objects";
    return true;
  }

  /** A named value begins. False if it is not to be read: a name nobody knows, or one that was there before. */
  beginItem(name: string, inRow: boolean): boolean {
    const builder = this.#builders.get(name);
    if (!builder && inRow) {
      return this.#failItem(new Failure("JSON_NO_SUCH_INPUT", { key: name }), "row", name);
    }
    if (!builder || this.#names.has(name)) return false;
    this.#names.add(name);
    this.current = builder;
    builder.begin();
    return true;
  }

  /** The value is complete. False if it is wrong, or unlike the one in the first row. */
  endItem(place: ValueOf, name: string): boolean {
    const builder = this.current;
    if (!builder) return false;
    const first = this.#first.get(builder);
    const failure = builder.failure ?? (first && mismatch(first, builder));
    if (failure) return this.#failItem(failure, place, name);
    if (!first) this.#first.set(builder, { size: builder.size, shape: builder.shape });
    if (place === "rows") this.rows++;
    return true;
  }

  /** The row of names is complete. False if one is missing; `row` is then quoted. */
  endRow(row: Capture | undefined): boolean {
    if (this.#names.size === this.#builders.size) {
      this.rows++;
      return true;
    }
    const keys = [...this.#builders.keys()].sort().join(",");
    const index = this.rows;
    return this.#fail(() => {
      const value = describeValue(row?.bytes ?? new Uint8Array(0));
      return problem("JSON_ELEMENT_KEYS", { index, value, keys });
    });
  }

  /** Where numbers within the tensor at hand may go; in a row without names, on into the rows that follow. */
  numbers(place: ValueOf): NumberLists | undefined {
    const builder = this.current;
    const first = place === "rows" && builder && this.#first.get(builder);
    return builder?.numbers(first ? { count: this.rows, shape: first.shape } : undefined);
  }

  /** Where rows that are plain numbers may go: after the first, the rest follow without ado. */
  plainRows(): NumberLists | undefined {
    const builder = this.current;
    if (this.#elements !== "values" || !builder) return undefined;
    return this.#first.get(builder)?.shape.length === 0 ? builder.rowsOfNumbers(this.rows) : undefined;
  }

  /** The tensors by name, or what is wrong with them. Joining long ones takes turns. */
  *finish(asRows: boolean): Generator<undefined, ReadonlyMap<string, TensorValue> | Problem> {
    if (this.failure) return this.failure();
    const inputs = new Map<string, TensorValue>();
    for (const [name, builder] of this.#builders) {
      const first = this.#first.get(builder);
      if (!first && asRows) continue; // lone base64 rows fill the first input only
      if (!first) return problem("JSON_MISSING_INPUT", { key: name });
      const { dtype, dtypeName, column, strings } = builder;
      if (!dtype) return problem("JSON_DTYPE_UNSUPPORTED", { value: "[]", dtype: dtypeName });
      const shape = asRows ? [this.rows, ...first.shape] : first.shape;
      const data = column ? yield* column.bytes() : new Uint8Array(0);
      inputs.set(name, { dtype, shape, data, ...(dtype === "string" ? { strings } : {}) });
    }
    return inputs;
  }

  /** Nobody reads the tensors any more. */
  giveBack(): void {
    for (const { column } of this.#builders.values()) column?.giveBack();
  }

  #failItem(failure: Failure, place: ValueOf, key: string): false {
    const index = this.rows;
    return this.#fail(() => {
      const inner = failure.problem();
      if (place === "plain" || place === "columns") return inner;
      const fields = { index, status: statusName(inner.row.grpc), reason: inner.message };
      return place === "row"
        ? problem("JSON_ELEMENT_KEY", { ...fields, key })
        : problem("JSON_ELEMENT", fields);
    });
  }

  #fail(make: () => Problem): false {
    this.failure ??= make;
    return false;
  }
}

/** How an element differs from the first one, if it does. */
function mismatch(first: FirstElement, { size, shape }: TensorBuilder): Failure | undefined {
  if (size !== first.size) return new Failure("JSON_TENSOR_SIZE", { expected: first.size, size });
  const same = shape.length === first.shape.length && shape.every((dim, axis) => dim === first.shape[axis]);
  if (same) return undefined;
  const expected = `[${first.shape.join(",")}]`;
  return new Failure("JSON_TENSOR_SHAPE", { expected, shape: `[${shape.join(",")}]` });
}
