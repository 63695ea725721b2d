// The body of a predict request, read as it arrives: `signature_name`, and `instances` (rows) or `inputs` (columns).
// Rules, order of checks and messages: TensorFlow Serving's json_tensor.cc. There the whole document is parsed first,
// so a syntax error wins over anything said about values; here a failure is kept until the text is known to be good.
// Invariant: values go straight to their tensors; of the text nothing is kept but the first bytes of what may be quoted.
// Not here: nesting and shapes (tensor-builder.ts), which model and signature is meant (predict.ts).
import { type Problem, problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import type { TensorSpec } from "../../../model/signature.ts";
import { Capture } from "../../json/capture.ts";
import { describeValue } from "../../json/describe-value.ts";
import { type JsonHandler, JsonParser } from "../../json/json-parser.ts";
import type { NumberColumn } from "../../json/number-column.ts";
import type { Scalar } from "../../json/scan-scalar.ts";
import { TextBuffer, type TextSink } from "../../json/text-buffer.ts";
import { statusName } from "../status-names.ts";
import { Base64Object } from "./base64-object.ts";
import { Failure, TensorBuilder } from "./tensor-builder.ts";

export type PredictFormat = "row" | "columnar";

export interface PredictBody {
  readonly format: PredictFormat;
  readonly inputs: ReadonlyMap<string, TensorValue>;
}

/** The inputs of the signature of that name ("" is the default), if there is one. */
export type InputsOf = (signatureName: string) => readonly TensorSpec[] | undefined;

/** Where in the body the next value stands. */
type Place = "root" | "members" | "rows" | "row" | "inputs" | "tensor" | "leaf" | "undecided" | "skip";

const ROOT_CAPTURE = 0;
const ELEMENT_CAPTURE = 1;
const LEAF_CAPTURE = 2;
const FAILURE_CAPTURE = 3;

export class PredictBodyReader implements JsonHandler {
  /** What the body called the signature; "" if it did not. */
  signatureName = "";
  /** The signature whose dtypes the values were read with, once there were any. */
  readAs: string | undefined;
  readonly #inputsOf: InputsOf;
  readonly #known: string | undefined;
  readonly #parser: JsonParser;
  readonly #text = new TextBuffer();
  readonly #object = new Base64Object();
  readonly #root = new Capture(0);
  #place: Place = "root";
  /** Lists and objects that are open. */
  #depth = 0;
  #skipUntil = 0;
  #resumeAt: Place = "members";
  /** Where the tensor at hand belongs. */
  #parent: Place = "rows";
  #member = "";
  readonly #seen = new Set<string>();
  #notObject = false;
  #badSignatureName = false;
  #instances: "none" | "not a list" | "empty" | "read" = "none";
  #builders = new Map<string, TensorBuilder>();
  #builder: TensorBuilder | undefined;
  /** What the elements of `instances` are, by the first of them. */
  #elements: "unknown" | "values" | "objects" = "unknown";
  #row = 0;
  #key = "";
  readonly #rowKeys = new Set<string>();
  readonly #shapes = new Map<TensorBuilder, { readonly size: number; readonly shape: readonly number[] }>();
  #failure: (() => Problem) | undefined;

  /**
   * `signatureName`, if it is known beforehand, wins over the guess that a body that names its signature last means
   * the default one. `expectedBytes` only sizes memory.
   */
  constructor(inputsOf: InputsOf, expectedBytes: number, signatureName?: string) {
    this.#inputsOf = inputsOf;
    this.#known = signatureName;
    this.#parser = new JsonParser(this, new TextBuffer(), expectedBytes);
    this.#parser.captures[ROOT_CAPTURE] = this.#root;
  }

  /** Takes the next piece of the body; the bytes are not kept. */
  feed(chunk: Uint8Array): void {
    this.#parser.feed(chunk);
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
    if (rows && columns) return problem("JSON_BOTH_KEYS", { value: this.#quoteRoot() });
    if (!rows && !columns) return problem("JSON_NO_TENSORS", {});
    if (this.#instances === "not a list") {
      return problem("JSON_INSTANCES_NO_LIST", { value: this.#quoteRoot() });
    }
    if (this.#instances === "empty") return problem("JSON_INSTANCES_EMPTY", { value: this.#quoteRoot() });
    if (this.#failure) return this.#failure();
    const inputs = new Map<string, TensorValue>();
    for (const [name, builder] of this.#builders) {
      const first = this.#shapes.get(builder);
      if (!first && rows) continue; // a lone b64 object fills the first input only
      if (!first) return problem("JSON_MISSING_INPUT", { key: name });
      const shape = rows ? [this.#row, ...first.shape] : first.shape;
      if (!builder.dtype) return problem("JSON_DTYPE_UNSUPPORTED", { value: "[]", dtype: builder.dtypeName });
      const data = builder.column ? yield* builder.column.bytes() : new Uint8Array(0);
      const strings = builder.dtype === "string" ? { strings: builder.strings } : {};
      inputs.set(name, { dtype: builder.dtype, shape, data, ...strings });
    }
    return { format: rows ? "row" : "columnar", inputs };
  }

  // Structure

  startObject(): void {
    this.#depth++;
    switch (this.#place) {
      case "root":
        this.#place = "members";
        return;
      case "members":
        this.#startMemberObject();
        return;
      case "rows":
        this.#beginUndecided();
        return;
      case "undecided":
        if (this.#decideObject()) this.#beginItemObject();
        return;
      case "row":
      case "inputs":
        this.#beginItemObject();
        return;
      case "tensor":
        this.#beginLeaf();
        return;
      case "leaf":
        this.#object.key("");
        this.#skip(this.#depth - 1, "leaf");
    }
  }

  endObject(): void {
    this.#depth--;
    switch (this.#place) {
      case "skip":
        if (this.#depth === this.#skipUntil) this.#resume();
        return;
      case "leaf":
        this.#endLeaf();
        return;
      case "undecided":
        this.#endUndecided();
        return;
      case "row":
        this.#endRow();
        return;
      case "inputs":
        this.#place = "members";
    }
  }

  startArray(): void {
    this.#depth++;
    switch (this.#place) {
      case "root":
        this.#notObject = true;
        this.#skip(0, "root");
        return;
      case "members":
        this.#startMemberArray();
        return;
      case "undecided":
        if (this.#decideObject() && this.#beginItem()) this.#builder?.startArray();
        return;
      case "rows":
        if (this.#beginElement()) this.#builder?.startArray();
        return;
      case "row":
      case "inputs":
        if (this.#beginItem()) this.#builder?.startArray();
        return;
      case "tensor":
        this.#builder?.startArray();
        return;
      case "leaf":
        this.#object.key("");
        this.#skip(this.#depth - 1, "leaf");
    }
  }

  endArray(): void {
    this.#depth--;
    if (this.#place === "tensor") {
      this.#builder?.endArray();
      if (this.#builder?.depth === 0) this.#endItem();
    } else if (this.#place === "rows") {
      this.#instances = this.#row === 0 ? "empty" : "read";
      this.#place = "members";
    } else if (this.#place === "skip" && this.#depth === this.#skipUntil) {
      this.#resume();
    }
  }

  key(name: string): void {
    switch (this.#place) {
      case "members":
        this.#member = name;
        return;
      case "leaf":
        this.#object.key(name);
        return;
      case "undecided":
        if (name === "b64" && !this.#object.maybe) {
          this.#object.key(name);
          return;
        }
        this.#decideObject();
        this.#key = name;
        return;
      case "row":
      case "inputs":
        this.#key = name;
    }
  }

  // Values

  text(): TextSink | undefined {
    switch (this.#place) {
      case "root":
        this.#notObject = true;
        return undefined;
      case "members":
        return this.#startMemberText();
      case "leaf":
      case "undecided":
        return this.#object.text();
      case "rows":
        return this.#beginElement() ? this.#startText() : undefined;
      case "row":
      case "inputs":
        return this.#beginItem() ? this.#startText() : undefined;
      case "tensor":
        return this.#startText();
      default:
        return undefined;
    }
  }

  endText(): void {
    if (this.#place === "members") {
      if (this.#member === "signature_name") this.signatureName ||= Buffer.from(this.#text.take()).toString();
    } else if (this.#place === "tensor" && this.#builder) {
      if (!this.#builder.failure) this.#builder.takeString(this.#text.take());
      if (this.#builder.depth === 0) this.#endItem();
    }
  }

  scalar(value: Scalar): void {
    switch (this.#place) {
      case "root":
        this.#notObject = true;
        return;
      case "members":
        this.#memberScalar(value);
        return;
      case "leaf":
        this.#object.key("");
        return;
      case "undecided":
        if (this.#decideObject() && this.#beginItem()) this.#takeScalar(value);
        return;
      case "rows":
        if (this.#beginElement()) this.#takeScalar(value);
        return;
      case "row":
      case "inputs":
        if (this.#beginItem()) this.#takeScalar(value);
        return;
      case "tensor":
        this.#takeScalar(value);
    }
  }

  numbers(): NumberColumn | undefined {
    if (this.#place === "tensor") return this.#builder?.numbers();
    // Rows that are plain numbers: after the first, the rest may follow without ado.
    if (this.#place !== "rows" || this.#elements !== "values" || !this.#builder) return undefined;
    const first = this.#shapes.get(this.#builder);
    return first?.shape.length === 0 && this.#builder.dtype !== "bool" ? this.#builder.column : undefined;
  }

  numbersStored(count: number): void {
    if (this.#place === "tensor") this.#builder?.numbersStored(count);
    else this.#row += count;
  }

  // Members of the root

  /** The member whose value begins, if it is the first of its name and means something. */
  #memberBegins(): string | undefined {
    const name = this.#member;
    if (name !== "instances" && name !== "inputs" && name !== "signature_name") return undefined;
    if (this.#seen.has(name)) return undefined;
    this.#seen.add(name);
    return name === "signature_name" || this.#chooseInputs() ? name : undefined;
  }

  /** Makes a builder for each input; false if no tensors can be read, which others say why. */
  #chooseInputs(): boolean {
    if (this.readAs !== undefined) return false; // both `instances` and `inputs`
    this.readAs = this.#known ?? this.signatureName;
    const specs = this.#inputsOf(this.readAs) ?? [];
    for (const spec of specs) {
      const builder = new TensorBuilder(spec, (capture) => {
        this.#parser.captures[FAILURE_CAPTURE] = capture;
      });
      this.#builders.set(spec.key, builder);
      this.#builder ??= builder;
    }
    return specs.length > 0;
  }

  #startMemberArray(): void {
    const name = this.#memberBegins();
    if (name === "instances") {
      this.#place = "rows";
    } else if (name === "inputs") {
      if (this.#beginPlainInputs()) this.#builder?.startArray();
    } else {
      if (name === "signature_name") this.#badSignatureName = true;
      this.#skip(this.#depth - 1, "members");
    }
  }

  #startMemberText(): TextSink | undefined {
    const name = this.#memberBegins();
    if (name === "signature_name") return this.#text;
    if (name === "instances") this.#instances = "not a list";
    return name === "inputs" && this.#beginPlainInputs() ? this.#startText() : undefined;
  }

  #memberScalar(value: Scalar): void {
    const name = this.#memberBegins();
    if (name === "signature_name") this.#badSignatureName = true;
    else if (name === "instances") this.#instances = "not a list";
    else if (name === "inputs" && this.#beginPlainInputs()) this.#takeScalar(value);
  }

  #startMemberObject(): void {
    const name = this.#memberBegins();
    if (name === "inputs") {
      this.#beginUndecided();
      return;
    }
    if (name === "signature_name") this.#badSignatureName = true;
    if (name === "instances") this.#instances = "not a list";
    this.#skip(this.#depth - 1, "members");
  }

  #beginPlainInputs(): boolean {
    if (this.#builders.size > 1) {
      this.#fail(() => problem("JSON_PLAIN_INPUTS", {}));
      return false;
    }
    return this.#beginTensor(this.#builder, "members");
  }

  // Rows and items

  /** A row that is a list or a value. False if it is not to be read. */
  #beginElement(isBase64 = false): boolean {
    const index = this.#row;
    if (this.#elements === "objects") {
      this.#fail(() => problem("JSON_OBJECT_EXPECTED", { index }));
      return false;
    }
    if (index === 0 && !isBase64 && this.#builders.size > 1) {
      this.#fail(() => problem("JSON_PLAIN_INSTANCES", {}));
      return false;
    }
    this.#elements = "values";
    return this.#beginTensor(this.#builder, "rows");
  }

  /** The value of a name in a row or in `inputs` begins. False if it is not to be read. */
  #beginItem(): boolean {
    const inRow = this.#place === "row";
    const builder = this.#builders.get(this.#key);
    if (builder && !this.#rowKeys.has(this.#key)) {
      this.#rowKeys.add(this.#key);
      return this.#beginTensor(builder, inRow ? "row" : "inputs");
    }
    if (!builder && inRow) {
      const key = this.#key;
      this.#failElement(new Failure("JSON_NO_SUCH_INPUT", { key }));
      return false;
    }
    // A name given twice, or a column nobody asked for.
    this.#skipValue();
    return false;
  }

  #beginItemObject(): void {
    if (this.#beginItem()) this.#beginLeaf();
  }

  #beginTensor(builder: TensorBuilder | undefined, parent: Place): boolean {
    if (!builder) return false;
    this.#builder = builder;
    builder.begin();
    this.#parent = parent;
    this.#place = "tensor";
    return true;
  }

  #endItem(): void {
    const builder = this.#builder;
    if (!builder) return;
    this.#place = this.#parent;
    const first = this.#shapes.get(builder);
    if (!first) {
      if (!builder.failure) this.#shapes.set(builder, { size: builder.size, shape: builder.shape });
    } else if (!builder.failure) {
      const failure = mismatch(first, builder);
      if (failure) builder.failValue(failure);
    }
    if (builder.failure) this.#failElement(builder.failure);
    else if (this.#parent === "rows") this.#row++;
  }

  #endRow(): void {
    if (this.#rowKeys.size < this.#builders.size) {
      const capture = this.#parser.captures[ELEMENT_CAPTURE];
      const keys = [...this.#builders.keys()].sort().join(",");
      const index = this.#row;
      this.#parser.captures[FAILURE_CAPTURE] = capture;
      this.#fail(() => {
        const value = describeValue(capture?.bytes ?? new Uint8Array(0));
        return problem("JSON_ELEMENT_KEYS", { index, value, keys });
      });
      return;
    }
    this.#row++;
    this.#place = "rows";
  }

  // Objects: `{"b64": ...}` or names

  #beginUndecided(): void {
    this.#parent = this.#place === "rows" ? "rows" : "members";
    this.#place = "undecided";
    this.#object.begin(this.#builders.has("b64"));
    this.#parser.captures[ELEMENT_CAPTURE] = new Capture(this.#parser.valueOffset);
  }

  /** The object at hand has names in it. False if it may not, or if a name that was held back is wrong. */
  #decideObject(): boolean {
    const index = this.#row;
    this.#rowKeys.clear();
    if (this.#parent === "members") {
      this.#place = "inputs";
    } else if (this.#elements === "values") {
      this.#fail(() => problem("JSON_VALUE_EXPECTED", { index }));
      return false;
    } else {
      this.#elements = "objects";
      this.#place = "row";
    }
    if (!this.#object.maybe) return true;
    this.#key = "b64";
    if (!this.#object.hasText) return true;
    if (this.#beginItem()) {
      if (this.#builder?.startString(this.#parser.valueOffset))
        this.#builder.takeString(this.#object.plain());
      this.#endItem();
    }
    return this.#failure === undefined;
  }

  #endUndecided(): void {
    if (this.#object.isBase64) this.#takeBase64Value();
    else if (this.#decideObject()) {
      if (this.#parent === "rows") this.#endRow();
      else this.#place = "members";
    }
  }

  /** The object where a row or `inputs` stands was a value. */
  #takeBase64Value(): void {
    const rows = this.#parent === "rows";
    if (rows ? !this.#beginElement(true) : !this.#beginPlainInputs()) return;
    if (this.#builder?.startObject(this.#parser.captures[ELEMENT_CAPTURE])) this.#takeBase64();
    this.#endItem();
  }

  #beginLeaf(): void {
    const capture = new Capture(this.#parser.valueOffset);
    this.#parser.captures[LEAF_CAPTURE] = capture;
    if (this.#builder?.startObject(capture)) {
      this.#object.begin(false);
      this.#place = "leaf";
    } else {
      this.#skip(this.#depth - 1, "tensor");
    }
  }

  #endLeaf(): void {
    this.#place = "tensor";
    if (this.#object.isBase64) {
      this.#takeBase64();
    } else {
      const capture = this.#parser.captures[LEAF_CAPTURE];
      this.#builder?.failValue(new Failure("JSON_BASE64_OBJECT", {}, capture));
    }
    if (this.#builder?.depth === 0) this.#endItem();
  }

  #takeBase64(): void {
    const bytes = this.#object.decoded();
    if (bytes) this.#builder?.takeString(bytes);
    else this.#builder?.failValue(new Failure("JSON_BASE64", {}));
  }

  // Text and numbers of a tensor

  #startText(): TextSink | undefined {
    return this.#builder?.startString(this.#parser.valueOffset) ? this.#text : undefined;
  }

  #takeScalar(value: Scalar): void {
    this.#builder?.scalar(value, this.#parser.valueOffset, this.#parser.bytesLeft);
    if (this.#builder?.depth === 0) this.#endItem();
  }

  // Failing and skipping

  /** A value of a row, or of `inputs`, is wrong. */
  #failElement(failure: Failure): void {
    const index = this.#row;
    const key = this.#key;
    const place = this.#place;
    this.#fail(() => {
      const inner = failure.problem();
      if (place === "members" || place === "inputs") return inner;
      const fields = { index, status: statusName(inner.row.grpc), reason: inner.message };
      return place === "row"
        ? problem("JSON_ELEMENT_KEY", { ...fields, key })
        : problem("JSON_ELEMENT", fields);
    });
  }

  /** The first failure is the answer; the rest of the tensors is skipped, but the other members are still read. */
  #fail(make: () => Problem): void {
    this.#failure ??= make;
    if (this.#instances === "none") this.#instances = "read";
    if (this.#depth > 1) this.#skip(1, "members");
    else this.#place = "members";
  }

  #skipValue(): void {
    // A container that just began is skipped to its end; a scalar is over already.
    const containerDepth = this.#place === "row" ? 3 : 2;
    if (this.#depth > containerDepth) this.#skip(this.#depth - 1, this.#place);
  }

  #skip(until: number, then: Place): void {
    this.#skipUntil = until;
    this.#resumeAt = then;
    this.#place = "skip";
  }

  #resume(): void {
    this.#place = this.#resumeAt;
    if (this.#place === "tensor" && this.#builder?.depth === 0) this.#endItem();
  }

  #quoteRoot(): string {
    return describeValue(this.#root.bytes);
  }
}

/** How an element differs from the first one, if it does. */
function mismatch(
  first: { readonly size: number; readonly shape: readonly number[] },
  builder: TensorBuilder,
): Failure | undefined {
  const { size, shape } = builder;
  if (size !== first.size) return new Failure("JSON_TENSOR_SIZE", { expected: first.size, size });
  const same = shape.length === first.shape.length && shape.every((dim, axis) => dim === first.shape[axis]);
  if (same) return undefined;
  const expected = `[${first.shape.join(",")}]`;
  return new Failure("JSON_TENSOR_SHAPE", { expected, shape: `[${shape.join(",")}]` });
}
