// Cast and CastLike. On x86 TensorFlow and onnxruntime agree on values out of range.
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import { fromFloat8, isFloat8, refuseFloat8, toFloat8 } from "../float8.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ELEMENTWISE, type FollowingLayout, type LoweringRule } from "../rule.ts";

const FIRST: FollowingLayout = { ...ELEMENTWISE, data: "first" };

function refuse(facts: NodeFacts): string | undefined {
  const [from, to] = [facts.dtype(0), facts.outputType().dtype];
  const textual = from === "string" || to === "string";
  return textual && from !== to
    ? "numbers and strings are spelled otherwise in TensorFlow"
    : refuseFloat8(from, to);
}

function emit(node: NodeLowering): TfValue {
  const from = node.dtype(0);
  const to: DType = node.outputType().dtype;
  if (from === to) return node.data();
  const wide = isFloat8(from) ? fromFloat8(node, node.data(), isFloat8(to) ? "float32" : to) : node.data();
  if (isFloat8(to)) return toFloat8(node, wide, to, node.int("saturate", 1) === 1);
  // A complex number becomes its real part, a bool whether it is not zero; both are Cast's own meaning.
  return node.cast(wide, to);
}

export const CASTS: readonly LoweringRule[] = [
  { op: "Cast", since: 21, layout: FIRST, limits: "not between numbers and strings", refuse, emit },
  { op: "CastLike", since: 21, layout: FIRST, limits: "not between numbers and strings", refuse, emit },
];
