// Whether a model's rows really do not depend on each other, tried before its first request: made-up rows run alone and
// side by side. A free first axis does not tell: a model may count boxes on it, or take a mean over it.
// Invariant: a guess that the model refuses says nothing; the signature is believed then.
import type { LoadedModel, TensorValue } from "../../engine/engine.ts";
import { madeUpInputs } from "../../engine/made-up-inputs.ts";
import type { Signature } from "../../model/signature.ts";
import { BYTES_PER_ELEMENT, isFloat } from "../../tensor/dtype.ts";
import { bytesOf, elementsOf, isNumeric } from "../../tensor/elements.ts";
import { inSlices } from "../slices.ts";
import type { Inputs, Outputs } from "./batch-request.ts";
import { joinRows, rowsOf } from "./join-rows.ts";

/** A guess that takes longer is given up. */
const MAX_MS = 10_000;
/** Kernels add in another order at another size; rows that are mixed differ by far more. Relative to the largest. */
const TOLERANCE = 1e-2;
/** Of floats of 16 bits and less. */
const SMALL_FLOAT_TOLERANCE = 1e-1;
const OTHER_VALUE = 0.5;
/** Of the two made-up rows, in their order side by side. */
const ORDER = [0, 1, 1] as const;

/** How rows depend on each other, as the end of a sentence; undefined if they do not, or if it cannot be tried. */
export async function whatMixesRows(model: LoadedModel, signature: Signature): Promise<string | undefined> {
  const ones = madeUpInputs(signature);
  if (!ones || [...ones.values()].some((value) => value.shape[0] !== 1)) return undefined;
  const rows = [ones, withOtherFloats(ones)];
  const run = (inputs: Inputs): Promise<Outputs> =>
    model.run(signature.name, inputs, [], { signal: AbortSignal.timeout(MAX_MS) });
  try {
    const alone: Outputs[] = [];
    for (const row of rows) alone.push(await run(row));
    return whatDiffers(alone, await run(await sideBySide(rows)));
  } catch {
    return undefined; // the engine refused what was made up
  }
}

function whatDiffers(alone: readonly Outputs[], joined: Outputs): string | undefined {
  for (const [name, output] of joined) {
    const found = output.shape[0];
    if (found !== ORDER.length)
      return `output '${name}' has ${found ?? "no"} rows for ${ORDER.length} rows of input`;
    for (const [at, which] of ORDER.entries()) {
      const own = alone[which]?.get(name);
      if (own && !areClose(own, rowsOf(output, at, 1)))
        return `output '${name}' of a row is another beside other rows`;
    }
  }
  return undefined;
}

/** Whether floats are the same but for rounding. Integers may turn over at a rounding, and are not looked at. */
function areClose(one: TensorValue, other: TensorValue): boolean {
  const { dtype } = one;
  if (`${one.shape}` !== `${other.shape}`) return false;
  if (!isNumeric(dtype) || !isFloat(dtype)) return true;
  const [a, b] = [elementsOf(dtype, one.data), elementsOf(dtype, other.data)];
  const tolerance = BYTES_PER_ELEMENT[dtype] < 4 ? SMALL_FLOAT_TOLERANCE : TOLERANCE;
  let largest = 0;
  for (const value of a) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(Number(value)));
  for (let at = 0; at < a.length; at++) {
    const [left, right] = [Number(a[at]), Number(b[at])];
    if (Object.is(left, right) || left === right) continue;
    if (!(Math.abs(left - right) <= tolerance * largest)) return false;
  }
  return true;
}

function withOtherFloats(inputs: Inputs): Inputs {
  const other = new Map<string, TensorValue>();
  for (const [name, value] of inputs) {
    const { dtype, data } = value;
    const bytes = isNumeric(dtype) && isFloat(dtype) ? bytesOf(dtype, [OTHER_VALUE]) : undefined;
    other.set(name, bytes ? { ...value, data: new Uint8Array(Buffer.alloc(data.length, bytes)) } : value);
  }
  return other;
}

async function sideBySide(rows: readonly Inputs[]): Promise<Inputs> {
  const joined = new Map<string, TensorValue>();
  for (const name of rows[0]?.keys() ?? []) {
    const ranges = ORDER.flatMap((which) => {
      const tensor = rows[which]?.get(name);
      return tensor ? [{ tensor, from: 0, rows: 1 }] : [];
    });
    joined.set(name, await inSlices(joinRows(ranges, ORDER.length)));
  }
  return joined;
}
