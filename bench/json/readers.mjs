// The two ways of reading a body that the bench compares, each from bytes to the tensor's bytes.
import { InferBodyReader } from "../../dist/server/open-inference/rest/read-infer-body.js";
import { PredictBodyReader } from "../../dist/server/tensorflow-serving/rest/read-predict-body.js";

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int64: BigInt64Array,
};
const TENSORFLOW_NUMBERS = { float32: 1, float64: 2, uint8: 4, int64: 9 };

/** The server's reader for the default signature of one input, `x`. */
export function predictReader(dtype, expectedBytes) {
  const tensorflowDtype = TENSORFLOW_NUMBERS[dtype];
  const inputs = [{ key: "x", tensorName: "x:0", dtype, tensorflowDtype, shape: undefined }];
  return new PredictBodyReader(() => inputs, expectedBytes);
}

/** What the server's reader makes of pieces. */
export function readPieces(pieces, dtype, protocol) {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const isPredict = protocol === "tf";
  const reader = isPredict ? predictReader(dtype, length) : new InferBodyReader([], length);
  for (const piece of pieces) for (let at = 0; at < piece.length; ) at = reader.feedSome(piece, at);
  const end = reader.finish();
  if (isPredict) return finished(reader.tensors()).inputs.get("x").data;
  return finished(reader.data.get(end.get("inputs")[0]).bytes("x"));
}

/** What a generator returns at its end. */
export function finished(steps) {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** What JSON.parse makes of the text, flattened; in one line, or as a careful programmer does it. */
export function readWhole(text, dtype, inOneLine = false) {
  const { instances, inputs } = JSON.parse(text.toString("latin1"));
  const lists = instances ?? inputs[0]?.data ?? inputs;
  if (inOneLine) return new Uint8Array(ARRAYS[dtype].from(lists.flat(Number.POSITIVE_INFINITY)).buffer);
  const values = new ARRAYS[dtype](countOf(lists));
  flatten(lists, values, 0);
  return new Uint8Array(values.buffer);
}

function countOf(list) {
  return Array.isArray(list[0]) ? list.length * countOf(list[0]) : list.length;
}

function flatten(list, values, from) {
  let at = from;
  for (const value of list) {
    if (Array.isArray(value)) at = flatten(value, values, at);
    else values[at++] = values instanceof BigInt64Array ? BigInt(value) : value;
  }
  return at;
}
