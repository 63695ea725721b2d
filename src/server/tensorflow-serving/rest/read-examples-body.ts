// The body of a classify or regress request: `signature_name`, `context` and `examples`, each of these an object of
// features. Rules, order of checks and messages: TensorFlow Serving's json_tensor.cc (FillClassifyRegressRequestFromJson).
// There the whole document is parsed first, so a failure is kept until the text is known to be good; what is wrong with
// the context is told before anything about the examples.
// Invariant: an example is serialized when its object ends; of the text nothing is kept but what may be quoted.
// Not here: the features themselves (example-builder.ts).
import { type Problem, problem } from "../../../core/errors.ts";
import { Capture } from "../../json/capture.ts";
import { describeValue } from "../../json/describe-value.ts";
import type { JsonHandler } from "../../json/json-handler.ts";
import { JsonParser } from "../../json/json-parser.ts";
import type { Scalar } from "../../json/scan-scalar.ts";
import { TextBuffer, type TextSink } from "../../json/text-buffer.ts";
import { withContext } from "../grpc/examples-request.ts";
import { Base64Object } from "./base64-object.ts";
import { ExampleBuilder } from "./example-builder.ts";

const NO_BYTES = new Uint8Array(0);

/** Where the next value stands. */
type Place = "root" | "members" | "examples" | "example" | "feature" | "object" | "skip";

type JsonType = "Null" | "False" | "True" | "Object" | "Array" | "String" | "Number";

export class ExamplesBodyReader implements JsonHandler {
  /** What the body called the signature; "" if it did not. */
  signatureName = "";
  readonly #parser = new JsonParser(this, new TextBuffer());
  readonly #text = new TextBuffer();
  readonly #root = new Capture(0);
  readonly #object = new Base64Object();
  readonly #seen = new Set<string>();
  readonly #examples: Uint8Array[] = [];
  readonly #builder = new ExampleBuilder();
  #context: Uint8Array | undefined;
  #place: Place = "root";
  /** What goes on when the object at hand, an example or bytes, has ended. */
  #after: Place = "members";
  #afterObject: Place = "example";
  #depth = 0;
  #skipUntil = 0;
  #afterSkip: Place = "members";
  #member = "";
  /** The text that is being read is wanted. */
  #taking = false;
  #notObject = false;
  #badSignatureName = false;
  #examplesAreList = true;
  #exampleCount = 0;
  #contextFailure: Problem | undefined;
  #examplesFailure: Problem | undefined;

  constructor() {
    this.#parser.captures[0] = this.#root;
  }

  /** Takes the next piece of the body; the bytes are not kept. */
  feed(chunk: Uint8Array): void {
    this.#parser.feed(chunk);
  }

  /** Takes as much of it as a turn of the event loop may; returns where to go on. */
  feedSome(chunk: Uint8Array, from: number): number {
    return this.#parser.feedSome(chunk, from);
  }

  /** Says that the body is over. What is wrong with it comes back. */
  finish(): Problem | undefined {
    if (this.#parser.bytesSeen === 0) return problem("JSON_EMPTY", {});
    this.#parser.finish();
    const { error } = this.#parser;
    if (error) return problem("JSON_SYNTAX", { reason: error.reason, offset: error.offset });
    const value = { value: describeValue(this.#root.bytes) };
    if (this.#notObject) return problem("JSON_NOT_OBJECT", value);
    if (this.#badSignatureName) return problem("JSON_SIGNATURE_NAME", value);
    if (this.#contextFailure) return this.#contextFailure;
    if (!this.#seen.has("examples")) return problem("JSON_EXAMPLES_MISSING", value);
    if (!this.#examplesAreList) return problem("JSON_EXAMPLES_NO_LIST", value);
    if (this.#exampleCount === 0) return problem("JSON_EXAMPLES_EMPTY", value);
    return this.#examplesFailure;
  }

  /** The examples, each with the context's features. */
  examples(): readonly Uint8Array[] {
    return this.#context ? withContext(this.#context, this.#examples) : this.#examples;
  }

  startObject(): void {
    this.#depth++;
    if (this.#place === "root") this.#place = "members";
    else if (this.#place === "members") {
      if (this.#beginMember("Object") !== "context") this.#skip("members");
      else this.#beginExample("members");
    } else if (this.#place === "examples") {
      this.#exampleCount++;
      this.#beginExample("examples");
    } else if (this.#place === "example" || this.#place === "feature") {
      this.#object.begin(false);
      this.#afterObject = this.#place;
      this.#place = "object";
    } else if (this.#place === "object") {
      this.#object.key("");
      this.#skip("object");
    }
  }

  endObject(): void {
    this.#depth--;
    if (this.#place === "skip") this.#resume();
    else if (this.#place === "object") this.#endBytes();
    else if (this.#place === "example") this.#endExample();
  }

  startArray(): void {
    this.#depth++;
    if (this.#place === "root") {
      this.#notObject = true;
      this.#skip("root");
    } else if (this.#place === "members") {
      if (this.#beginMember("Array") === "examples") this.#place = "examples";
      else this.#skip("members");
    } else if (this.#place === "examples") {
      this.#notAnExample("Array");
      this.#skip("examples");
    } else if (this.#place === "example") {
      this.#place = "feature";
    } else if (this.#place === "feature") {
      this.#fail(this.#builder.unexpected("Array"));
      this.#skip("feature");
    } else if (this.#place === "object") {
      this.#object.key("");
      this.#skip("object");
    }
  }

  endArray(): void {
    this.#depth--;
    if (this.#place === "skip") this.#resume();
    else if (this.#place === "feature") this.#place = "example";
    else if (this.#place === "examples") this.#place = "members";
  }

  key(name: string): void {
    if (this.#place === "members") this.#member = name;
    else if (this.#place === "example") this.#builder.feature(name);
    else if (this.#place === "object") this.#object.key(name);
  }

  text(): TextSink | undefined {
    this.#taking = false;
    if (this.#place === "root") this.#notObject = true;
    else if (this.#place === "examples") this.#notAnExample("String");
    else if (this.#place === "object") return this.#object.text();
    else if (this.#place === "members") this.#taking = this.#beginMember("String") === "signature_name";
    else this.#taking = this.#place === "example" || this.#place === "feature";
    return this.#taking ? this.#text : undefined;
  }

  endText(): void {
    if (!this.#taking) return;
    this.#taking = false;
    const bytes = this.#text.take();
    if (this.#place === "members") this.signatureName = Buffer.from(bytes).toString();
    else this.#fail(this.#builder.bytes(bytes));
  }

  scalar(value: Scalar): void {
    const type = typeOf(value);
    if (this.#place === "root") this.#notObject = true;
    else if (this.#place === "members") this.#beginMember(type);
    else if (this.#place === "examples") this.#notAnExample(type);
    else if (this.#place === "object") this.#object.key("");
    else if (this.#place === "example" || this.#place === "feature") {
      this.#fail(value.type === "null" ? this.#builder.unexpected("Null") : this.#builder.scalar(value));
    }
  }

  numbers(): undefined {
    return undefined;
  }

  numbersStored(): void {
    throw new Error("numbers of features are reported one by one");
  }

  /** A member's value begins; the first of a name counts. Its name, if the value is one that can be read. */
  #beginMember(type: JsonType): string | undefined {
    const name = this.#member;
    if (this.#seen.has(name)) return undefined;
    this.#seen.add(name);
    if (name === "signature_name") {
      if (type === "String") return name;
      this.#badSignatureName = true;
    } else if (name === "context") {
      if (type === "Object") return name;
      this.#contextFailure = problem("JSON_EXAMPLE_NO_OBJECT", { type });
    } else if (name === "examples") {
      if (type === "Array") return name;
      this.#examplesAreList = false;
    }
    return undefined;
  }

  #beginExample(after: Place): void {
    this.#builder.begin();
    this.#after = after;
    this.#place = "example";
  }

  #endExample(): void {
    const bytes = this.#builder.finish();
    this.#place = this.#after;
    if (this.#after === "members") this.#context = bytes;
    else if (!this.#examplesFailure) this.#examples.push(bytes);
  }

  #endBytes(): void {
    this.#place = this.#afterObject;
    if (!this.#object.isBase64) {
      this.#fail(this.#builder.unexpected("Object"));
      return;
    }
    const bytes = this.#object.decoded();
    // The kind is looked at before the bytes are.
    const wrongKind = this.#builder.bytes(bytes ?? NO_BYTES);
    this.#fail(wrongKind ?? (bytes ? undefined : problem("JSON_BASE64", {})));
  }

  #notAnExample(type: JsonType): void {
    this.#exampleCount++;
    this.#examplesFailure ??= problem("JSON_EXAMPLE_NO_OBJECT", { type });
  }

  #fail(failure: Problem | undefined): void {
    if (!failure) return;
    if (this.#after === "members") this.#contextFailure ??= failure;
    else this.#examplesFailure ??= failure;
  }

  /** Passes over the list or object that just began. */
  #skip(then: Place): void {
    this.#skipUntil = this.#depth - 1;
    this.#afterSkip = then;
    this.#place = "skip";
  }

  #resume(): void {
    if (this.#depth === this.#skipUntil) this.#place = this.#afterSkip;
  }
}

function typeOf(value: Scalar): JsonType {
  if (value.type === "number") return "Number";
  return value.type === "true" ? "True" : value.type === "false" ? "False" : "Null";
}
