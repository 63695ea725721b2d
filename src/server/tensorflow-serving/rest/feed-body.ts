// A request's body, inflated if need be, given to a reader piece by piece.
// Invariant: the event loop has a turn whenever the reader has had enough of it.

import { FerryError, type Problem, problem } from "../../../core/errors.ts";
import { textRoom } from "../../json/scan-numbers.ts";
import { TextTurns } from "../../json/text-turns.ts";
import { copyOf } from "../../lent-bytes.ts";
import type { BodyTaker, RestRequest } from "../../rest/message.ts";
import { nextTurn } from "../../slices.ts";
import type { Soon } from "../../soon.ts";
import { DEFAULT_MAX_BODY_BYTES, type RestContext } from "../context.ts";
import { gunzip, isGzip, Uninflatable } from "./gunzip.ts";

interface Reader {
  /** Takes some of a chunk; returns where to go on after a turn, if that is not its end. */
  feedSome(chunk: Uint8Array, from: number): number;
}

type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Feeds the whole body. What is wrong with it as such comes back. `kept` gets its pieces. */
export function feedBody(
  request: RestRequest,
  reader: Reader,
  { maxBodyBytes = DEFAULT_MAX_BODY_BYTES }: RestContext,
  kept?: Uint8Array[],
): Soon<Problem | undefined> {
  if (isGzip(request.header("content-encoding")))
    return feedSlices(gunzip(request.body), reader, maxBodyBytes, kept);
  if (kept || !request.takeBody) return feedSlices(request.body, reader, maxBodyBytes, kept);
  return feedTaken(request.takeBody, reader, maxBodyBytes);
}

/** Likewise, of pieces that are there. A body that is one piece is mostly read at once. */
export function feedSlices(
  body: Pieces,
  reader: Reader,
  maxBodyBytes: number,
  kept?: Uint8Array[],
): Soon<Problem | undefined> {
  const only: unknown = Array.isArray(body) && body.length === 1 ? body[0] : undefined;
  if (!(only instanceof Uint8Array) || only.length > maxBodyBytes) {
    return feedAll(body, reader, maxBodyBytes, kept);
  }
  kept?.push(only);
  const at = reader.feedSome(only, 0);
  return at < only.length ? feedRest(only, at, reader) : undefined;
}

async function feedRest(chunk: Uint8Array, from: number, reader: Reader): Promise<undefined> {
  for (let at = from; at < chunk.length; at = reader.feedSome(chunk, at)) await nextTurn();
}

/** The body as it arrives, mostly into the memory that numbers are scanned in. */
async function feedTaken(
  takeBody: (taker: BodyTaker) => Promise<void>,
  reader: Reader,
  maxBodyBytes: number,
): Promise<Problem | undefined> {
  const turns = new TextTurns();
  let size = 0;
  const take = (piece: Uint8Array): Promise<void> | undefined => {
    size += piece.length;
    if (size > maxBodyBytes) throw new FerryError([problem("REST_BODY_TOO_LARGE", { limit: maxBodyBytes })]);
    const at = reader.feedSome(piece, 0);
    if (at < piece.length) return feedRest(copyOf(piece), at, reader);
    return turns.read(piece.length);
  };
  try {
    await takeBody({ room: textRoom, take });
    return undefined;
  } catch (error) {
    return refusalOf(error);
  }
}

async function feedAll(
  body: Pieces,
  reader: Reader,
  maxBodyBytes: number,
  kept?: Uint8Array[],
): Promise<Problem | undefined> {
  const turns = new TextTurns();
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBodyBytes) return problem("REST_BODY_TOO_LARGE", { limit: maxBodyBytes });
      kept?.push(chunk);
      const at = reader.feedSome(chunk, 0);
      if (at < chunk.length) await feedRest(chunk, at, reader);
      await turns.read(chunk.length);
    }
    return undefined;
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Problem {
  if (error instanceof FerryError) return error.problems[0];
  return problem(error instanceof Uninflatable ? "JSON_EMPTY" : "REST_BODY_CUT_OFF", {}, error);
}
