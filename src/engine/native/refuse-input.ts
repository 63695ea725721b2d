// What no engine takes: tensors whose bytes or strings are not those that their shape wants.
import { BYTES_PER_ELEMENT } from "../../tensor/dtype.ts";
import { elementCount } from "../../tensor/tensor.ts";
import type { TensorValue } from "../engine.ts";

/** onnxruntime's kernels know at most 8 or so, TensorFlow's tensors at most 254; this is only a bound. */
export const MAX_RANK = 64;

/** Why a value cannot be given to an engine, or undefined if it can. */
export function refuseInput(name: string, value: TensorValue): string | undefined {
  const { dtype, shape } = value;
  if (shape.length > MAX_RANK)
    return `'${name}' has ${shape.length} dimensions, at most ${MAX_RANK} are possible`;
  const broken = shape.find((size) => !Number.isSafeInteger(size) || size < 0);
  if (broken !== undefined) return `'${name}' has a dimension of size ${broken}`;
  const count = elementCount(shape);
  if (dtype === "string") {
    const given = value.strings?.length ?? 0;
    return given === count ? undefined : `'${name}' has ${given} strings, its shape wants ${count}`;
  }
  const wanted = count * BYTES_PER_ELEMENT[dtype];
  const given = value.data.byteLength;
  return given === wanted
    ? undefined
    : `'${name}' has ${given} bytes, ${dtype}[${shape.join(",")}] wants ${wanted}`;
}
