// The body of an inference request, whatever it is made of: JSON, JSON with bytes behind it, or one tensor's bytes.
// Invariant: JSON is read in slices with turns for others between them. Its text is kept only where inputs have
// different datatypes, in case it has to be read again (read-infer-body.ts).

import { FerryError, Problem, problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import { textRoom } from "../../json/scan-numbers.ts";
import { TextTurns } from "../../json/text-turns.ts";
import { copyOf } from "../../lent-bytes.ts";
import type { ServableHandle } from "../../manager/servable.ts";
import type { RestRequest } from "../../rest/message.ts";
import { inSlices, nextTurn } from "../../slices.ts";
import { attempt, type Soon, soon } from "../../soon.ts";
import { DEFAULT_MAX_BODY_BYTES } from "../../tensorflow-serving/context.ts";
import { DATATYPES } from "../datatypes.ts";
import { type PreparedInfer, prepareInfer } from "../infer.ts";
import { countOf, shapeText, tensorFromBytes } from "../tensors.ts";
import { BinaryParts, headerLength } from "./binary-body.ts";
import { inflated, isCompression, MAX_INFLATED_BYTES, Uninflatable } from "./inflate.ts";
import type { InputData } from "./input-data.ts";
import { KnownHeads, keyOfBytes } from "./known-heads.ts";
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
export function readInferRequest(
  request: RestRequest,
  handle: ServableHandle,
  maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
): Soon<ReadRequest | Problem> {
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
  const taken = attempt<unknown>(
    () => {
      if (compressed) return takePieces(inflated(request.body, encoding), take);
      return request.takeBody
        ? request.takeBody({ room: () => reading.room(), least: () => reading.least, take })
        : takeWhole(request.body, take);
    },
    (error) => failureOf(error, encoding),
  );
  return soon(taken, (refusal) => (refusal instanceof Problem ? refusal : reading.finish()));
}

type Take = (chunk: Uint8Array) => Promise<void> | undefined;
type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A body that is there; one that came in one piece is mostly taken at once. */
function takeWhole(body: Pieces, take: Take): Promise<void> | undefined {
  const only: unknown = Array.isArray(body) && body.length === 1 ? body[0] : undefined;
  return only instanceof Uint8Array ? take(only) : takePieces(body, take);
}

async function takePieces(body: Pieces, take: Take): Promise<void> {
  for await (const chunk of body) await take(chunk);
}

function failureOf(error: unknown, encoding: string): Problem {
  if (error instanceof FerryError) return error.problems[0];
  if (error instanceof Uninflatable) return problem("OIP_INFLATE", { encoding }, error);
  return problem("REST_BODY_CUT_OFF", {}, error);
}

/** A body that is one tensor. */
class RawReading {
  readonly least = 1;
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

  finish(): ReadRequest | Problem {
    return rawBody(this.#handle, new Uint8Array(Buffer.concat(this.#pieces)));
  }
}

/** What the JSON says. */
interface KnownHead {
  readonly parsed: ParsedInfer;
  readonly prepared: PreparedInfer;
}

interface Head extends KnownHead {
  readonly parts: BinaryParts;
}

const HEADS = new KnownHeads<KnownHead>();

/** A body that begins with JSON. */
class JsonReading {
  readonly #handle: ServableHandle;
  readonly #jsonBytes: number | undefined;
  readonly #bodyBytes: number | undefined;
  readonly #kept: Uint8Array[] | undefined;
  #reader: InferBodyReader | undefined;
  readonly #turns = new TextTurns();
  #head: Head | undefined;
  #jsonSeen = 0;

  constructor(handle: ServableHandle, jsonBytes: number | undefined, bodyBytes: number | undefined) {
    this.#handle = handle;
    this.#jsonBytes = jsonBytes;
    this.#bodyBytes = bodyBytes;
    this.#kept = needsSecondReading(handle.loaded) ? [] : undefined;
  }

  /** Where the next bytes shall be, if anywhere. */
  room(): Uint8Array | undefined {
    return this.#head ? this.#head.parts.place() : textRoom();
  }

  /** How many of the next bytes are of no use before all of them are there. */
  get least(): number {
    return this.#head?.parts.place()?.length ?? 1;
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
    const isWhole = this.#jsonSeen === this.#jsonBytes;
    const key = json.length === this.#jsonBytes ? keyOfBytes(json) : undefined;
    const known = key === undefined ? undefined : HEADS.get(this.#handle.loaded, key);
    if (known) return this.#takeBehind(this.#headOf(known), chunk.subarray(json.length));
    this.#kept?.push(copyOf(json));
    this.#reader ??= this.#newReader();
    const at = this.#reader.feedSome(json, 0);
    if (at < json.length) return this.#takeSlowly(this.#reader, copyOf(chunk), json.length, at, isWhole);
    if (!isWhole) return this.#turns.read(json.length);
    const head = this.#finishJson(key);
    const behind = chunk.subarray(json.length);
    if (!(head instanceof Promise)) return this.#takeBehind(head, behind);
    const kept = copyOf(behind);
    return head.then((made) => this.#takeBehind(made, kept));
  }

  /** Goes on at `at` with a piece of which so many bytes are JSON, the last of it or not. */
  async #takeSlowly(
    reader: InferBodyReader,
    chunk: Uint8Array,
    jsonBytes: number,
    at: number,
    isWhole: boolean,
  ): Promise<void> {
    await feedRest(reader, chunk.subarray(0, jsonBytes), at);
    if (isWhole) this.#takeBehind(await this.#finishJson(), chunk.subarray(jsonBytes));
  }

  #takeBehind(head: Head | Problem, behind: Uint8Array): undefined {
    if (head instanceof Problem) throw new FerryError([head]);
    this.#head = head;
    if (behind.length > 0) head.parts.feed(behind);
  }

  finish(): Soon<ReadRequest | Problem> {
    if (this.#jsonBytes !== undefined && this.#jsonSeen < this.#jsonBytes) {
      return problem("OIP_HEADER_LENGTH", { found: this.#jsonBytes });
    }
    return soon(this.#head ?? this.#finishJson(), (head) =>
      head instanceof Problem ? head : this.#whole(head),
    );
  }

  #whole({ parsed, prepared, parts }: Head): Soon<ReadRequest | Problem> {
    const bytes = parts.finish();
    if (!bytes) return problem("OIP_BINARY_BYTES", { found: parts.found, wanted: parts.wanted });
    const giveBack = (): void => {
      parts.giveBack();
      for (const data of this.#reader?.data.values() ?? []) data.giveBack();
    };
    return soon(inSlices(this.#values(parsed, bytes)), (inputs) =>
      inputs instanceof Problem ? inputs : { parsed, prepared, inputs, giveBack },
    );
  }

  #newReader(): InferBodyReader {
    const expected = this.#jsonBytes ?? this.#bodyBytes ?? Number.POSITIVE_INFINITY;
    return new InferBodyReader([...this.#handle.loaded.signatures.values()], expected);
  }

  /** `key` is what the text is known by, if it may be. */
  #finishJson(key?: string): Soon<Head | Problem> {
    const reader = this.#reader ?? this.#newReader();
    const first = this.#parse(reader);
    if (first instanceof Problem) return first;
    if (guessedWrong(reader, first)) return this.#readAgain(reader, first);
    if (key !== undefined && reader.data.size === 0) HEADS.remember(this.#handle.loaded, key, first);
    return this.#headOf(first);
  }

  /** The text once more, knowing the datatypes that the first reading found. */
  async #readAgain(reader: InferBodyReader, { parsed }: KnownHead): Promise<Head | Problem> {
    const known = parsed.inputs
      .filter(({ source }) => reader.data.has(source))
      .map(({ datatype }) => datatype);
    const again = new InferBodyReader([], this.#jsonSeen, known);
    this.#reader = again;
    for (const piece of this.#kept ?? []) await feedRest(again, piece, 0);
    const head = this.#parse(again);
    return head instanceof Problem ? head : this.#headOf(head);
  }

  #parse(reader: InferBodyReader): KnownHead | Problem {
    const root = reader.finish();
    const parsed = root instanceof Problem ? root : parseInfer(root);
    const prepared = parsed instanceof Problem ? parsed : prepareInfer(this.#handle, parsed);
    if (parsed instanceof Problem || prepared instanceof Problem) return prepared as Problem; // the later holds the earlier
    return { parsed, prepared };
  }

  #headOf({ parsed, prepared }: KnownHead): Head {
    const sizes = parsed.inputs.flatMap(({ binaryBytes }) => binaryBytes ?? []);
    const behind = this.#bodyBytes === undefined ? undefined : this.#bodyBytes - this.#jsonSeen;
    return { parsed, prepared, parts: new BinaryParts(sizes, behind) };
  }

  *#values(
    { inputs }: ParsedInfer,
    parts: readonly Uint8Array[],
  ): Generator<undefined, ReadonlyMap<string, TensorValue> | Problem> {
    const values = new Map<string, TensorValue>();
    const behind = parts.values();
    for (const input of inputs) {
      const data = this.#reader?.data.get(input.source);
      const value = data
        ? yield* tensorOf(input, data)
        : tensorFromBytes(input, behind.next().value ?? new Uint8Array(0));
      if (value instanceof Problem) return value;
      values.set(input.name, value);
    }
    return values;
  }
}

async function feedRest(reader: InferBodyReader, json: Uint8Array, from: number): Promise<void> {
  for (let at = from; at < json.length; at = reader.feedSome(json, at)) await nextTurn();
}

/** Whether values were read as another datatype than the text then named. */
function guessedWrong(reader: InferBodyReader, { parsed }: KnownHead): boolean {
  return parsed.inputs.some(({ source, datatype }) => {
    const data = reader.data.get(source);
    return data && data.datatype !== datatype;
  });
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
