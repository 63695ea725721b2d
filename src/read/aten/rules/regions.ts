// Detection: boxes that survive others, and regions of feature maps cut out and brought to one size.
// Layout: boxes [N, 4] as (x1, y1, x2, y2); regions [N, 5] as (image, x1, y1, x2, y2), features [B, C, H, W].
// Source: https://docs.pytorch.org/vision/stable/ops.html, https://onnx.ai/onnx/operators/onnx__RoiAlign.html
import { float, int, ints, string } from "../../../graph/attribute.ts";
import { type Dim, divideExactly, mulDims } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

/** More boxes than any model has: all that survive are wanted. */
const ALL_BOXES = 2 ** 31 - 1;

/** Places of the boxes that no better one overlaps by more than the threshold, best first. */
export const NON_MAX_SUPPRESSION: Rule = {
  targets: ["torchvision::nms.default"],
  emit(call) {
    const { dtype } = call.type("dets");
    const computed = dtype === "float64" ? dtype : "float32";
    const inputs = [
      call.unsqueeze(call.as("dets", computed), 0),
      call.unsqueeze(call.as("scores", computed), 0, 1),
      call.builder.int64s([ALL_BOXES]),
      call.table("float32", [1], [call.float("iou_threshold")]),
    ];
    const rows = call.op("NonMaxSuppression", inputs); // rows of (image, class, box)
    return call.op("Gather", [rows, call.builder.int64(2)], { axis: int(1) });
  },
};

export const REGION_ALIGN: Rule = {
  targets: ["torchvision::roi_align.default"],
  emit: (call) => align(call, call.bool("aligned")),
};

function align(call: Call, aligned: boolean): Value {
  const { image, boxes } = regionsOf(call);
  return call.op("RoiAlign", [call.tensor("input"), boxes, image], {
    coordinate_transformation_mode: string(aligned ? "half_pixel" : "output_half_pixel"),
    output_height: int(call.int("pooled_height")),
    output_width: int(call.int("pooled_width")),
    sampling_ratio: int(Math.max(0, call.int("sampling_ratio"))),
    spatial_scale: float(call.float("spatial_scale")),
  });
}

function regionsOf(call: Call): { image: Value; boxes: Value } {
  const regions = call.as("rois", call.dtypeOf("input"));
  const first = call.op("Gather", [regions, call.builder.int64(0)], { axis: int(1) });
  return {
    image: call.cast(first, call.dtypeOf("input"), "int64"),
    boxes: call.slice(regions, 1, 1, 5),
  };
}

/** Each channel of the result takes its cell (i, j) from a channel of the input of its own: (c h + i) w + j. */
export const POSITION_SENSITIVE_ALIGN: Rule = {
  targets: ["torchvision::ps_roi_align.default"],
  emit(call) {
    const [rows, columns] = [call.int("pooled_height"), call.int("pooled_width")];
    const cells = rows * columns;
    const count = call.shape("rois")[0] as Dim;
    const channels = divideExactly(call.shape("input")[1] as Dim, cells);
    if (channels === undefined) throw new Refusal(`${cells} cells do not divide its channels`);
    const inside = [count, mulDims(channels, cells), rows, columns];
    const apart = call.reshape(align(call, true), inside, [count, channels, cells * cells]);
    const own = Array.from({ length: cells }, (_, cell) => cell * cells + cell);
    const picked = call.op("Gather", [apart, call.builder.int64s(own)], { axis: int(2) });
    if (call.wants(1)) throw new Refusal("its channel mapping is wanted");
    return [call.reshape(picked, [count, channels, cells], call.result().shape)];
  },
};

/** The largest element of each cell. */
export const REGION_POOL: Rule = {
  targets: ["torchvision::roi_pool.default"],
  emit(call) {
    if (call.wants(1)) throw new Refusal("the places of its largest elements are wanted");
    const pooled = call.op("MaxRoiPool", [call.tensor("input"), call.as("rois", call.dtypeOf("input"))], {
      pooled_shape: ints([call.int("pooled_height"), call.int("pooled_width")]),
      spatial_scale: float(call.float("spatial_scale")),
    });
    return [pooled];
  },
};

/** A convolution whose taps are moved by offsets and weighed by a mask. */
export const DEFORMABLE_CONVOLUTION: Rule = {
  targets: ["torchvision::deform_conv2d.default"],
  emit(call) {
    const pads = [call.int("pad_h"), call.int("pad_w")];
    const inputs = [
      call.tensor("input"),
      call.tensor("weight"),
      call.tensor("offset"),
      call.tensor("bias"),
      ...(call.bool("use_mask") ? [call.tensor("mask")] : []),
    ];
    return call.op("DeformConv", inputs, {
      kernel_shape: ints(call.shape("weight").slice(2).map(Number)),
      strides: ints([call.int("stride_h"), call.int("stride_w")]),
      pads: ints([...pads, ...pads]),
      dilations: ints([call.int("dilation_h"), call.int("dilation_w")]),
      group: int(call.int("groups")),
      offset_group: int(call.int("offset_groups")),
    });
  },
};
