// Operators whose result is their argument: they speak of memory, devices, gradients or training.
import type { Rule } from "../rule.ts";

const NAMES =
  "alias alias_copy detach detach_copy clone contiguous lift lift_fresh lift_fresh_copy positive resolve_neg " +
  "data requires_grad pin_memory _lazy_clone";

export const SAME: Rule = {
  targets: NAMES.split(" ").map((name) => `aten::${name}.default`),
  complex: true,
  emit: (call) => call.tensor("self"),
};

export const DROPOUT: Rule = {
  targets: ["dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"].map(
    (name) => `aten::${name}.default`,
  ),
  limits: "not in training mode",
  refuse: (call) =>
    call.bool("train") && call.float("p") > 0
      ? "the model is in training mode; call .eval() before exporting"
      : undefined,
  emit: (call) => call.tensor("input"),
};

export const NATIVE_DROPOUT: Rule = {
  targets: ["aten::native_dropout.default"],
  limits: "not in training mode",
  refuse: (call) =>
    call.bool("train") ? "the model is in training mode; call .eval() before exporting" : undefined,
  emit: (call) => [call.tensor("input"), undefined],
};
