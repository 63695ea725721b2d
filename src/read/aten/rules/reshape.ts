// Results with the same elements in the same order under another shape: the declared shape of the result says all.
import type { Rule } from "../rule.ts";

const NAMES =
  "view.default reshape.default reshape_as.default view_as.default flatten.using_ints unflatten.int ravel.default " +
  "squeeze.default squeeze.dim squeeze.dims unsqueeze.default atleast_1d.default atleast_2d.default atleast_3d.default " +
  "_unsafe_view.default _reshape_alias.default view_copy.default squeeze_copy.default squeeze_copy.dim squeeze_copy.dims " +
  "unsqueeze_copy.default _reshape_copy.default _reshape_alias_copy.default";

export const RESHAPE: Rule = {
  targets: NAMES.split(" ").map((name) => `aten::${name}`),
  complex: true,
  emit: (call) => call.reshape(call.tensor("self"), call.realShapeOf("self"), call.realResult()),
};
