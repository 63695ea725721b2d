// Gradients that a model computes by itself, as saliency maps and physical models do.
import { int, string } from "../../../graph/attribute.ts";
import { productOf } from "../../../graph/dim.ts";
import type { Rule } from "../rule.ts";

/** softmax: g y - y sum(g y); its logarithm: g - exp(y) sum(g) */
export const SOFTMAX_GRADIENT: Rule = {
  targets: ["aten::_softmax_backward_data.default", "aten::_log_softmax_backward_data.default"],
  emit(call) {
    const { dtype } = call.result();
    const rank = call.rank("output");
    const axes = rank === 0 ? [] : [call.axis("dim", rank)];
    const [gradient, output] = [call.as("grad_output", dtype), call.as("output", dtype)];
    const sum = (x: typeof gradient) => call.reduce("ReduceSum", x, axes, true);
    if (call.name.startsWith("_log")) {
      const share = call.op("Mul", [call.op("Exp", [output]), sum(gradient)]);
      return call.op("Sub", [gradient, share]);
    }
    const product = call.op("Mul", [gradient, output]);
    return call.op("Sub", [product, call.op("Mul", [output, sum(product)])]);
  },
};

/** Each window's gradient goes to the place of its largest element. */
export const MAX_POOL_GRADIENT: Rule = {
  targets: [2, 3].map((count) => `aten::max_pool${count}d_with_indices_backward.default`),
  emit(call) {
    const { dtype, shape } = call.type("self");
    const count = call.name.includes("3d") ? 3 : 2;
    const lead = shape.slice(0, -count);
    const inside = [...lead, productOf(shape.slice(-count))];
    const flat = (name: string, as: "int64" | typeof dtype) => {
      const own = call.shape(name);
      return call.reshape(call.as(name, as), own, [...lead, productOf(own.slice(-count))]);
    };
    const zeros = call.expand(call.number(0, dtype), [], inside);
    const written = call.op(
      "ScatterElements",
      [zeros, flat("indices", "int64"), flat("grad_output", dtype)],
      {
        axis: int(-1),
        reduction: string("add"),
      },
    );
    return call.reshape(written, inside, shape);
  },
};
