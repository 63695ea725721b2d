// Images sampled at the points of a grid, whose coordinates run from -1 to 1 (x before y).
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html
import { int, string } from "../../../graph/attribute.ts";
import type { Rule } from "../rule.ts";

const MODES = ["linear", "nearest", "cubic"];
const PADDINGS = ["zeros", "border", "reflection"];

export const SAMPLE_GRID: Rule = {
  targets: ["aten::grid_sampler.default", "aten::grid_sampler_2d.default", "aten::grid_sampler_3d.default"],
  limits: "not cubic in volumes",
  refuse: (call) =>
    call.rank("input") === 5 && MODES[call.int("interpolation_mode")] === "cubic"
      ? "cubic interpolation of volumes is not supported"
      : undefined,
  emit: (call) =>
    call.op("GridSample", [call.tensor("input"), call.tensor("grid")], {
      mode: string(MODES[call.int("interpolation_mode")] ?? "linear"),
      padding_mode: string(PADDINGS[call.int("padding_mode")] ?? "zeros"),
      align_corners: int(call.bool("align_corners") ? 1 : 0),
    }),
};
