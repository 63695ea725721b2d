// Resizing of the spatial axes: nearest, linear and cubic interpolation.
// Given factors are the steps between samples, also where they do not divide the sizes; given sizes make the steps.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
// Not here: anti-aliasing (resize-antialiased.ts).
import { type Attribute, float, string } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import type { Facts } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

const NEAREST = ["upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d"];
const NEAREST_EXACT = ["_upsample_nearest_exact1d", "_upsample_nearest_exact2d", "_upsample_nearest_exact3d"];
const LINEAR = ["upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"];
const CUBIC = ["upsample_bicubic2d"];

const targets = (names: readonly string[]) =>
  names.flatMap((name) => [`aten::${name}.vec`, `aten::${name}.default`]);

export const RESIZE_NEAREST: Rule = {
  targets: targets(NEAREST),
  emit: (call) =>
    resize(call, {
      mode: string("nearest"),
      coordinate_transformation_mode: string("asymmetric"),
      nearest_mode: string("floor"),
    }),
};

export const RESIZE_NEAREST_EXACT: Rule = {
  targets: targets(NEAREST_EXACT),
  emit: (call) =>
    resize(call, {
      mode: string("nearest"),
      coordinate_transformation_mode: string("half_pixel"),
      nearest_mode: string("round_prefer_ceil"),
    }),
};

const imageOf = (call: Facts) => (call.call.args.has("input") ? "input" : "self");

const refuseIntegers = (call: Facts) =>
  isFloat(call.dtypeOf(imageOf(call)))
    ? undefined
    : "integers are rounded in PyTorch's own way; resize floats";

export const RESIZE_LINEAR: Rule = {
  limits: "not integers",
  refuse: refuseIntegers,
  targets: targets(LINEAR),
  emit: (call) => resize(call, { mode: string("linear"), ...coordinates(call) }),
};

export const RESIZE_CUBIC: Rule = {
  limits: "not integers",
  refuse: refuseIntegers,
  targets: targets(CUBIC),
  emit: (call) => resize(call, { mode: string("cubic"), cubic_coeff_a: float(-0.75), ...coordinates(call) }),
};

function coordinates(call: Call): Record<string, Attribute> {
  return {
    coordinate_transformation_mode: string(call.bool("align_corners") ? "align_corners" : "half_pixel"),
  };
}

function resize(call: Call, attributes: Record<string, Attribute>): Value {
  const shape = call.result().shape;
  const { dtype } = call.result();
  // Resize chooses among elements or blends floats, so a float that holds them is as good.
  const computed = isFloat(dtype) ? dtype : "float32";
  const back = (value: Value) => call.cast(value, computed, dtype);
  const input = call.as(imageOf(call), computed);
  const factors = givenFactors(call, shape.length - 2);
  if (factors)
    return back(
      call.op(
        "Resize",
        [input, undefined, call.table("float32", [factors.length + 2], [1, 1, ...factors])],
        attributes,
      ),
    );
  return back(call.op("Resize", [input, undefined, undefined, call.vector(shape)], attributes));
}

/** Factors of the spatial axes, if the call gives them and no sizes. */
function givenFactors(call: Call, count: number): readonly number[] | undefined {
  if (call.has("scale_factors")) return call.has("output_size") ? undefined : call.floats("scale_factors");
  const names = count === 1 ? ["scales"] : ["scales_d", "scales_h", "scales_w"].slice(-count);
  const factors = names.flatMap((name) => (call.has(name) ? [call.float(name)] : []));
  return factors.length === count ? factors : undefined;
}
