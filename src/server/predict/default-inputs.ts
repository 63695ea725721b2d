// Inputs that a request may leave out: a signature's defaults, decoded once.
// Source: SignatureDef.defaults of TensorFlow's meta_graph.proto; GetInputValues of cc/saved_model/util.cc.
import type { TensorValue } from "../../engine/engine.ts";
import type { Signature } from "../../model/signature.ts";
import { WireReader } from "../grpc/wire.ts";
import { decodeTensor } from "../tensorflow-serving/grpc/decode-tensor.ts";

const DECODED = new WeakMap<Signature, ReadonlyMap<string, TensorValue>>();
const NONE: ReadonlyMap<string, TensorValue> = new Map();

/** The default of each input that has one. */
export function defaultInputs(signature: Signature): ReadonlyMap<string, TensorValue> {
  if (!signature.defaults) return NONE;
  const known = DECODED.get(signature);
  if (known) return known;
  const values = new Map<string, TensorValue>();
  for (const [key, bytes] of signature.defaults) {
    const value = decodeAtOnce(bytes);
    if (value) values.set(key, value);
  }
  DECODED.set(signature, values);
  return values;
}

/** Defaults are small: they stand in the model's own file. */
function decodeAtOnce(bytes: Uint8Array): TensorValue | undefined {
  const work = decodeTensor(new WireReader(bytes));
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}
