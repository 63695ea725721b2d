// What Python asks of a tensor without computing: sizes, rank, element type; and numbers made into tensors.
import { type Dim, productOf } from "../../../../graph/dim.ts";
import { BYTES_PER_ELEMENT, isComplex, isFloat } from "../../../../tensor/dtype.ts";
import { normalAxis } from "../../../aten/argument.ts";
import type { AtenArgument } from "../../../aten/program.ts";
import { C10_DTYPES, c10Number } from "../../dtypes.ts";
import { Unfollowed } from "../../refusal.ts";
import {
  bool,
  int,
  itemsOf,
  type ListValue,
  list,
  type TensorValue,
  tensor,
  type Value,
} from "../../values.ts";
import { itemOf } from "../call-operator.ts";
import { sizeIn } from "../contents.ts";
import { fixedElements } from "../fixed-numbers.ts";
import { appendTensor, stackOf } from "../stacks.ts";
import type { Builtin, BuiltinCall, BuiltinTable } from "./builtin.ts";

const onTensor =
  (
    act: (
      type: { dtype: TypeOf["dtype"]; shape: readonly Dim[] },
      args: readonly Value[],
    ) => Value | undefined,
  ): Builtin =>
  ([target, ...args], { context }) =>
    target?.kind === "tensor" ? act(context.builder.typeOf(target.name), args) : undefined;

type TypeOf = ReturnType<BuiltinCall["context"]["builder"]["typeOf"]>;

const size: Builtin = onTensor(({ shape }, [axis]) => {
  if (!axis) return list(shape.map(int));
  if (axis.kind !== "int" || typeof axis.value !== "number") return undefined;
  const dim = shape[normalAxis(axis.value, shape.length)];
  if (dim === undefined) throw new Unfollowed(`size ${axis.value} of a tensor of rank ${shape.length}`);
  return int(dim);
});

/** A size becomes a tensor, and what it holds is remembered. */
function numberToTensor(value: Value, { context, place }: BuiltinCall): TensorValue | undefined {
  const { builder } = context;
  if (value.kind !== "int" && value.kind !== "float" && value.kind !== "bool") return undefined;
  const dtype = value.kind === "int" ? "int64" : value.kind === "float" ? "float32" : "bool";
  const name = builder.freshName("number");
  builder.types.set(name, { kind: "tensor", dtype, shape: [] });
  const args = new Map<string, AtenArgument>([
    ["s", value],
    ["dtype", { kind: "dtype", value: dtype }],
  ]);
  const origin = { scope: place.scope, operator: "prim::NumToTensor", line: place.line };
  const outputs: AtenArgument[] = [{ kind: "tensor", value: name }];
  builder.append({ target: "aten::scalar_tensor.default", args, outputs, origin });
  return tensor(name, value.kind === "int" ? value.value : undefined);
}

/** A list of numbers as a tensor of its type, or of the one that is stated. */
function fromList(list: ListValue, call: BuiltinCall): Value | undefined {
  const [first] = list.items;
  if (!list.stack && (!first || first.kind === "tensor" || itemsOf(first))) return undefined;
  const { builder } = call.context;
  const made = list.stack?.tensor ?? stackOf.make(list, builder, call.place);
  const stated = call.named.get("dtype");
  const own = builder.typeOf(made.name);
  const wanted = stated?.kind === "int" ? C10_DTYPES.get(Number(stated.value)) : undefined;
  const dtype = wanted ?? (own.dtype === "float64" ? "float32" : own.dtype);
  const fixed = list.stack ? undefined : fixedElements(list.items, { ...own, dtype });
  if (dtype === own.dtype) return fixed ? { ...made, fixed } : made;
  const args: Record<string, AtenArgument> = {
    self: { kind: "tensor", value: made.name },
    dtype: { kind: "dtype", value: dtype },
  };
  return { ...appendTensor("aten::to.dtype", args, { ...own, dtype }, builder, call.place), fixed };
}

/** `torch.tensor(3)`, `torch.tensor([1, 2])`: numbers only. */
const makeTensor: Builtin = ([data], call) => {
  if (!data) return undefined;
  if (data.kind === "list") return fromList(data, call);
  if (data.kind === "scalar") return tensor(data.name);
  const stated = call.named.get("dtype");
  const dtype = stated?.kind === "int" ? C10_DTYPES.get(Number(stated.value)) : undefined;
  const { builder } = call.context;
  const scalar = numberToTensor(data, call);
  if (scalar && dtype === undefined) return scalar;
  if (!scalar || dtype === undefined) return undefined;
  const type = builder.typeOf(scalar.name);
  const last = builder.calls.at(-1);
  if (!last || type.dtype === dtype) return scalar;
  builder.types.set(scalar.name, { ...type, dtype });
  (last.args as Map<string, AtenArgument>).set("dtype", { kind: "dtype", value: dtype }); // it was made just now
  return tensor(scalar.name, dtype === "int32" || dtype === "int64" ? sizeIn(scalar) : undefined);
};

const number: Builtin = ([target], { context, place }) =>
  target?.kind === "tensor" ? itemOf(target, context, place) : undefined;

const constant =
  (value: Value): Builtin =>
  ([target]) =>
    target?.kind === "tensor" ? value : undefined;

const dtypeNumber = onTensor(({ dtype }) => int(c10Number(dtype)));

export const TENSORS: BuiltinTable = {
  size,
  sym_size: size,
  shape: size,
  dim: onTensor(({ shape }) => int(shape.length)),
  len: onTensor(({ shape }) => (shape[0] === undefined ? undefined : int(shape[0]))),
  numel: onTensor(({ shape }) => int(productOf(shape))),
  is_floating_point: onTensor(({ dtype }) => bool(isFloat(dtype))),
  is_complex: onTensor(({ dtype }) => bool(isComplex(dtype))),
  element_size: onTensor(({ dtype }) => int(BYTES_PER_ELEMENT[dtype])),
  dtype: dtypeNumber,
  is_nested: constant(bool(false)),
  is_cuda: constant(bool(false)),
  is_cpu: constant(bool(true)),
  is_mkldnn: constant(bool(false)),
  is_sparse: constant(bool(false)),
  is_sparse_csr: constant(bool(false)),
  is_quantized: constant(bool(false)),
  is_meta: constant(bool(false)),
  is_mps: constant(bool(false)),
  is_vulkan: constant(bool(false)),
  is_xla: constant(bool(false)),
  is_xpu: constant(bool(false)),
  is_ort: constant(bool(false)),
  is_contiguous: constant(bool(true)),
  requires_grad: ([target], { context }) =>
    target?.kind === "tensor" ? bool(context.builder.weights.has(target.name)) : undefined,
  device: constant({ kind: "device", name: "cpu" }),
  type: ([target]) => (target?.kind === "device" ? { kind: "string", value: target.name } : undefined),
  layout: constant(int(0)),
  item: number,
  NumToTensor: ([value], call) => (value ? numberToTensor(value, call) : undefined),
  scalar_tensor: makeTensor,
  tensor: makeTensor,
  as_tensor: makeTensor,
  data: ([target]) => (target?.kind === "tensor" ? target : undefined),
};
