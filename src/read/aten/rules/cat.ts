// Tensors joined along an axis, or along a new one. Operands take the result's dtype.
import { int } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import { normalAxis } from "../argument.ts";
import type { Call } from "../call.ts";
import { realDType } from "../call.ts";
import type { Rule } from "../rule.ts";

export const CAT: Rule = {
  targets: ["aten::cat.default", "aten::concat.default", "aten::concatenate.default", "prims::cat.default"],
  complex: true,
  emit(call) {
    const rank = call.result().shape.length;
    return join(
      call,
      operands(call).filter((_, index) => !isLegacyEmpty(call, index, rank)),
      call.axis("dim", rank),
    );
  },
};

export const STACK: Rule = {
  targets: ["aten::stack.default", "aten::_stack.default"],
  complex: true,
  emit(call) {
    const axis = call.axis("dim", call.result().shape.length);
    return join(
      call,
      operands(call).map((value) => call.unsqueeze(value, axis)),
      axis,
    );
  },
};

/** hstack, vstack, dstack: operands get at least 1, 2 or 3 axes first. */
export const STACK_BY_NAME: Rule = {
  targets: ["hstack", "vstack", "dstack", "column_stack", "row_stack"].map((name) => `aten::${name}.default`),
  emit(call) {
    const axis = { hstack: 1, vstack: 0, row_stack: 0, dstack: 2, column_stack: 1 }[call.name] ?? 0;
    const shapes = call.typesOf("tensors").map((type) => type?.shape ?? []);
    const full = operands(call).map((value, index) => {
      const shape = shapes[index] ?? [];
      return call.reshape(value, shape, lifted(call.name, shape));
    });
    return join(call, full, call.result().shape.length === 1 ? 0 : axis);
  },
};

function lifted<T>(name: string, shape: readonly T[]): readonly (T | number)[] {
  const rank = shape.length;
  if (name === "hstack") return rank === 0 ? [1] : shape;
  if (name === "column_stack") return rank === 0 ? [1, 1] : rank === 1 ? [...shape, 1] : shape;
  if (name !== "dstack") return rank === 0 ? [1, 1] : rank === 1 ? [1, ...shape] : shape;
  if (rank === 0) return [1, 1, 1];
  return rank === 1 ? [1, ...shape, 1] : rank === 2 ? [...shape, 1] : shape;
}

function operands(call: Call): Value[] {
  const dtype = realDType(call.result().dtype);
  const types = call.typesOf("tensors");
  return call
    .tensors("tensors")
    .map((value, index) => call.cast(value, realDType(types[index]?.dtype ?? dtype), dtype));
}

/** A tensor of shape [0] joins with anything. */
function isLegacyEmpty(call: Call, index: number, rank: number): boolean {
  const shape = call.typesOf("tensors")[index]?.shape;
  return rank > 1 && shape?.length === 1 && shape[0] === 0;
}

function join(call: Call, values: readonly Value[], axis: number): Value {
  const [only] = values;
  if (only && values.length === 1) return only;
  return call.op("Concat", values, { axis: int(normalAxis(axis, call.result().shape.length)) });
}
