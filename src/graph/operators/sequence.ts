// Sequences and optionals. Source: https://onnx.ai/onnx/operators/onnx__SequenceConstruct.html
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import { int } from "../attribute.ts";
import { sameDim } from "../dim.ts";
import { tensorType, type ValueType } from "../type.ts";
import type { InferContext, OperatorDefinition } from "./definition.ts";
import { axisOf, result, sameAs } from "./shapes.ts";

function element(context: InferContext): ValueType | undefined {
  const type = context.valueType(0);
  return type?.kind === "sequence" || type?.kind === "optional" ? type.element : undefined;
}

/** The element type that all the inputs share: sizes that differ are not known. */
function sharedType(context: InferContext): ValueType | undefined {
  const types = context.node.inputs.map((_, index) => context.type(index));
  const [first] = types;
  if (!first) return undefined;
  const { shape } = first;
  const same = types.every(
    (type) =>
      type?.shape?.length === shape?.length &&
      (shape ?? []).every((dim, axis) => sameDim(dim, type?.shape?.[axis] ?? -1)),
  );
  return same ? first : tensorType(first.dtype);
}

const sequence = (type: ValueType | undefined) =>
  type && { type: { kind: "sequence", element: type } as const };
const loose = (type: ValueType | undefined): ValueType | undefined =>
  type?.kind === "tensor" ? tensorType(type.dtype) : type;

const CONSTRUCT: OperatorDefinition = {
  op: "SequenceConstruct",
  since: 11,
  infer: (context) => [sequence(sharedType(context))],
};

const EMPTY: OperatorDefinition = {
  op: "SequenceEmpty",
  since: 11,
  attributes: { dtype: int(1) },
  infer: (context) => [sequence(tensorType(ONNX_DTYPES.get(context.int("dtype")) ?? "float32"))],
};

const AT: OperatorDefinition = {
  op: "SequenceAt",
  since: 11,
  infer: (context) => {
    const type = element(context);
    return [type && { type }];
  },
};

const INSERT: OperatorDefinition = {
  op: "SequenceInsert",
  since: 11,
  infer: (context) => [sequence(loose(element(context) ?? context.type(1)))],
};

const ERASE: OperatorDefinition = {
  op: "SequenceErase",
  since: 11,
  infer: (context) => [sameAs(context, 0)],
};

const LENGTH: OperatorDefinition = { op: "SequenceLength", since: 11, infer: () => [result("int64", [])] };

const SPLIT_TO_SEQUENCE: OperatorDefinition = {
  op: "SplitToSequence",
  since: 11,
  attributes: { axis: int(0), keepdims: int(1) },
  infer: (context) => {
    const type = context.type(0);
    if (!type?.shape) return [sequence(type)];
    const axis = axisOf(context.int("axis"), type.shape.length);
    const dropped = !context.node.inputs[1] && context.int("keepdims") === 0;
    const shape = type.shape.flatMap((dim, at) =>
      at !== axis ? [dim] : dropped ? [] : [context.unknownDim()],
    );
    return [sequence(tensorType(type.dtype, shape))];
  },
};

const CONCAT_FROM_SEQUENCE: OperatorDefinition = {
  op: "ConcatFromSequence",
  since: 11,
  attributes: { axis: "int", new_axis: int(0) },
  infer: (context) => {
    const type = element(context);
    if (type?.kind !== "tensor") return [undefined];
    if (!type.shape) return [result(type.dtype, undefined)];
    const fresh = context.int("new_axis") === 1;
    const axis = axisOf(context.int("axis"), type.shape.length + (fresh ? 1 : 0));
    const rest = type.shape.slice(fresh ? axis : axis + 1);
    return [result(type.dtype, [...type.shape.slice(0, axis), context.unknownDim(), ...rest])];
  },
};

const OPTIONAL: OperatorDefinition = {
  op: "Optional",
  since: 15,
  attributes: { type: "type" },
  infer: (context) => {
    const attribute = context.node.attributes.get("type");
    const type = context.valueType(0) ?? (attribute?.kind === "type" ? attribute.value : undefined);
    return [type && { type: { kind: "optional", element: type } }];
  },
};

const GET_ELEMENT: OperatorDefinition = {
  op: "OptionalGetElement",
  since: 18,
  infer: (context) => {
    const type = context.valueType(0);
    const inner = type?.kind === "optional" ? type.element : type;
    return [inner && { type: inner }];
  },
};

const HAS_ELEMENT: OperatorDefinition = {
  op: "OptionalHasElement",
  since: 18,
  infer: () => [result("bool", [])],
};

export const SEQUENCES: readonly OperatorDefinition[] = [
  CONSTRUCT,
  EMPTY,
  AT,
  INSERT,
  ERASE,
  LENGTH,
  SPLIT_TO_SEQUENCE,
  CONCAT_FROM_SEQUENCE,
  OPTIONAL,
  GET_ELEMENT,
  HAS_ELEMENT,
];
