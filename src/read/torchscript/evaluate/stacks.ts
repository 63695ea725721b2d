// Lists whose length only running tells, as one tensor with the items along its first axis; and small tensors from
// numbers.
import { addDims, type Dim, sameShape } from "../../../graph/dim.ts";
import { tensorType } from "../../../graph/type.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { AtenArgument } from "../../aten/program.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import { Unfollowed } from "../refusal.ts";
import { describe, type ListValue, type Stack, type TensorValue, tensor, type Value } from "../values.ts";
import type { Place } from "./context.ts";

const DTYPES: Readonly<Record<Exclude<Stack["element"], "tensor">, DType>> = {
  int: "int64",
  float: "float64",
  bool: "bool",
};

/** Appends a call with one result of this type. */
export function appendTensor(
  target: string,
  args: Readonly<Record<string, AtenArgument>>,
  type: RankedType,
  builder: ProgramBuilder,
  place: Place,
): TensorValue {
  const name = builder.freshName(target.replace(/^.*::/, "").replace(/\..*$/, ""));
  builder.types.set(name, tensorType(type.dtype, type.shape));
  const origin = { scope: place.scope, operator: target, line: place.line };
  builder.append({
    target,
    args: new Map(Object.entries(args)),
    outputs: [{ kind: "tensor", value: name }],
    origin,
  });
  return tensor(name);
}

/** Zeros of this shape. */
export function emptyTensor(
  dtype: DType,
  shape: readonly Dim[],
  builder: ProgramBuilder,
  place: Place,
): TensorValue {
  const args: Record<string, AtenArgument> = {
    size: { kind: "ints", values: shape },
    dtype: { kind: "dtype", value: dtype },
  };
  return appendTensor("aten::zeros.default", args, { kind: "tensor", dtype, shape }, builder, place);
}

/** A number as a tensor without axes. */
export function numberTensor(value: Value, dtype: DType, builder: ProgramBuilder, place: Place): TensorValue {
  if (value.kind === "scalar") return tensor(value.name);
  if (value.kind !== "int" && value.kind !== "float" && value.kind !== "bool")
    throw new Unfollowed(`${describe(value)} as a tensor`);
  const args: Record<string, AtenArgument> = { s: value, dtype: { kind: "dtype", value: dtype } };
  return appendTensor(
    "aten::scalar_tensor.default",
    args,
    { kind: "tensor", dtype, shape: [] },
    builder,
    place,
  );
}

function elementOf(value: Value): Stack["element"] {
  if (value.kind === "scalar") return value.type;
  if (value.kind === "tensor" || value.kind === "int" || value.kind === "float" || value.kind === "bool")
    return value.kind;
  throw new Unfollowed(
    `a list of which each item is ${describe(value)} grows in a way that depends on the input`,
  );
}

function itemTensor(item: Value, builder: ProgramBuilder, place: Place): TensorValue {
  const element = elementOf(item);
  return item.kind === "tensor" || element === "tensor"
    ? (item as TensorValue) // of element type tensor
    : numberTensor(item, DTYPES[element], builder, place);
}

function itemType(item: Value, builder: ProgramBuilder): RankedType {
  const element = elementOf(item);
  if (item.kind === "tensor") return builder.typeOf(item.name);
  return { kind: "tensor", dtype: element === "tensor" ? "float32" : DTYPES[element], shape: [] };
}

/** A plain list as one tensor. */
export const stackOf = {
  type(
    list: ListValue,
    builder: ProgramBuilder,
    where: string,
  ): { element: Stack["element"]; type: RankedType } {
    const [first] = list.items;
    if (!first) throw new Unfollowed(`the list '${where}' is empty`);
    const type = itemType(first, builder);
    for (const item of list.items) {
      const other = itemType(item, builder);
      if (other.dtype !== type.dtype || !sameShape(other.shape, type.shape))
        throw new Unfollowed(
          `the items of the list '${where}', whose length depends on the input, differ in their types`,
        );
    }
    return { element: elementOf(first), type: { ...type, shape: [list.items.length, ...type.shape] } };
  },
  make(list: ListValue, builder: ProgramBuilder, place: Place): TensorValue {
    const { type } = stackOf.type(list, builder, "a list");
    const values = list.items.map((item) => itemTensor(item, builder, place).name);
    const args: Record<string, AtenArgument> = {
      tensors: { kind: "tensors", values },
      dim: { kind: "int", value: 0 },
    };
    const made = appendTensor("aten::stack.default", args, type, builder, place);
    builder.listCopies.set(made.name, values);
    return made;
  },
};

/** The stack with one more item at its end. */
export function pushed(stack: Stack, item: Value, builder: ProgramBuilder, place: Place): Stack {
  const own = builder.typeOf(stack.tensor.name);
  const added = itemType(item, builder);
  const [, ...rest] = own.shape;
  if (elementOf(item) !== stack.element || added.dtype !== own.dtype || !sameShape(rest, added.shape))
    throw new Unfollowed(
      `an item [${added.shape}] is appended to a list of [${rest}], whose length depends on the input`,
      "concatenate the tensors instead",
    );
  const type: RankedType = { ...own, shape: [1, ...rest] };
  const source = itemTensor(item, builder, place);
  const args: Record<string, AtenArgument> = {
    self: { kind: "tensor", value: source.name },
    dim: { kind: "int", value: 0 },
  };
  const one = appendTensor("aten::unsqueeze.default", args, type, builder, place);
  const parts: Record<string, AtenArgument> = {
    tensors: { kind: "tensors", values: [stack.tensor.name, one.name] },
    dim: { kind: "int", value: 0 },
  };
  const shape = [addDims(own.shape[0] ?? 0, 1), ...rest];
  const tensor = appendTensor("aten::cat.default", parts, { ...own, shape }, builder, place);
  builder.listCopies.set(tensor.name, [stack.tensor.name, source.name]);
  return { ...stack, tensor };
}
