// LRN: y = x / (bias + alpha / size * sum of squares over size neighbouring channels)^beta, channels-last. The window
// is a band of ones, so that even sizes, which TensorFlow's kernel lacks, work too.
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";

export const lrn: LoweringRule = {
  op: "LRN",
  since: 13,
  layout: CHANNELS_LAST,
  limits: "the number of channels is known",
  refuse: (facts) =>
    typeof facts.shape(0)[1] === "number" ? undefined : "the number of channels is not fixed",
  emit(node) {
    const dtype = node.dtype(0);
    const size = node.int("size", 1);
    const x = node.data();
    const channels = node.shape(0)[1] as number; // refuse has checked it
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    const band = Array.from({ length: channels * channels }, (_, at) => {
      const [from, to] = [Math.floor(at / channels), at % channels];
      return from >= to - before && from <= to + after ? node.float("alpha", 1e-4) / size : 0;
    });
    const matrix = node.make(tensorOfNumbers(dtype, [channels, channels], band));
    const flat = node.op("Reshape", [node.op("Mul", [x, x]), node.int64s([-1, channels])]);
    const sums = node.op("AddV2", [
      node.op("MatMul", [flat, matrix]),
      node.scalar(dtype, node.float("bias", 1)),
    ]);
    const factor = node.op("Pow", [sums, node.scalar(dtype, -node.float("beta", 0.75))]);
    const shape = [node.shape(0)[0] ?? 1, ...node.shape(0).slice(2), channels];
    return node.op("Mul", [x, node.reshape(factor, shape)]);
  },
};
