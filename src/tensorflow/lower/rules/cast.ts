// Cast and CastLike. On x86 TensorFlow and onnxruntime agree on values out of range.
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ELEMENTWISE, type FollowingLayout, type LoweringRule } from "../rule.ts";

const FIRST: FollowingLayout = { ...ELEMENTWISE, data: "first" };

function refuse(facts: NodeFacts): string | undefined {
  const types = [facts.dtype(0), facts.outputType().dtype];
  if (types.some((dtype) => dtype.startsWith("float8"))) return "8-bit floats round otherwise in TensorFlow";
  return types.includes("string") && types[0] !== types[1]
    ? "numbers and strings are spelled otherwise in TensorFlow"
    : undefined;
}

function emit(node: NodeLowering): TfValue {
  const from = node.dtype(0);
  const to: DType = node.outputType().dtype;
  // A complex number becomes its real part, a bool whether it is not zero; both are Cast's own meaning.
  return from === to ? node.data() : node.cast(node.data(), to);
}

export const CASTS: readonly LoweringRule[] = [
  { op: "Cast", since: 21, layout: FIRST, refuse, emit },
  { op: "CastLike", since: 21, layout: FIRST, refuse, emit },
];
