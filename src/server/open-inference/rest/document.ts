// A JSON document held in memory, built as the parser reports it: everything of a request but its tensors' values.
// Invariant: depth and number of values are bounded, whatever the body's size.
import { type Problem, problem } from "../../../core/errors.ts";
import type { JsonHandler } from "../../json/json-handler.ts";
import type { Scalar } from "../../json/scan-scalar.ts";
import { TextBuffer, type TextSink } from "../../json/text-buffer.ts";

export type JsonObject = Map<string, JsonValue>;
/** Integers that no number holds exactly are bigints. */
export type JsonValue = string | number | bigint | boolean | null | JsonValue[] | JsonObject;

/** Triton's own limit. */
export const MAX_DEPTH = 100;
/** A request names some inputs and outputs with a few parameters each. */
const MAX_VALUES = 100_000;

/**
 * Asked before each member of an object: who reads the value in the document's place. `path` are the keys of what is
 * open, "" for a list's elements. Whoever is given tells when the value is complete, by making the document the
 * parser's handler again.
 */
export type Detour = (key: string, parent: JsonObject, path: readonly string[]) => JsonHandler | undefined;

export class Document implements JsonHandler {
  root: JsonValue | undefined;
  problem: Problem | undefined;
  readonly #detour: Detour;
  readonly #text = new TextBuffer();
  readonly #open: (JsonValue[] | JsonObject)[] = [];
  readonly #path: string[] = [];
  #key = "";
  #values = 0;

  constructor(detour: Detour = () => undefined) {
    this.#detour = detour;
  }

  startObject(): void {
    const other = this.#other();
    if (other) other.startObject();
    else this.#descend(new Map());
  }

  endObject(): void {
    this.#ascend();
  }

  startArray(): void {
    const other = this.#other();
    if (other) other.startArray();
    else this.#descend([]);
  }

  endArray(): void {
    this.#ascend();
  }

  key(name: string): void {
    const parent = this.#open.at(-1);
    if (parent instanceof Map && parent.has(name)) {
      this.problem ??= problem("OIP_MEMBER_TWICE", { member: name.slice(0, MAX_QUOTED) });
    }
    this.#key = name;
  }

  text(): TextSink | undefined {
    const other = this.#other();
    return other ? other.text() : this.#text;
  }

  endText(): void {
    this.#put(this.#text.takeText());
  }

  scalar(value: Scalar): void {
    const other = this.#other();
    if (other) other.scalar(value);
    else this.#put(plainValue(value));
  }

  numbers(): undefined {
    return undefined;
  }

  numbersStored(): void {
    throw new Error("a document stores no columns");
  }

  #other(): JsonHandler | undefined {
    const parent = this.#open.at(-1);
    if (!(parent instanceof Map) || this.problem) return undefined;
    const other = this.#detour(this.#key, parent, this.#path);
    // Its place is taken, so that a second one of the name is seen.
    if (other) parent.set(this.#key, null);
    return other;
  }

  #descend(value: JsonValue[] | JsonObject): void {
    const inList = Array.isArray(this.#open.at(-1));
    if (this.#open.length === MAX_DEPTH) this.problem ??= problem("OIP_JSON_TOO_DEEP", { limit: MAX_DEPTH });
    else this.#put(value);
    this.#path.push(inList ? "" : this.#key);
    this.#open.push(value);
  }

  #ascend(): void {
    this.#open.pop();
    this.#path.pop();
  }

  /** After something is wrong nothing more is held. */
  #put(value: JsonValue): void {
    if (++this.#values > MAX_VALUES) this.problem ??= problem("OIP_JSON_TOO_LONG", { limit: MAX_VALUES });
    if (this.problem) return;
    const parent = this.#open.at(-1);
    if (parent instanceof Map) parent.set(this.#key, value);
    else if (parent) parent.push(value);
    else this.root = value;
  }
}

/** Characters of a name that an error repeats. */
const MAX_QUOTED = 100;

function plainValue(value: Scalar): JsonValue {
  if (value.type !== "number") return value.type === "null" ? null : value.type === "true";
  const exact = value.integer === undefined || Number.isSafeInteger(value.value);
  return exact ? value.value : (value.integer ?? value.value);
}
