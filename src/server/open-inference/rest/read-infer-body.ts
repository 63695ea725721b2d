// The JSON of an inference request, read as it arrives: inputs' `data` straight into typed memory, the rest as a document.
// A member's place in its object means nothing: clients that sort them send `data` before `datatype`. What it is read as
// is then guessed from the model; where the guess was wrong, the text is read once more, knowing it.
// Not here: what the document says (parse-infer.ts), bytes behind the JSON (binary-body.ts).
import { type Problem, problem } from "../../../core/errors.ts";
import type { LoadedModel } from "../../../engine/engine.ts";
import type { Signature, TensorSpec } from "../../../model/signature.ts";
import { JsonParser } from "../../json/json-parser.ts";
import { TextBuffer } from "../../json/text-buffer.ts";
import { type Datatype, datatypeNamed, datatypeOf } from "../datatypes.ts";
import { Document, type JsonObject } from "./document.ts";
import { InputData } from "./input-data.ts";

/** The datatypes of inputs by their place, once they are known. */
export type KnownDatatypes = readonly (Datatype | undefined)[];

export class InferBodyReader {
  /** The values of each input that has some, by the object they stand in. */
  readonly data = new Map<JsonObject, InputData>();
  readonly #document: Document;
  readonly #parser: JsonParser;
  readonly #specs: readonly TensorSpec[];
  readonly #known: KnownDatatypes | undefined;
  #trailing = false;

  /** `signatures` are those that the request may mean; `expectedBytes` only sizes memory. */
  constructor(signatures: readonly Signature[], expectedBytes: number, known?: KnownDatatypes) {
    this.#specs = signatures.flatMap(({ inputs }) => inputs);
    this.#known = known;
    this.#document = new Document((key, parent, path) => {
      if (key !== "data" || path.length !== 3 || path[1] !== "inputs" || path[2] !== "") return undefined;
      return this.#begin(parent);
    });
    this.#parser = new JsonParser(this.#document, new TextBuffer(), expectedBytes);
  }

  /** Takes as much of the next piece of the text as a turn of the event loop may; returns where to go on. */
  feedSome(chunk: Uint8Array, from: number): number {
    const before = this.#parser.bytesSeen;
    const at = this.#parser.feedSome(chunk, from);
    const { endOffset } = this.#parser;
    if (at === chunk.length && endOffset !== undefined && !this.#trailing) {
      this.#trailing = !chunk.subarray(Math.max(0, endOffset - before)).every(isBlank);
    }
    return at;
  }

  /** The whole document, or what is wrong with the text. */
  finish(): JsonObject | Problem {
    this.#parser.finish();
    const { error, endOffset = 0 } = this.#parser;
    const { root, problem: wrong } = this.#document;
    if (wrong) return wrong;
    if (error) return problem("OIP_JSON", { reason: error.reason, offset: error.offset });
    if (this.#trailing) return problem("OIP_JSON", { reason: "There is more behind it.", offset: endOffset });
    if (root instanceof Map) return root;
    return problem("OIP_MEMBER_TYPE", { where: "the request", found: "no object", wanted: "an object" });
  }

  #begin(input: JsonObject): InputData {
    const parser = this.#parser;
    const data = new InputData(
      this.#known ? this.#known[this.data.size] : this.#guess(input),
      () => parser.bytesLeft,
      () => {
        parser.handler = this.#document;
      },
    );
    this.data.set(input, data);
    parser.handler = data;
    return data;
  }

  /** What an input's values will turn out to be, as far as its members so far tell. */
  #guess(input: JsonObject): Datatype | undefined {
    const datatype = input.get("datatype");
    if (typeof datatype === "string") return datatypeNamed(datatype);
    const name = input.get("name");
    const specs = this.#specs.filter(({ key }) => name === undefined || key === name);
    const [first, ...others] = new Set(specs.map(({ dtype }) => datatypeOf(dtype)));
    return others.length === 0 ? first : undefined;
  }
}

const MIXED = new WeakMap<LoadedModel, boolean>();

/** Whether a model's inputs can have different datatypes, so that a guess can be wrong. */
export function needsSecondReading(loaded: LoadedModel): boolean {
  const known = MIXED.get(loaded);
  if (known !== undefined) return known;
  const signatures = [...loaded.signatures.values()];
  const dtypes = signatures.flatMap(({ inputs }) => inputs.map(({ dtype }) => dtype));
  const isMixed = new Set(dtypes).size > 1;
  MIXED.set(loaded, isMixed);
  return isMixed;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
