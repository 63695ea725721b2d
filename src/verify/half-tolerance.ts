// How much a half-precision copy may differ from PyTorch's own: 2e-3 of the largest value, or, where that is more, twice
// what half precision costs the model in PyTorch itself, which is the distance between PyTorch's copy and the original.
// Two copies that are both that far from the original are at most twice as far from each other.
import { Problem } from "../core/errors.ts";
import { castTensor } from "../engine/cast-tensor.ts";
import type { TensorValue } from "../engine/engine.ts";
import { isFloat } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { compareTensors, toleranceOf } from "./compare.ts";
import { asTensor } from "./find-difference.ts";
import type { Source } from "./source.ts";

/** For each output of the copy the relative error that counts as equal. Throws what running `original` throws. */
export async function halfTolerances(
  original: Source,
  inputs: readonly TensorValue[],
  outputs: readonly Tensor[],
): Promise<number[]> {
  const full = await original.run(inputs.map((value) => widened(asTensor(value)) ?? value));
  const usual = toleranceOf("float16");
  return outputs.map((output, index) => {
    const half = widened(output);
    const wanted = full[index];
    if (!half || wanted?.dtype !== "float32") return usual;
    return Math.max(usual, 2 * (compareTensors(half, asTensor(wanted)).relativeError ?? 0));
  });
}

/** A float16 or float32 tensor as float32; undefined for others, which half precision leaves alone. */
function widened(tensor: Tensor): TensorValue | undefined {
  if (!isFloat(tensor.dtype) || tensor.dtype === "float64") return undefined;
  const value = castTensor(tensor, "float32", "");
  return value instanceof Problem ? undefined : value;
}
