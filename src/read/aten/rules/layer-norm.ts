// Normalisation over the last axes: layer norm and root mean square norm.
// Sources: https://arxiv.org/abs/1607.06450, https://arxiv.org/abs/1910.07467
import { float, int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const LAYER_NORM: Rule = {
  targets: ["aten::layer_norm.default"],
  emit: normalise,
};

/** Gives the mean and the reciprocal of the deviation too. */
export const NATIVE_LAYER_NORM: Rule = {
  targets: ["aten::native_layer_norm.default"],
  emit(call) {
    const result = normalise(call);
    if (!call.wants(1) && !call.wants(2)) return [result];
    const { dtype, shape } = call.type("input");
    const own = call.result(1).dtype;
    const axes = [...shape.keys()].slice(-call.dims("normalized_shape").length);
    const computed = dtype === "float64" ? dtype : "float32";
    const x = call.as("input", computed);
    const mean = call.reduce("ReduceMean", x, axes, true);
    const centred = call.op("Sub", [x, mean]);
    const variance = call.reduce("ReduceMean", call.op("Mul", [centred, centred]), axes, true);
    const epsilon = call.number(call.float("eps"), computed);
    const deviation = call.op("Sqrt", [call.op("Add", [variance, epsilon])]);
    const inverse = call.op("Reciprocal", [deviation]);
    return [result, call.cast(mean, computed, own), call.cast(inverse, computed, own)];
  },
};

function normalise(call: Call): Value {
  const count = call.dims("normalized_shape").length;
  const scale = call.optional("weight") ?? ones(call);
  const bias = call.optional("bias");
  const attributes = { axis: int(-count), epsilon: float(call.float("eps")) };
  return call.op("LayerNormalization", [call.tensor("input"), scale, ...(bias ? [bias] : [])], attributes);
}

function ones(call: Call): Value {
  const shape = call.dims("normalized_shape");
  return call.expand(
    call.table(
      call.dtypeOf("input"),
      shape.map(() => 1),
      [1],
    ),
    shape.map(() => 1),
    shape,
  );
}

/** y = x / sqrt(mean(x^2) + eps) * weight; half precision is computed in float32 */
export const RMS_NORM: Rule = {
  targets: ["aten::rms_norm.default"],
  emit(call) {
    const { dtype, shape } = call.type("input");
    const count = call.dims("normalized_shape").length;
    const axes = [...shape.keys()].slice(-count);
    const computed = dtype === "float64" ? dtype : "float32";
    const x = call.as("input", computed);
    const square = call.reduce("ReduceMean", call.op("Mul", [x, x]), axes, true);
    // Without one PyTorch adds torch.finfo(...).eps of the type that it computes in.
    const epsilon = call.optionalFloat("eps") ?? (computed === "float64" ? 2 ** -52 : 2 ** -23);
    const deviation = call.op("Sqrt", [call.op("Add", [square, call.number(epsilon, computed)])]);
    const normal = call.op("Div", [x, deviation]);
    const scaled = call.has("weight") ? call.op("Mul", [normal, call.as("weight", computed)]) : normal;
    return call.cast(scaled, computed, call.result().dtype);
  },
};
