// The value of `instances` or `inputs` as it is parsed: which of its lists and objects are rows, names and tensors.
// Rules: TensorFlow Serving's json_tensor.cc. An object may be names, or bytes as `{"b64": ...}`; where both are
// possible that is decided by its first member.
// Invariant: after a failure the value is passed over to its end, and nothing of it is kept.
// Not here: the members around it (read-predict-body.ts), what may be wrong with it (predict-tensors.ts).
import { Capture } from "../../json/capture.ts";
import type { JsonHandler } from "../../json/json-handler.ts";
import type { JsonParser } from "../../json/json-parser.ts";
import type { NumberLists } from "../../json/number-lists.ts";
import type { Scalar } from "../../json/scan-scalar.ts";
import { TextBuffer, type TextSink } from "../../json/text-buffer.ts";
import { Base64Object } from "./base64-object.ts";
import type { PredictTensors, ValueOf } from "./predict-tensors.ts";
import { Failure } from "./tensor-builder.ts";

/** Where the next value stands. `instances` and `inputs` are before the value itself. */
type Place = "instances" | ValueOf | "tensor" | "leaf" | "undecided" | "skip";

/** Places in the parser's list of captures. */
const ELEMENT_CAPTURE = 1;
const LEAF_CAPTURE = 2;
const FAILURE_CAPTURE = 3;

/** Open lists and objects around a name's value in `inputs`, and in a row. */
const COLUMN_DEPTH = 1;
const ROW_DEPTH = 2;

export class PredictValuesReader implements JsonHandler {
  readonly #parser: JsonParser;
  readonly #tensors: PredictTensors;
  readonly #done: () => void;
  readonly #text = new TextBuffer();
  readonly #object = new Base64Object();
  #place: Place = "instances";
  /** Lists and objects of the value that are open. */
  #depth = 0;
  #skipUntil = 0;
  #resumeAt: Place = "rows";
  /** Where the tensor at hand belongs. */
  #parent: ValueOf = "rows";
  #name = "";
  /** Where numbers are being stored unreported. */
  #lists: NumberLists | undefined;

  /** `done` is called when the value is complete. */
  constructor(parser: JsonParser, tensors: PredictTensors, done: () => void) {
    this.#parser = parser;
    this.#tensors = tensors;
    this.#done = done;
  }

  /** The value of that member comes next. `instances` must be a list. */
  begin(member: "instances" | "inputs"): void {
    this.#place = member === "instances" ? "instances" : "plain";
  }

  /** Keeps the text of a value that a failure will quote. */
  watch(capture: Capture | undefined): void {
    this.#parser.captures[FAILURE_CAPTURE] = capture;
  }

  // Structure

  startObject(): void {
    this.#depth++;
    switch (this.#place) {
      case "rows":
      case "plain":
        this.#beginUndecided();
        return;
      case "undecided":
        if (this.#decideObject() && this.#beginItem()) this.#beginLeaf();
        return;
      case "row":
      case "columns":
        if (this.#beginItem()) this.#beginLeaf();
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
      case "columns":
        this.#done();
    }
  }

  startArray(): void {
    this.#depth++;
    switch (this.#place) {
      case "instances":
        this.#place = "rows";
        return;
      case "undecided":
        if (this.#decideObject() && this.#beginItem()) this.#tensors.current?.startArray();
        return;
      case "tensor":
        this.#tensors.current?.startArray();
        return;
      case "leaf":
        this.#object.key("");
        this.#skip(this.#depth - 1, "leaf");
        return;
      case "skip":
        return;
      default:
        if (this.#beginValue()) this.#tensors.current?.startArray();
    }
  }

  endArray(): void {
    this.#depth--;
    if (this.#place === "tensor") {
      const { current } = this.#tensors;
      current?.endArray();
      if (current?.depth === 0) this.#endItem();
    } else if (this.#place === "rows") {
      this.#done();
    } else if (this.#place === "skip" && this.#depth === this.#skipUntil) {
      this.#resume();
    }
  }

  key(name: string): void {
    if (this.#place === "leaf") this.#object.key(name);
    else if (this.#place === "row" || this.#place === "columns") this.#name = name;
    else if (this.#place !== "undecided") return;
    else if (name === "b64" && !this.#object.maybe) this.#object.key(name);
    else if (this.#decideObject()) this.#name = name;
  }

  // Values

  text(): TextSink | undefined {
    if (this.#place === "leaf" || this.#place === "undecided") return this.#object.text();
    if (this.#place === "skip") return undefined;
    const wanted = this.#place === "tensor" || this.#beginValue();
    return wanted && this.#tensors.current?.startString(this.#parser.valueOffset) ? this.#text : undefined;
  }

  endText(): void {
    const { current } = this.#tensors;
    if (this.#place !== "tensor" || !current) return;
    if (!current.failure) current.takeString(this.#text.take());
    if (current.depth === 0) this.#endItem();
  }

  scalar(value: Scalar): void {
    if (this.#place === "leaf") this.#object.key("");
    else if (this.#place === "undecided") {
      if (this.#decideObject() && this.#beginItem()) this.#takeScalar(value);
    } else if (this.#place === "tensor" || (this.#place !== "skip" && this.#beginValue())) {
      this.#takeScalar(value);
    }
  }

  numbers(): NumberLists | undefined {
    if (this.#place === "tensor") this.#lists = this.#tensors.numbers(this.#parent);
    else this.#lists = this.#place === "rows" ? this.#tensors.plainRows() : undefined;
    return this.#lists;
  }

  numbersStored(count: number): void {
    const { current } = this.#tensors;
    if (this.#place !== "tensor" || !current || !this.#lists) {
      this.#tensors.rows += count;
      return;
    }
    this.#tensors.rows += current.numbersStored(count);
    this.#depth += this.#lists.depth - this.#lists.rank;
    if (current.depth === 0) this.#place = "rows";
  }

  // Where tensors begin and end. False where nothing is to be read; the place is then set to go on behind it.

  /** A list or a value where a row, a name's value, or the whole of `inputs` stands. */
  #beginValue(): boolean {
    if (this.#place === "rows") return this.#enter(this.#tensors.beginElement(false), "rows");
    if (this.#place === "plain") return this.#enter(this.#tensors.beginPlainInputs(), "plain");
    return this.#beginItem();
  }

  #beginItem(): boolean {
    const inRow = this.#place === "row";
    return this.#enter(this.#tensors.beginItem(this.#name, inRow), inRow ? "row" : "columns");
  }

  #enter(begun: boolean, parent: ValueOf): boolean {
    if (begun) {
      this.#parent = parent;
      this.#place = "tensor";
    } else if (this.#tensors.failure) {
      this.#skipAll();
    } else if (this.#depth > (parent === "row" ? ROW_DEPTH : COLUMN_DEPTH)) {
      // A list or an object just began; a scalar would be over already.
      this.#skip(this.#depth - 1, parent);
    }
    return begun;
  }

  #endItem(): void {
    this.#place = this.#parent;
    if (!this.#tensors.endItem(this.#parent, this.#name)) this.#skipAll();
    else if (this.#parent === "plain") this.#done();
  }

  #endRow(): void {
    const capture = this.#parser.captures[ELEMENT_CAPTURE];
    this.#place = "rows";
    if (this.#tensors.endRow(capture)) return;
    this.watch(capture);
    this.#skipAll();
  }

  #takeScalar(value: Scalar): void {
    const { current } = this.#tensors;
    current?.scalar(value, this.#parser.valueOffset, this.#parser.bytesLeft);
    if (current?.depth === 0) this.#endItem();
  }

  // Objects: `{"b64": ...}` or names

  #beginUndecided(): void {
    this.#parent = this.#place === "rows" ? "rows" : "plain";
    this.#place = "undecided";
    this.#object.begin(this.#tensors.has("b64"));
    this.#parser.captures[ELEMENT_CAPTURE] = new Capture(this.#parser.valueOffset);
  }

  /** The object at hand has names in it. False if it may not, or if a name that was held back is wrong. */
  #decideObject(): boolean {
    const isRow = this.#parent === "rows";
    if (!this.#tensors.beginNames(isRow)) {
      this.#skipAll();
      return false;
    }
    this.#place = isRow ? "row" : "columns";
    if (!this.#object.maybe) return true;
    this.#name = "b64";
    if (!this.#object.hasText) return true;
    if (this.#beginItem()) {
      const { current } = this.#tensors;
      if (current?.startString(this.#parser.valueOffset)) current.takeString(this.#object.plain());
      this.#endItem();
    }
    return this.#tensors.failure === undefined;
  }

  #endUndecided(): void {
    if (this.#object.isBase64) {
      const isRow = this.#parent === "rows";
      const begun = isRow ? this.#tensors.beginElement(true) : this.#tensors.beginPlainInputs();
      if (!this.#enter(begun, this.#parent)) return;
      if (this.#tensors.current?.startObject(this.#parser.captures[ELEMENT_CAPTURE])) this.#takeBase64();
      this.#endItem();
    } else if (this.#decideObject()) {
      if (this.#place === "row") this.#endRow();
      else this.#done();
    }
  }

  #beginLeaf(): void {
    const capture = new Capture(this.#parser.valueOffset);
    this.#parser.captures[LEAF_CAPTURE] = capture;
    if (this.#tensors.current?.startObject(capture)) {
      this.#object.begin(false);
      this.#place = "leaf";
    } else {
      this.#skip(this.#depth - 1, "tensor");
    }
  }

  #endLeaf(): void {
    const { current } = this.#tensors;
    this.#place = "tensor";
    if (this.#object.isBase64) this.#takeBase64();
    else current?.failValue(new Failure("JSON_BASE64_OBJECT", {}, this.#parser.captures[LEAF_CAPTURE]));
    if (current?.depth === 0) this.#endItem();
  }

  #takeBase64(): void {
    const bytes = this.#object.decoded();
    if (bytes) this.#tensors.current?.takeString(bytes);
    else this.#tensors.current?.failValue(new Failure("JSON_BASE64", {}));
  }

  // Skipping

  /** After a failure the value is passed over to its end. */
  #skipAll(): void {
    if (this.#depth > 0) this.#skip(0, "skip");
    else this.#done();
  }

  #skip(until: number, then: Place): void {
    this.#skipUntil = until;
    this.#resumeAt = then;
    this.#place = "skip";
  }

  #resume(): void {
    this.#place = this.#resumeAt;
    if (this.#place === "skip") this.#done();
    else if (this.#place === "tensor" && this.#tensors.current?.depth === 0) this.#endItem();
  }
}
