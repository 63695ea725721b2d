// A value of model.json with its path, so that whatever is not as the schema says is named by where it stands.
// Keys that nobody asks for are ignored, as PyTorch itself does: newer minor versions of the schema add keys.
// Schema: https://github.com/pytorch/pytorch/blob/main/torch/_export/serde/schema.py
// Layout: a union is an object with exactly one key, the name of the variant.
import { fail } from "../../core/errors.ts";

/** A checked view of a JSON value; every accessor throws PT2_MALFORMED where the value is of another kind. */
export class JsonValue {
  readonly file: string;
  private readonly value: unknown;
  private readonly parent: JsonValue | undefined;
  private readonly key: string | number;

  /** The root of a file; `key` is what messages call it. */
  constructor(file: string, value: unknown, key: string | number, parent?: JsonValue) {
    this.file = file;
    this.value = value;
    this.key = key;
    this.parent = parent;
  }

  /** Where the value stands, such as `model.json: graph_module.graph.nodes[3].target`. */
  get path(): string {
    if (!this.parent) return String(this.key);
    if (typeof this.key === "number") return `${this.parent.path}[${this.key}]`;
    return `${this.parent.path}${this.parent.parent ? "." : ": "}${this.key}`;
  }

  /** Neither absent nor null. */
  get present(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  get isObject(): boolean {
    return typeof this.value === "object" && this.value !== null && !Array.isArray(this.value);
  }

  /** The value of a key; absent if there is none. */
  get(key: string): JsonValue {
    const object = this.object();
    return new JsonValue(this.file, Object.hasOwn(object, key) ? object[key] : undefined, key, this);
  }

  string(): string {
    return typeof this.value === "string" ? this.value : this.wrong("a string");
  }

  optionalString(): string | undefined {
    return typeof this.value === "string" ? this.value : undefined;
  }

  boolean(): boolean {
    return typeof this.value === "boolean" ? this.value : this.wrong("true or false");
  }

  /** An int64; from 2^63 on the nearest double, as graph attributes hold it. */
  integer(): number {
    return typeof this.value === "number" && Number.isInteger(this.value)
      ? this.value
      : this.wrong("an integer");
  }

  /** An integer that can count or index. */
  size(): number {
    const value = this.integer();
    return Number.isSafeInteger(value) && value >= 0 ? value : this.wrong("a size");
  }

  /** A float; infinities and NaN are strings. */
  number(): number {
    if (typeof this.value === "number") return this.value;
    if (this.value === "Infinity" || this.value === "inf") return Number.POSITIVE_INFINITY;
    if (this.value === "-Infinity" || this.value === "-inf") return Number.NEGATIVE_INFINITY;
    return this.value === "NaN" || this.value === "nan" ? Number.NaN : this.wrong("a number");
  }

  list(): JsonValue[] {
    if (!Array.isArray(this.value)) return this.wrong("a list");
    return this.value.map((item: unknown, index) => new JsonValue(this.file, item, index, this));
  }

  /** The keys and values of an object in the file's order. */
  entries(): [string, JsonValue][] {
    return Object.entries(this.object()).map(([key, value]) => [
      key,
      new JsonValue(this.file, value, key, this),
    ]);
  }

  /** The variant of a union and its contents. */
  variant(): [string, JsonValue] {
    const [entry, ...others] = this.entries();
    return entry && others.length === 0 ? entry : this.wrong("an object with one key");
  }

  /** The value as JSON text, cut off at a length. */
  text(maxLength = 200): string {
    return (JSON.stringify(this.value) ?? "nothing").slice(0, maxLength);
  }

  /** Throws: the value is not what is wanted. */
  wrong(wanted: string): never {
    const found = this.value === undefined ? "absent" : this.text().slice(0, 80);
    return fail("PT2_MALFORMED", { file: this.file, where: this.path, found, wanted });
  }

  private object(): Record<string, unknown> {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.wrong("an object");
    return value as Record<string, unknown>; // checked above
  }
}
