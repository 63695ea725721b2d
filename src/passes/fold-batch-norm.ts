// Folds BatchNormalization into the Conv, ConvTranspose or Gemm before it:
//   y = scale * (conv(x, w) + b - mean) / sqrt(var + epsilon) + bias = conv(x, w * s) + (b - mean) * s + bias,
//   s = scale / sqrt(var + epsilon), in double precision, rounded once.
// A producer whose result somebody else reads too keeps its BatchNormalization.
import { attributeOf, type Node, type Value } from "../graph/graph.ts";
import { numbersOf, tensorOfNumbers } from "../tensor/numbers.ts";
import { derivedTensor, type Tensor } from "../tensor/tensor.ts";
import { constantInput } from "./constants.ts";
import { defineRewrite, onlyUsedBy } from "./rewrite.ts";
import { alongAxis, canScale, type Scaling, scaledTensor } from "./scale-tensor.ts";

interface Match {
  readonly producer: Node;
  readonly norm: Node;
}

const DEFAULT_EPSILON = 1e-5;

export const FOLD_BATCH_NORM = defineRewrite<Match>({
  name: "fold batch normalization",
  ops: ["BatchNormalization"],
  match(norm) {
    const producer = norm.inputs[0]?.producer;
    return producer?.domain === "" && SCALINGS.has(producer.op) ? { producer, norm } : undefined;
  },
  refuse({ producer, norm }, scene) {
    if (attributeOf(norm, "training_mode", "int") === 1) return "it is in training mode";
    const [output] = producer.outputs;
    if (!output || !onlyUsedBy(scene, output, norm)) return "the producer's result is used elsewhere too";
    const weight = constantInput(producer, 1);
    if (!weight || !canScale(weight)) return "the weight is no constant of floats";
    if (producer.inputs[2] && !constantInput(producer, 2)) return "the bias is no constant";
    if ([1, 2, 3, 4].some((index) => !constantInput(norm, index))) return "its parameters are no constants";
    if (producer.op === "Gemm" && !isPlainGemm(producer))
      return "the Gemm has factors or a bias that is no row";
    return undefined;
  },
  rewrite({ producer, norm }, build) {
    build.origin = producer.origin;
    const weight = constantInput(producer, 1) as Tensor; // refuse has checked these
    const [scale, bias, mean, variance] = [1, 2, 3, 4].map((index) =>
      constantInput(norm, index),
    ) as Parameters;
    const epsilon = attributeOf(norm, "epsilon", "float") ?? DEFAULT_EPSILON;
    const computeFactors = (): number[] => {
      const deviations = numbersOf(variance).map((x) => Math.sqrt(x + epsilon));
      return numbersOf(scale).map((x, channel) => x / (deviations[channel] ?? 1));
    };
    let known: readonly number[] | undefined; // the weight is read in pieces, and the bias needs them too
    const factors = () => (known ??= computeFactors());
    const scaling = SCALINGS.get(producer.op)?.(producer, weight, factors) as Scaling; // match has found it
    const old = constantInput(producer, 2);
    const folded = derivedTensor(weight.dtype, bias.shape, () => {
      const before = old ? numbersOf(old) : [];
      const [means, shifts] = [numbersOf(mean), numbersOf(bias)];
      const after = factors().map(
        (factor, channel) =>
          ((before[channel] ?? 0) - (means[channel] ?? 0)) * factor + (shifts[channel] ?? 0),
      );
      return tensorOfNumbers(weight.dtype, bias.shape, after).read();
    });
    const inputs: (Value | undefined)[] = [
      producer.inputs[0],
      build.constant(scaledTensor(weight, scaling), producer.inputs[1]?.name),
      build.constant(folded, producer.inputs[2]?.name ?? norm.inputs[2]?.name),
    ];
    return build.emit(producer.op, inputs, Object.fromEntries(producer.attributes));
  },
});

type Parameters = [Tensor, Tensor, Tensor, Tensor];
type ScalingOf = (producer: Node, weight: Tensor, factors: () => readonly number[]) => Scaling;

/** Where each producer has its output channels. */
const SCALINGS: ReadonlyMap<string, ScalingOf> = new Map<string, ScalingOf>([
  ["Conv", (_, weight, factors) => alongAxis(weight.shape, 0, factors)],
  ["ConvTranspose", transposedScaling],
  [
    "Gemm",
    (gemm, weight, factors) =>
      alongAxis(weight.shape, attributeOf(gemm, "transB", "int") === 1 ? 0 : 1, factors),
  ],
]);

/** Weight [C, M / groups, kernel]: the input channels of a group see the outputs of that group. */
function transposedScaling(producer: Node, weight: Tensor, factors: () => readonly number[]): Scaling {
  const groups = attributeOf(producer, "group", "int") ?? 1;
  const [channels = 1, outputs = 1] = weight.shape;
  const perGroup = channels / groups;
  return {
    ...alongAxis(weight.shape, 1, factors),
    sliceOf: (row) => Math.floor(Math.floor(row / outputs) / perGroup) * outputs + (row % outputs),
  };
}

function isPlainGemm(gemm: Node): boolean {
  const alpha = attributeOf(gemm, "alpha", "float") ?? 1;
  const beta = attributeOf(gemm, "beta", "float") ?? 1;
  const bias = constantInput(gemm, 2);
  return alpha === 1 && beta === 1 && (!bias || (bias.shape.length === 1 && bias.shape[0] !== 1));
}
