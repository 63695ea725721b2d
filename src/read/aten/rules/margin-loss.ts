// Losses of classification by margins: how far other classes come near the right ones.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html and MultiLabelMarginLoss.html
import { int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { fixedSize, Refusal } from "../argument.ts";
import type { Rule } from "../rule.ts";
import { reduceLoss } from "../small-functions.ts";

/** sum over i other than the target of weight[y] * relu(margin - x[y] + x[i])^p / C */
export const MULTI_MARGIN: Rule = {
  targets: ["aten::multi_margin_loss.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const axis = Math.max(0, shape.length - 1);
    const x = shape.length === 0 ? call.unsqueeze(call.tensor("self"), 0) : call.tensor("self");
    const classes = fixedSize(shape.at(-1) ?? 1);
    const given = call.as("target", "int64");
    // For one sample the target has no axis, or one of size 1.
    const target = call.reshape(given, call.shape("target"), shape.slice(0, -1));
    const index = call.unsqueeze(target, axis);
    const right = call.op("GatherElements", [x, index], { axis: int(axis) });
    const margin = call.number(call.float("margin"), dtype);
    const near = call.op("Relu", [call.op("Add", [call.op("Sub", [margin, right]), x])]);
    const p = call.float("p");
    let terms = p === 2 ? call.op("Mul", [near, near]) : near;
    if (p !== 1 && p !== 2) throw new Refusal(`its p is ${p}; 1 or 2 is wanted`);
    if (call.has("weight"))
      terms = call.op("Mul", [terms, call.op("Gather", [call.as("weight", dtype), index], { axis: int(0) })]);
    const numbers = call.builder.int64s([...new Array<number>(classes).keys()]);
    const others = call.cast(call.op("Not", [call.op("Equal", [numbers, index])]), "bool", dtype);
    const loss = call.reduce("ReduceSum", call.op("Mul", [terms, others]), [axis], false);
    return reduceLoss(call, call.op("Div", [loss, call.number(classes, dtype)]), axis);
  },
};

/** sum over targets j and classes i that are none of relu(1 - (x[j] - x[i])) / C; targets end at the first -1 */
export const MULTI_LABEL_MARGIN: Rule = {
  targets: ["aten::multilabel_margin_loss.default", "aten::multilabel_margin_loss_forward.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const lift = (value: Value, rank: number) =>
      rank === 0 ? call.unsqueeze(value, 0, 1) : rank === 1 ? call.unsqueeze(value, 0) : value;
    const classes = fixedSize(shape.at(-1) ?? 1);
    const x = lift(call.tensor("self"), shape.length);
    const target = lift(call.as("target", "int64"), call.rank("target"));
    const ended = call.op("CumSum", [
      call.cast(call.op("Less", [target, call.number(0, "int64")]), "bool", "int64"),
      call.builder.int64(1),
    ]);
    const valid = call.op("Equal", [ended, call.number(0, "int64")]); // [N, C], by place of the list
    const place = call.op("Max", [target, call.number(0, "int64")]);
    const right = call.op("GatherElements", [x, place], { axis: int(1) });
    const numbers = call.builder.int64s([...new Array<number>(classes).keys()]);
    const hit = call.op("And", [
      call.op("Equal", [call.unsqueeze(place, 2), numbers]),
      call.unsqueeze(valid, 2),
    ]); // [N, place, class]
    const isTarget = call.reduce("ReduceMax", call.cast(hit, "bool", "int32"), [1], false);
    const gap = call.op("Sub", [
      call.number(1, dtype),
      call.op("Sub", [call.unsqueeze(right, 2), call.unsqueeze(x, 1)]),
    ]);
    const counts = call.op("And", [
      call.unsqueeze(valid, 2),
      call.unsqueeze(call.op("Equal", [isTarget, call.number(0, "int32")]), 1),
    ]);
    const terms = call.op("Mul", [call.op("Relu", [gap]), call.cast(counts, "bool", dtype)]);
    const sum = call.reduce("ReduceSum", terms, [1, 2], false);
    const loss = call.op("Div", [sum, call.number(classes, dtype)]);
    const reduced = shape.length < 2 ? call.squeeze(loss, 0) : reduceLoss(call, loss, 1);
    return [reduced, call.reshape(call.cast(isTarget, "int32", dtype), [], shape)];
  },
};
