// Operators that draw from a random generator. Source: https://onnx.ai/onnx/operators/onnx__RandomNormal.html

import type { DType } from "../../tensor/dtype.ts";
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import { float, int } from "../attribute.ts";
import type { AttributeSpec, InferContext, OperatorDefinition } from "./definition.ts";
import { result } from "./shapes.ts";

function drawn(context: InferContext, fallback: DType): DType {
  return ONNX_DTYPES.get(context.int("dtype", 0)) ?? fallback;
}

function generator(op: string, attributes: Readonly<Record<string, AttributeSpec>>): OperatorDefinition {
  return {
    op,
    since: 1,
    random: true,
    attributes: { ...attributes, dtype: int(1), seed: "float", shape: "ints" },
    infer: (context) => [result(drawn(context, "float32"), context.ints("shape"))],
  };
}

function like(
  op: string,
  since: number,
  attributes: Readonly<Record<string, AttributeSpec>>,
): OperatorDefinition {
  return {
    op,
    since,
    random: true,
    attributes: { ...attributes, dtype: "int", seed: "float" },
    infer: (context) => [result(drawn(context, context.type(0)?.dtype ?? "float32"), context.shape(0))],
  };
}

const NORMAL = { mean: float(0), scale: float(1) };
const UNIFORM = { high: float(1), low: float(0) };

const MULTINOMIAL: OperatorDefinition = {
  op: "Multinomial",
  since: 7,
  random: true,
  attributes: { dtype: int(6), sample_size: int(1), seed: "float" },
  infer: (context) => [
    result(drawn(context, "int32"), [
      context.shape(0)?.[0] ?? context.unknownDim(),
      context.int("sample_size"),
    ]),
  ],
};

export const RANDOM: readonly OperatorDefinition[] = [
  like("Bernoulli", 15, {}),
  MULTINOMIAL,
  generator("RandomNormal", NORMAL),
  like("RandomNormalLike", 1, NORMAL),
  generator("RandomUniform", UNIFORM),
  like("RandomUniformLike", 1, UNIFORM),
];
