// A tensor as another dtype, by the rules of numpy.asarray(array, dtype), which TensorFlow applies to what it is fed:
// a float64 array, which is what numpy.random.randn makes, becomes float32 without a word.
import { type Problem, problem } from "../core/errors.ts";
import type { DType } from "../tensor/dtype.ts";
import { bytesOf, elementsOf, isNumeric } from "../tensor/elements.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TensorValue } from "./engine.ts";

/** `where` begins the message, such as the file's name. Returns INPUT_VALUE where no cast exists. */
export function castTensor(tensor: Tensor, dtype: DType, where: string): TensorValue | Problem {
  const { shape } = tensor;
  if (tensor.dtype === "string" && dtype === "string") {
    return { dtype, shape, data: new Uint8Array(), strings: tensor.strings ?? [] };
  }
  if (tensor.dtype === dtype) return { dtype, shape, data: tensor.read() };
  if (!isNumeric(tensor.dtype) || !isNumeric(dtype)) {
    return problem("INPUT_VALUE", { where, reason: `it holds ${tensor.dtype} elements`, dtype });
  }
  return { dtype, shape, data: bytesOf(dtype, elementsOf(tensor.dtype, tensor.read())) };
}
