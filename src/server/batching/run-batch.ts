// One batch: its requests' rows as one run, and each request its own rows of what comes out.
// Invariant: a run that fails tells nothing about whose fault it was, so its halves run again, down to single requests,
// which get their own errors. Rows are given out only if every output has as many as went in.
import type { RunBatch, RunOptions, TensorValue } from "../../engine/engine.ts";
import { inSlices } from "../slices.ts";
import type { Batch } from "./batch-queue.ts";
import type { Outputs, Piece } from "./batch-request.ts";
import { joinRows, rowsOf } from "./join-rows.ts";

export interface BatchRun {
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  /** Runs in the engine. */
  readonly run: (inputs: ReadonlyMap<string, TensorValue>, options: RunOptions) => Promise<Outputs>;
  /** Rows that a batch is padded to. */
  readonly sizeFor: (rows: number) => number;
  /** Told when a run begins. */
  readonly began: (rows: number, paddedRows: number) => void;
  /** Told that the model's outputs do not have the inputs' rows. */
  readonly misfit: (reason: string) => void;
}

/** Answers every request of the batch, with outputs or an error of its own. Never rejects. */
export async function runBatch({ pieces }: Pick<Batch, "pieces">, context: BatchRun): Promise<void> {
  const live = pieces.filter(({ request }) => !request.isOver);
  const [first] = live;
  if (!first) return;
  const size = context.sizeFor(rowsIn(live));
  const isOwn = live.length === 1 && first.rows === first.request.rows && first.rows === size;
  try {
    const outputs = await runTogether(live, size, isOwn, context);
    const misfit = whatMisfits(outputs, size);
    if (misfit) context.misfit(misfit);
    if (isOwn) await first.request.take(0, first.rows, outputs);
    else if (misfit) await Promise.all(live.map(({ request }) => request.runAlone()));
    else await Promise.all(giveOut(live, outputs));
  } catch (error) {
    if (isOwn) first.request.fail(error);
    else await runApart(live, context);
  }
}

/** After a run that failed. */
async function runApart(pieces: readonly Piece[], context: BatchRun): Promise<void> {
  const [first] = pieces;
  if (first && pieces.length === 1) return first.request.runAlone();
  const half = Math.ceil(pieces.length / 2);
  await runBatch({ pieces: pieces.slice(0, half) }, context);
  await runBatch({ pieces: pieces.slice(half) }, context);
}

async function runTogether(
  pieces: readonly Piece[],
  size: number,
  isOwn: boolean,
  context: BatchRun,
): Promise<Outputs> {
  const rows = rowsIn(pieces);
  const [first] = pieces;
  const inputs = isOwn && first ? first.request.inputs : await joinedInputs(pieces, context.inputs, size);
  const batch: RunBatch = { rows };
  const tell = (): void => {
    for (const { request } of pieces) request.options.onStart?.(batch);
  };
  context.began(rows, size);
  tell();
  const stop = stopWhenAllAreOver(pieces);
  // An engine that lets runs wait tells anew when this one begins.
  return context.run(inputs, { signal: stop, onStart: tell });
}

/** The requests' rows in one tensor an input. */
async function joinedInputs(
  pieces: readonly Piece[],
  names: readonly string[],
  size: number,
): Promise<ReadonlyMap<string, TensorValue>> {
  const joined = new Map<string, TensorValue>();
  for (const name of names) {
    const ranges = pieces.flatMap(({ request, from, rows }) => {
      const tensor = request.inputs.get(name);
      return tensor ? [{ tensor, from, rows }] : [];
    });
    joined.set(name, await inSlices(joinRows(ranges, size)));
  }
  return joined;
}

function giveOut(pieces: readonly Piece[], outputs: Outputs): Promise<void>[] {
  let at = 0;
  return pieces.map(({ request, from, rows }) => {
    const own: Outputs = new Map();
    for (const [name, tensor] of outputs) own.set(name, rowsOf(tensor, at, rows));
    at += rows;
    return request.take(from, rows, own);
  });
}

/** Which output cannot be cut into the inputs' rows. Sentences: TensorFlow Serving's batching_session.cc. */
function whatMisfits(outputs: Outputs, size: number): string | undefined {
  for (const { shape } of outputs.values()) {
    if (shape.length === 0) return "Batched output tensor has 0 dimensions";
    if (shape[0] !== size) {
      return "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input tensors";
    }
  }
  return undefined;
}

function rowsIn(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.rows, 0);
}

/** Aborted when nobody waits for any of the requests any more. */
function stopWhenAllAreOver(pieces: readonly Piece[]): AbortSignal {
  const controller = new AbortController();
  let left = pieces.length;
  for (const { request } of pieces) {
    request.whenOver(() => {
      left--;
      if (left === 0) controller.abort();
    });
  }
  return controller.signal;
}
