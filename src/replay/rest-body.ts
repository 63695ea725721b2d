// A PredictRequest as TensorFlow Serving's JSON, and its answer as tensors again.
// An answer's `outputs` read like a request's `inputs` whose signature has the outputs for inputs, so that the server's
// own reader and writer do the work here too.
import { Problem, problem } from "../core/errors.ts";
import type { TensorValue } from "../engine/engine.ts";
import type { TensorSpec } from "../model/signature.ts";
import { elementWriter } from "../server/json/element-writer.ts";
import { inSlices } from "../server/slices.ts";
import { PredictBodyReader } from "../server/tensorflow-serving/rest/read-predict-body.ts";
import { writePredictions } from "../server/tensorflow-serving/rest/write-predictions.ts";

type Tensors = ReadonlyMap<string, TensorValue>;

/** The request's body, or why it has none. */
export function writeRequest(signatureName: string, inputs: Tensors): Buffer | Problem {
  const pieces: Uint8Array[] = [Buffer.from(`{"signature_name":${JSON.stringify(signatureName)},"inputs":{`)];
  for (const [name, tensor] of inputs) {
    const value = tensor.dtype === "string" ? stringsText(tensor) : numbersText(name, tensor);
    if (value instanceof Problem) return value;
    pieces.push(Buffer.from(`${pieces.length > 1 ? "," : ""}${JSON.stringify(name)}:`), ...value);
  }
  return Buffer.concat([...pieces, Buffer.from("}}")]);
}

/** The answer's tensors, or why it is none. `outputs` are those of the signature. */
export async function readResponse(body: Buffer, outputs: readonly TensorSpec[]): Promise<Tensors | Problem> {
  const begin = /^\s*\{\s*"outputs"/.exec(body.toString("latin1", 0, 64));
  if (!begin) return problem("JSON_NO_TENSORS", {});
  const reader = new PredictBodyReader(() => outputs, body.length);
  reader.feed(Buffer.from('{"inputs"'));
  reader.feed(body.subarray(begin[0].length));
  const wrong = reader.finish();
  if (wrong) return wrong;
  const read = await inSlices(reader.tensors());
  return read instanceof Problem ? read : read.inputs;
}

/** What stands after the colon of `{"outputs": ...}`. */
function numbersText(name: string, tensor: TensorValue): readonly Uint8Array[] | Problem {
  if (!elementWriter(tensor)) return problem("JSON_OUTPUT_DTYPE", { dtype: tensor.dtype });
  const written = writePredictions(new Map([[name, tensor]]), "columnar");
  if (written instanceof Problem) return written;
  const text = Buffer.concat([...written]);
  return [text.subarray(text.indexOf(":") + 1, text.lastIndexOf("}"))];
}

/** Strings in base64, so that any bytes survive. */
function stringsText({ shape, strings = [] }: TensorValue): readonly Uint8Array[] {
  let at = 0;
  const nested = (axis: number): unknown => {
    if (axis === shape.length) return { b64: Buffer.from(strings[at++] ?? []).toString("base64") };
    return Array.from({ length: shape[axis] ?? 0 }, () => nested(axis + 1));
  };
  return [Buffer.from(JSON.stringify(nested(0)))];
}
