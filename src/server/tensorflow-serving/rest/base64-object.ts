// Watches one JSON object to see whether it is `{"b64": "<text>"}`, TensorFlow Serving's spelling of bytes.
// Invariant: the text is decoded as it arrives; nothing is held twice.
import { Base64Decoder } from "../../json/base64-decoder.ts";
import { TextBuffer, type TextSink } from "../../json/text-buffer.ts";

export class Base64Object {
  readonly #decoder = new Base64Decoder();
  readonly #plain = new TextBuffer();
  #members = 0;
  #isText = false;
  #keepsPlain = false;

  /** An object begins. `keepsPlain` keeps the text as it is, for the case that `b64` is a name and not a mark. */
  begin(keepsPlain: boolean): void {
    if (this.#isText) this.#drop();
    this.#members = 0;
    this.#isText = false;
    this.#keepsPlain = keepsPlain;
  }

  key(name: string): void {
    this.#members += name === "b64" && this.#members === 0 ? 1 : 2;
  }

  /** Its only member so far is called b64. */
  get maybe(): boolean {
    return this.#members === 1;
  }

  /** That member is a string. */
  get hasText(): boolean {
    return this.#isText;
  }

  /** The object has that one member, and it is a string. */
  get isBase64(): boolean {
    return this.#members === 1 && this.#isText;
  }

  /** Where the string that begins now goes. */
  text(): TextSink | undefined {
    if (!this.maybe) return undefined;
    this.#isText = true;
    return this.#keepsPlain ? this.#plain : this.#decoder;
  }

  /** The bytes; undefined if the text is not base64. */
  decoded(): Uint8Array | undefined {
    this.#isText = false;
    if (this.#keepsPlain) {
      const text = this.#plain.take();
      this.#decoder.append(text, 0, text.length, 0);
    }
    return this.#decoder.take();
  }

  /** The string itself. */
  plain(): Uint8Array {
    this.#isText = false;
    return this.#plain.take();
  }

  #drop(): void {
    if (this.#keepsPlain) this.#plain.take();
    else this.#decoder.take();
  }
}
