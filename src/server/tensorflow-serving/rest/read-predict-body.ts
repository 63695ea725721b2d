// The body of a predict request, read as it arrives: `signature_name`, and `instances` (rows) or `inputs` (columns).
// Rules, order of checks and messages: TensorFlow Serving's json_tensor.cc. There the whole document is parsed first,
// so a syntax error wins over anything said about values; here a failure is kept until the text is known to be good.
// Invariant: values go straight to their tensors; of the text nothing is kept but the first bytes of what may be quoted.
// Not here: the tensors (read-predict-values.ts), which model and signature is meant (predict.ts).
import { Problem, problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import type { TensorSpec } from "../../../model/signature.ts";
import { Capture } from "../../json/capture.ts";
import { describeValue } from "../../json/describe-value.ts";
import type { JsonHandler } from "../../json/json-handler.ts";
import { JsonParser } from "../../json/json-parser.ts";
import type { Scalar } from "../../json/scan-scalar.ts";
import { TextBuffer, type TextSink } from "../../json/text-buffer.ts";
import { PredictTensors } from "./predict-tensors.ts";
import { PredictValuesReader } from "./read-predict-values.ts";

export type PredictFormat = "row" | "columnar";

export interface PredictBody {
  readonly format: PredictFormat;
  readonly inputs: ReadonlyMap<string, TensorValue>;
}

/** The inputs of the signature of that name ("" is the default), if there is one. */
export type InputsOf = (signatureName: string) => readonly TensorSpec[] | undefined;

/** Members that mean something; the first of a name counts. */
type Member = "signature_name" | "instances" | "inputs";

const ROOT_CAPTURE = 0;

export class PredictBodyReader implements JsonHandler {
  /** What the body called the signature; "" if it did not. */
  signatureName = "";
  /** The signature whose dtypes the values were read with, once there were any. */
  readAs: string | undefined;
  readonly #inputsOf: InputsOf;
  readonly #known: string | undefined;
  readonly #parser: JsonParser;
  readonly #values: PredictValuesReader;
  readonly #tensors = new PredictTensors();
  readonly #text = new TextBuffer();
  readonly #root = new Capture(0);
  /** Lists and objects that are open, outside of tensors. */
  #depth = 0;
  #name = "";
  readonly #seen = new Set<Member>();
  #notObject = false;
  #badSignatureName = false;
  #instancesIsList = true;

  /**
   * `signatureName`, if it is known beforehand, wins over the guess that a body that names its signature last means
   * the default one. `expectedBytes` only sizes memory.
   */
  constructor(inputsOf: InputsOf, expectedBytes: number, signatureName?: string) {
    this.#inputsOf = inputsOf;
    this.#known = signatureName;
    this.#parser = new JsonParser(this, new TextBuffer(), expectedBytes);
    this.#parser.captures[ROOT_CAPTURE] = this.#root;
    this.#values = new PredictValuesReader(this.#parser, this.#tensors, () => {
      this.#parser.handler = this;
    });
  }

  /** Takes the next piece of the body; the bytes are not kept. */
  feed(chunk: Uint8Array): void {
    this.#parser.feed(chunk);
  }

  /** Takes as much of it as a turn of the event loop may; returns where to go on. */
  feedSome(chunk: Uint8Array, from: number): number {
    return this.#parser.feedSome(chunk, from);
  }

  /** Says that the body is over. What is wrong with the text as such comes back. */
  finish(): Problem | undefined {
    if (this.#parser.bytesSeen === 0) return problem("JSON_EMPTY", {});
    this.#parser.finish();
    const { error } = this.#parser;
    if (error) return problem("JSON_SYNTAX", { reason: error.reason, offset: error.offset });
    if (this.#notObject) return problem("JSON_NOT_OBJECT", { value: this.#quoteRoot() });
    if (this.#badSignatureName) return problem("JSON_SIGNATURE_NAME", { value: this.#quoteRoot() });
    return undefined;
  }

  /** The tensors, or what is wrong with the values; for a body whose text and signature are good. */
  *tensors(): Generator<undefined, PredictBody | Problem> {
    const rows = this.#seen.has("instances");
    const columns = this.#seen.has("inputs");
    const tensors = this.#tensors;
    if (rows && columns) return problem("JSON_BOTH_KEYS", { value: this.#quoteRoot() });
    if (!rows && !columns) return problem("JSON_NO_TENSORS", {});
    if (rows && !this.#instancesIsList)
      return problem("JSON_INSTANCES_NO_LIST", { value: this.#quoteRoot() });
    if (rows && tensors.rows === 0 && !tensors.failure) {
      return problem("JSON_INSTANCES_EMPTY", { value: this.#quoteRoot() });
    }
    const inputs = yield* tensors.finish(rows);
    return inputs instanceof Problem ? inputs : { format: rows ? "row" : "columnar", inputs };
  }

  /** Nobody reads the tensors any more. */
  giveBack(): void {
    this.#tensors.giveBack();
  }

  startObject(): void {
    if (this.#depth === 1 && this.#memberBegins(false)) this.#values.startObject();
    else this.#depth++;
  }

  endObject(): void {
    this.#depth--;
  }

  startArray(): void {
    if (this.#depth === 0) this.#notObject = true;
    if (this.#depth === 1 && this.#memberBegins(true)) this.#values.startArray();
    else this.#depth++;
  }

  endArray(): void {
    this.#depth--;
  }

  key(name: string): void {
    if (this.#depth === 1) this.#name = name;
  }

  text(): TextSink | undefined {
    if (this.#depth === 0) this.#notObject = true;
    if (this.#depth !== 1) return undefined;
    if (this.#name === "signature_name" && !this.#seen.has("signature_name")) {
      this.#seen.add("signature_name");
      return this.#text;
    }
    return this.#memberBegins(false) ? this.#values.text() : undefined;
  }

  endText(): void {
    // Empty for every string but the one that `text` took.
    this.signatureName ||= this.#text.takeText();
  }

  scalar(value: Scalar): void {
    if (this.#depth === 0) this.#notObject = true;
    if (this.#depth === 1 && this.#memberBegins(false)) this.#values.scalar(value);
  }

  numbers(): undefined {
    return undefined;
  }

  numbersStored(): void {
    throw new Error("numbers are stored in tensors only");
  }

  /** The value of a member begins. True if it holds tensors; its reader is then the one to tell. */
  #memberBegins(isList: boolean): boolean {
    const name = this.#name;
    if (name !== "signature_name" && name !== "instances" && name !== "inputs") return false;
    if (this.#seen.has(name)) return false;
    this.#seen.add(name);
    if (name === "signature_name") {
      this.#badSignatureName = true;
      return false;
    }
    if (name === "instances" && !isList) {
      this.#instancesIsList = false;
      return false;
    }
    if (!this.#chooseInputs()) return false;
    this.#values.begin(name);
    this.#parser.handler = this.#values;
    return true;
  }

  /** False if no tensors can be read, which others say why. */
  #chooseInputs(): boolean {
    if (this.readAs !== undefined) return false; // both `instances` and `inputs`
    this.readAs = this.#known ?? this.signatureName;
    const specs = this.#inputsOf(this.readAs) ?? [];
    this.#tensors.choose(specs, (capture) => this.#values.watch(capture));
    return specs.length > 0;
  }

  #quoteRoot(): string {
    return describeValue(this.#root.bytes);
  }
}
