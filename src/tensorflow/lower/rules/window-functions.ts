// HannWindow, HammingWindow and BlackmanWindow: sums of cosines of 2 pi n / N, computed in float64.
// Source: https://onnx.ai/onnx/operators/onnx__HannWindow.html; N is the size, one less for a symmetric window.
import type { TfValue } from "../../graph.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

/** sum over k of coefficients[k] * cos(2 pi k n / N) */
function windowFunction(op: string, coefficients: readonly number[]): LoweringRule {
  return {
    op,
    since: 17,
    layout: LOGICAL,
    emit(node) {
      const size = node.cast(node.single(0), "int64");
      const places = node.cast(node.op("Range", [node.int64(0), size, node.int64(1)]), "float64");
      const number = (value: number) => node.scalar("float64", value);
      const periodic = node.int("periodic", 1) === 1;
      const intervals = node.cast(periodic ? size : node.op("Sub", [size, node.int64(1)]), "float64");
      const turn = node.op("RealDiv", [node.op("Mul", [places, number(2 * Math.PI)]), intervals]);
      const terms = coefficients.map((coefficient, k) => {
        const cosine = node.op("Cos", [node.op("Mul", [turn, number(k)])]);
        return node.op("Mul", [cosine, number(coefficient)]);
      });
      const sum = terms.reduce<TfValue>((left, right) => node.op("AddV2", [left, right]), number(0));
      return node.cast(sum, node.outputType().dtype);
    },
  };
}

export const WINDOW_FUNCTIONS: readonly LoweringRule[] = [
  windowFunction("HannWindow", [0.5, -0.5]),
  windowFunction("HammingWindow", [25 / 46, -21 / 46]),
  windowFunction("BlackmanWindow", [0.42, -0.5, 0.08]),
];
