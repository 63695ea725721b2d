// Operators of one input that keep its shape, element by element. Source: https://onnx.ai/onnx/operators/
// Contents are computed only where every engine gets the same bits.
import { isFloat } from "../../tensor/dtype.ts";
import { float, int, string } from "../attribute.ts";
import { mulDims } from "../dim.ts";
import { asElement, isNonNegative, not, onNumber, roundEven, type Unary } from "../evaluate/arithmetic.ts";
import type { AttributeSpec, OperatorDefinition } from "./definition.ts";
import { inferElementwise } from "./elementwise.ts";
import { declaredDtype } from "./shapes.ts";

interface UnaryOptions {
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  readonly compute?: Unary;
  /** The result is bool, whatever the input is. */
  readonly test?: true;
}

function unary(op: string, since: number, options: UnaryOptions = {}): OperatorDefinition {
  const { attributes, compute, test } = options;
  return {
    op,
    since,
    elementwise: true,
    ...(attributes && { attributes }),
    infer: (context) => [
      inferElementwise(
        context,
        [0],
        test && "bool",
        compute && (([x], dtype) => (x === undefined ? undefined : compute(x, dtype))),
      ),
    ],
  };
}

const negate: Unary = (x, dtype) => (typeof x === "number" ? asElement(-x, dtype) : mulDims(x, -1));
const absolute: Unary = (x, dtype) =>
  typeof x === "number" ? asElement(Math.abs(x), dtype) : isNonNegative(x) ? x : undefined;
/** Rounding leaves whole numbers as they are, symbolic ones too. */
const rounding = (round: (x: number) => number): Unary => {
  return (x, dtype) => (typeof x === "number" ? asElement(round(x), dtype) : x);
};

/** IsInf of half-precision floats. */
const HALVES_SINCE = 20;

export const UNARY: readonly OperatorDefinition[] = [
  unary("Abs", 13, { compute: absolute }),
  unary("Acos", 7),
  unary("Acosh", 9),
  unary("Asin", 7),
  unary("Asinh", 9),
  unary("Atan", 7),
  unary("Atanh", 9),
  unary("BitwiseNot", 18, {
    compute: (x, dtype) => (typeof x === "number" ? asElement(-x - 1, dtype) : undefined),
  }),
  unary("Ceil", 13, { compute: rounding(Math.ceil) }),
  unary("Celu", 12, { attributes: { alpha: float(1) } }),
  unary("Cos", 7),
  unary("Cosh", 9),
  unary("Elu", 6, { attributes: { alpha: float(1) } }),
  unary("Erf", 13),
  unary("Exp", 13),
  unary("Floor", 13, { compute: rounding(Math.floor) }),
  unary("Gelu", 20, { attributes: { approximate: string("none") } }),
  unary("HardSigmoid", 6, { attributes: { alpha: float(0.2), beta: float(0.5) } }),
  unary("HardSwish", 14),
  {
    ...unary("IsInf", 10, {
      attributes: { detect_negative: int(1), detect_positive: int(1) },
      test: true,
    }),
    sinceFor: (node) => (declaredDtype(node, 0)?.endsWith("float16") ? HALVES_SINCE : 10),
  },
  unary("IsNaN", 9, { compute: onNumber((x) => (Number.isNaN(x) ? 1 : 0)), test: true }),
  unary("LeakyRelu", 16, { attributes: { alpha: float(0.01) } }),
  unary("Log", 13),
  unary("Mish", 18),
  unary("Neg", 13, { compute: negate }),
  unary("Not", 1, { compute: (x) => not(x), test: true }),
  unary("Reciprocal", 13, { compute: onNumber((x) => 1 / x) }),
  unary("Relu", 14, {
    compute: (x, dtype) => (typeof x === "number" ? asElement(Math.max(x, 0), dtype) : undefined),
  }),
  unary("Round", 11, { compute: rounding(roundEven) }),
  unary("Selu", 6, { attributes: { alpha: float(1.6732631921768188), gamma: float(1.0507010221481323) } }),
  unary("Shrink", 9, { attributes: { bias: float(0), lambd: float(0.5) } }),
  unary("Sigmoid", 13),
  unary("Sign", 13, { compute: onNumber(Math.sign) }),
  unary("Sin", 7),
  unary("Sinh", 9),
  unary("Softplus", 1),
  unary("Softsign", 1),
  unary("Sqrt", 13, {
    compute: (x, dtype) =>
      typeof x === "number" && isFloat(dtype) ? asElement(Math.sqrt(x), dtype) : undefined,
  }),
  unary("Swish", 24, { attributes: { alpha: float(1) } }),
  unary("Tan", 7),
  unary("Tanh", 13),
  unary("ThresholdedRelu", 10, { attributes: { alpha: float(1) } }),
];
