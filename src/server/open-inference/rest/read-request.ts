// The body of an inference request, whatever it is made of: JSON, JSON with bytes behind it, or one tensor's bytes.
// Invariant: JSON is read in slices with turns for others between them. Its text is kept only where inputs have
// different datatypes, in case it has to be read again (read-infer-body.ts).
import { FerryError, Problem, problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import { textRoom } from "../../json/scan-numbers.ts";
import type { ServableHandle } from "../../manager/servable.ts";
import type { RestRequest } from "../../rest/message.ts";
import { inSlices, nextTurn } from "../../slices.ts";
import { DEFAULT_MAX_BODY_BYTES } from "../../tensorflow-serving/context.ts";
import { DATATYPES } from "../datatypes.ts";
import { type PreparedInfer, prepareInfer } from "../infer.ts";
import { countOf, shapeText, tensorFromBytes } from "../tensors.ts";
import { BinaryParts, headerLength } from "./binary-body.ts";
import { inflated, isCompression, MAX_INFLATED_BYTES, Uninflatable } from "./inflate.ts";
import type { InputData } from "./input-data.ts";
import { type ParsedInfer, type ParsedInput, parseInfer } from "./parse-infer.ts";
import { rawBody } from "./raw-body.ts";
import { InferBodyReader, needsSecondReading } from "./read-infer-body.ts";

/** A request with its values, ready to run. */
export interface ReadRequest {
  readonly parsed: ParsedInfer;
  readonly prepared: PreparedInfer;
  readonly inputs: ReadonlyMap<string, TensorValue>;
  /** To be called when nobody reads the inputs any more, if that is known. */
  readonly giveBack?: () => void;
}

/** Reads the request for the version that is held, or says what is wrong with it. */
export async function readInferRequest(
  request: RestRequest,
  handle: ServableHandle,
  maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
): Promise<ReadRequest | Problem> {
  const encoding = (request.header("content-encoding") ?? "identity").trim().toLowerCase();
  const compressed = isCompression(encoding);
  if (!compressed && encoding !== "identity" && encoding !== "") {
    return problem("OIP_ENCODING", { encoding: encoding.slice(0, 100) });
  }
  const announced = compressed ? undefined : request.header("content-length");
  const sent = request.header("inference-header-content-length");
  const jsonBytes = headerLength(sent, announced);
  if (jsonBytes === "wrong") return problem("OIP_HEADER_LENGTH", { found: String(sent).slice(0, 100) });
  const length = announced === undefined ? undefined : Number(announced);
  const reading = jsonBytes === 0 ? new RawReading(handle) : new JsonReading(handle, jsonBytes, length);
  const limit = compressed ? Math.min(maxBodyBytes, MAX_INFLATED_BYTES) : maxBodyBytes;
  let size = 0;
  const take = (chunk: Uint8Array): Promise<void> | undefined => {
    size += chunk.length;
    if (size > limit) throw new FerryError([problem("REST_BODY_TOO_LARGE", { limit })]);
    return reading.take(chunk);
  };
  try {
    if (request.takeBody && !compressed) await request.takeBody({ room: () => reading.room(), take });
    else
      for await (const chunk of compressed ? inflated(request.body, encoding) : request.body)
        await take(chunk);
  } catch (error) {
    if (error instanceof FerryError) return error.problems[0];
    if (error instanceof Uninflatable) return problem("OIP_INFLATE", { encoding }, error);
    return problem("REST_BODY_CUT_OFF", {}, error);
  }
  return reading.finish();
}

/** A body that is one tensor. */
class RawReading {
  readonly #handle: ServableHandle;
  readonly #pieces: Uint8Array[] = [];

  constructor(handle: ServableHandle) {
    this.#handle = handle;
  }

  room(): undefined {
    return undefined;
  }

  take(chunk: Uint8Array): undefined {
    this.#pieces.push(copyOf(chunk));
  }

  async finish(): Promise<ReadRequest | Problem> {
    return rawBody(this.#handle, new Uint8Array(Buffer.concat(this.#pieces)));
  }
}

interface Head {
  readonly parsed: ParsedInfer;
  readonly prepared: PreparedInfer;
  readonly parts: BinaryParts;
}

/** A body that begins with JSON. */
class JsonReading {
  readonly #handle: ServableHandle;
  readonly #jsonBytes: number | undefined;
  readonly #bodyBytes: number | undefined;
  readonly #kept: Uint8Array[] | undefined;
  #reader: InferBodyReader;
  #head: Head | undefined;
  #jsonSeen = 0;

  constructor(handle: ServableHandle, jsonBytes: number | undefined, bodyBytes: number | undefined) {
    const signatures = [...handle.loaded.signatures.values()];
    this.#handle = handle;
    this.#jsonBytes = jsonBytes;
    this.#bodyBytes = bodyBytes;
    this.#kept = needsSecondReading(signatures) ? [] : undefined;
    this.#reader = new InferBodyReader(signatures, jsonBytes ?? bodyBytes ?? Number.POSITIVE_INFINITY);
  }

  /** Where the next bytes shall be, if anywhere. */
  room(): Uint8Array | undefined {
    return this.#head ? undefined : textRoom();
  }

  /** Takes a piece, which is valid until this returns; where it returns a promise, the next one waits for that. */
  take(chunk: Uint8Array): Promise<void> | undefined {
    const left = (this.#jsonBytes ?? Number.POSITIVE_INFINITY) - this.#jsonSeen;
    if (left <= 0) {
      this.#head?.parts.feed(chunk);
      return undefined;
    }
    const json = chunk.subarray(0, left);
    this.#jsonSeen += json.length;
    this.#kept?.push(copyOf(json));
    const at = this.#reader.feedSome(json, 0);
    const isWhole = this.#jsonSeen === this.#jsonBytes;
    if (at < json.length) return this.#takeSlowly(copyOf(chunk), json.length, at, isWhole);
    if (!isWhole) return this.#reader.needsTurn() ? nextTurn() : undefined;
    const head = this.#finishJson();
    const behind = chunk.subarray(json.length);
    if (!(head instanceof Promise)) return this.#takeBehind(head, behind);
    const kept = copyOf(behind);
    return head.then((known) => this.#takeBehind(known, kept));
  }

  /** Goes on at `at` with a piece of which so many bytes are JSON, the last of it or not. */
  async #takeSlowly(chunk: Uint8Array, jsonBytes: number, at: number, isWhole: boolean): Promise<void> {
    await this.#feedRest(this.#reader, chunk.subarray(0, jsonBytes), at);
    if (isWhole) this.#takeBehind(await this.#finishJson(), chunk.subarray(jsonBytes));
  }

  #takeBehind(head: Head | Problem, behind: Uint8Array): undefined {
    if (head instanceof Problem) throw new FerryError([head]);
    this.#head = head;
    if (behind.length > 0) head.parts.feed(behind);
  }

  async finish(): Promise<ReadRequest | Problem> {
    if (this.#jsonBytes !== undefined && this.#jsonSeen < this.#jsonBytes) {
      return problem("OIP_HEADER_LENGTH", { found: this.#jsonBytes });
    }
    const head = this.#head ?? (await this.#finishJson());
    if (head instanceof Problem) return head;
    const { parsed, prepared, parts } = head;
    const bytes = parts.finish();
    if (!bytes) return problem("OIP_BINARY_BYTES", { found: parts.found, wanted: parts.wanted });
    const inputs = await this.#values(parsed, bytes);
    const giveBack = (): void => {
      parts.giveBack();
      for (const data of this.#reader.data.values()) data.giveBack();
    };
    return inputs instanceof Problem ? inputs : { parsed, prepared, inputs, giveBack };
  }

  async #feedRest(reader: InferBodyReader, json: Uint8Array, from: number): Promise<void> {
    for (let at = from; at < json.length; at = reader.feedSome(json, at)) await nextTurn();
  }

  #finishJson(): Head | Problem | Promise<Head | Problem> {
    const first = this.#parse();
    return first instanceof Problem || !this.#guessedWrong(first) ? first : this.#readAgain(first);
  }

  async #readAgain({ parsed }: Head): Promise<Head | Problem> {
    const known = parsed.inputs
      .filter(({ source }) => this.#reader.data.has(source))
      .map(({ datatype }) => datatype);
    this.#reader = new InferBodyReader([], this.#jsonSeen, known);
    for (const piece of this.#kept ?? []) await this.#feedRest(this.#reader, piece, 0);
    return this.#parse();
  }

  #parse(): Head | Problem {
    const root = this.#reader.finish();
    const parsed = root instanceof Problem ? root : parseInfer(root);
    const prepared = parsed instanceof Problem ? parsed : prepareInfer(this.#handle, parsed);
    if (parsed instanceof Problem || prepared instanceof Problem) return prepared as Problem; // the later holds the earlier
    const sizes = parsed.inputs.flatMap(({ binaryBytes }) => binaryBytes ?? []);
    const behind = this.#bodyBytes === undefined ? undefined : this.#bodyBytes - this.#jsonSeen;
    return { parsed, prepared, parts: new BinaryParts(sizes, behind) };
  }

  #guessedWrong({ parsed }: Head): boolean {
    return parsed.inputs.some(({ source, datatype }) => {
      const data = this.#reader.data.get(source);
      return data && data.datatype !== datatype;
    });
  }

  async #values(
    { inputs }: ParsedInfer,
    parts: readonly Uint8Array[],
  ): Promise<ReadonlyMap<string, TensorValue> | Problem> {
    const values = new Map<string, TensorValue>();
    const behind = parts.values();
    for (const input of inputs) {
      const data = this.#reader.data.get(input.source);
      const value = data
        ? await inSlices(tensorOf(input, data))
        : tensorFromBytes(input, behind.next().value ?? new Uint8Array(0));
      if (value instanceof Problem) return value;
      values.set(input.name, value);
    }
    return values;
  }
}

/** What is lent, to keep. */
function copyOf(piece: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(piece);
}

function* tensorOf(
  { name, datatype, shape }: ParsedInput,
  data: InputData,
): Generator<undefined, TensorValue | Problem> {
  if (data.datatype !== datatype) throw new Error(`${name} was read as ${data.datatype}, and is ${datatype}`);
  if (!data.isList) {
    const where = `the data of input '${name}'`;
    return problem("OIP_MEMBER_TYPE", { where, found: "a single value", wanted: "a list" });
  }
  const bytes = yield* data.bytes(name);
  if (bytes instanceof Problem) return bytes;
  const wanted = countOf(shape);
  if (data.count !== wanted) {
    return problem("OIP_ELEMENT_COUNT", { input: name, found: data.count, shape: shapeText(shape), wanted });
  }
  const { dtype } = DATATYPES[datatype];
  return dtype === "string"
    ? { dtype, shape, data: bytes, strings: data.strings }
    : { dtype, shape, data: bytes };
}
