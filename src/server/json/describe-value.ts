// The text by which a message quotes a JSON value: pretty, lists on one line, cut after about 256 bytes.
// Layout: RapidJSON's PrettyWriter with kFormatSingleLineArray, stopped as TensorFlow Serving stops it.
import type { JsonHandler } from "./json-handler.ts";
import { JsonParser } from "./json-parser.ts";
import type { Scalar } from "./scan-scalar.ts";
import { TextBuffer, type TextSink } from "./text-buffer.ts";

const MAX_DESCRIPTION_BYTES = 256;
const INDENT = "    ";

/** Describes the first value of `raw`, which may go on behind the value or end inside it. */
export function describeValue(raw: Uint8Array): string {
  const writer = new Describer();
  const parser = new JsonParser(writer, new TextBuffer());
  parser.feed(raw);
  // A value that ends the captured bytes, such as a lone number, is only then reported.
  parser.finish();
  writer.finish();
  return writer.description;
}

class Describer implements JsonHandler {
  description = "";
  readonly #text = new TextBuffer();
  #inText = false;
  /** Members so far of each open list and object. */
  readonly #counts: number[] = [];
  readonly #lists: boolean[] = [];
  #afterKey = false;
  #bytes = 0;
  /** RapidJSON's writer fails at a number that is not finite, and nothing behind it is written. */
  #failed = false;

  startObject(): void {
    this.#write("{");
    this.#descend(false);
  }

  endObject(): void {
    const empty = this.#counts.pop() === 0;
    this.#lists.pop();
    if (this.#full) return;
    this.#append(empty ? "}" : `\n${INDENT.repeat(this.#counts.length)}}`);
  }

  startArray(): void {
    this.#write("[");
    this.#descend(true);
  }

  endArray(): void {
    this.#counts.pop();
    this.#lists.pop();
    if (!this.#full) this.#append("]");
  }

  key(name: string): void {
    this.#write(quoteJson(name));
    this.#afterKey = true;
  }

  text(): TextSink {
    this.#inText = true;
    return this.#text;
  }

  endText(): void {
    this.#inText = false;
    this.#write(quoteJson(this.#text.takeText()));
  }

  scalar(value: Scalar): void {
    this.#write(scalarText(value));
    if (value.type === "number" && !Number.isFinite(value.value)) this.#failed = true;
  }

  numbers(): undefined {
    return undefined;
  }

  numbersStored(): void {
    throw new Error("no numbers are stored");
  }

  /** A string longer than what was captured is quoted as far as it goes. */
  finish(): void {
    if (this.#inText) this.endText();
  }

  get #full(): boolean {
    return this.#failed || this.#bytes >= MAX_DESCRIPTION_BYTES;
  }

  #write(text: string): void {
    if (!this.#full) this.#append(this.#prefix() + text);
  }

  #append(text: string): void {
    this.description += text;
    this.#bytes += Buffer.byteLength(text);
  }

  #prefix(): string {
    const level = this.#counts.length - 1;
    if (level < 0) return "";
    if (this.#afterKey) {
      this.#afterKey = false;
      return ": ";
    }
    const first = this.#counts[level] === 0;
    this.#counts[level] = (this.#counts[level] ?? 0) + 1;
    if (this.#lists[level]) return first ? "" : ", ";
    return `${first ? "" : ","}\n${INDENT.repeat(level + 1)}`;
  }

  #descend(isList: boolean): void {
    this.#counts.push(0);
    this.#lists.push(isList);
  }
}

function scalarText(value: Scalar): string {
  if (value.type !== "number") return value.type;
  if (value.integer !== undefined) return String(value.integer);
  if (!Number.isFinite(value.value)) return "";
  // RapidJSON writes the shortest double with a point or an exponent, which has no plus sign.
  if (Object.is(value.value, -0)) return "-0.0";
  const text = String(value.value).replace("+", "");
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** A JSON string as RapidJSON writes it: control characters escaped, everything else as it is. */
export function quoteJson(text: string): string {
  let quoted = '"';
  for (const character of text) quoted += escapeOf(character);
  return `${quoted}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escapeOf(character: string): string {
  const short = ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  return code < 0x20 ? `\\u${code.toString(16).toUpperCase().padStart(4, "0")}` : character;
}
