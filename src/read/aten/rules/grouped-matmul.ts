// Rows in groups, each group times a matrix of its own: the experts of a mixture, to which tokens are sorted.
// Layout: rows [S, K], matrices [G, K, N], ends [G]: group g is the rows from ends[g - 1] to ends[g]; rows beyond the last
// end are 0.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grouped_mm.html
import { int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Facts } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

/** More groups than any mixture has experts: each is three nodes. */
const MAX_GROUPS = 1024;

interface Names {
  readonly rows: string;
  readonly matrices: string;
}

function refuse(call: Facts, { rows, matrices }: Names): string | undefined {
  const [groups] = call.shape(matrices);
  if (call.rank(rows) !== 2 || call.rank(matrices) !== 3 || !call.has("offs"))
    return "only rows in groups times one matrix a group are supported";
  if (typeof groups !== "number" || groups > MAX_GROUPS)
    return `it has ${groups} groups; a fixed number up to ${MAX_GROUPS} is wanted`;
  return call.has("bias") ? "a bias is not supported" : undefined;
}

function grouped(call: Call, { rows, matrices }: Names): Value {
  const { dtype } = call.result();
  const [groups = 0, , columns = 0] = call.shape(matrices);
  const [input, weights, ends] = [call.as(rows, dtype), call.as(matrices, dtype), call.as("offs", "int64")];
  const [zero, first] = [call.builder.int64s([0]), call.shape(rows)[0] ?? 0];
  let start = zero;
  const parts = Array.from({ length: Number(groups) }, (_, group) => {
    const end = call.op("Gather", [ends, call.builder.int64s([group])], { axis: int(0) });
    const own = call.op("Slice", [input, start, end, zero]);
    start = end;
    return call.op("MatMul", [
      own,
      call.op("Gather", [weights, call.builder.int64(group)], { axis: int(0) }),
    ]);
  });
  const rest = call.op("Concat", [call.op("Sub", [call.vector([first]), start]), call.vector([columns])], {
    axis: int(0),
  });
  return call.op("Concat", [...parts, call.op("Expand", [call.number(0, dtype), rest])], { axis: int(0) });
}

const ATEN: Names = { rows: "self", matrices: "mat2" };
const TRANSFORMERS: Names = { rows: "input", matrices: "weight" };

export const GROUPED_MATMUL: Rule = {
  targets: ["aten::_grouped_mm.default"],
  limits: "rows in groups times one matrix a group; a fixed number of groups",
  refuse: (call) => refuse(call, ATEN),
  emit: (call) => grouped(call, ATEN),
};

/** What the library transformers calls where PyTorch's own operator has no kernel. */
export const GROUPED_MATMUL_OF_TRANSFORMERS: Rule = {
  targets: ["transformers::grouped_mm_fallback.default"],
  limits: "rows in groups times one matrix a group; a fixed number of groups",
  refuse: (call) => refuse(call, TRANSFORMERS),
  emit: (call) => grouped(call, TRANSFORMERS),
};
