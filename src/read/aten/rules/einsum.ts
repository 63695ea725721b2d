// Sums of products by a formula, and the products that are such a sum.
import { string } from "../../../graph/attribute.ts";
import { type Dim, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { isComplex } from "../../../tensor/dtype.ts";
import { type Facts, normalAxis } from "../argument.ts";
import { broadcastShapes } from "../broadcast.ts";
import { type Call, realDType } from "../call.ts";
import { asComplex, complexBilinear } from "../complex-pair.ts";
import type { Rule } from "../rule.ts";

export const EINSUM: Rule = {
  targets: ["aten::einsum.default"],
  complex: true,
  limits: "does not sum over what an ellipsis stands for; complex numbers: two operands without an ellipsis",
  refuse(call) {
    if (
      someComplex(call) &&
      (call.typesOf("tensors").length !== 2 || call.string("equation").includes("..."))
    )
      return "complex numbers are supported in two operands without an ellipsis";
    const [terms = "", result] = call.string("equation").split("->");
    const summed = terms.includes("...") && result !== undefined && !result.includes("...");
    return summed ? "it sums over what its ellipsis stands for" : undefined;
  },
  emit(call) {
    const { dtype } = call.result();
    const types = call.typesOf("tensors");
    if (someComplex(call)) return complexSum(call);
    const values = call.tensors("tensors").map((value, index) => {
      const own = types[index]?.dtype ?? dtype;
      return call.cast(value, own, dtype);
    });
    return call.op("Einsum", levelled(call, values), { equation: string(call.string("equation")) });
  },
};

function someComplex(call: Facts): boolean {
  return call.typesOf("tensors").some((type) => type !== undefined && isComplex(type.dtype));
}

function complexSum(call: Call): Value {
  const real = realDType(call.result().dtype);
  const types = call.typesOf("tensors");
  const [x, y] = call.tensors("tensors").map((value, index) => {
    const own = types[index]?.dtype ?? real;
    const cast = call.cast(value, realDType(own), real);
    return isComplex(own) ? cast : asComplex(call, cast, real);
  }) as [Value, Value]; // two are wanted
  const equation = { equation: string(call.string("equation")) };
  return complexBilinear(call, x, y, (a, b) => call.op("Einsum", [a, b], equation));
}

/** What an ellipsis stands for is broadcast; ONNX Runtime wants the same sizes in all operands. */
function levelled(call: Call, values: readonly Value[]): Value[] {
  const terms = (call.string("equation").split("->")[0] ?? "").replaceAll(" ", "").split(",");
  const types = call.typesOf("tensors");
  const hidden = terms.map((term, index) => {
    if (!term.includes("...")) return undefined;
    return (types[index]?.shape.length ?? 0) - (term.length - 3);
  });
  const sizes = (index: number) => {
    const shape = types[index]?.shape ?? [];
    const at = (terms[index] ?? "").indexOf("...");
    return { shape, at, own: shape.slice(at, at + (hidden[index] ?? 0)) };
  };
  const common = broadcastShapes(
    values.flatMap((_, index) => (hidden[index] === undefined ? [] : [sizes(index).own])),
  );
  return values.map((value, index) => {
    if (hidden[index] === undefined) return value;
    const { shape, at, own } = sizes(index);
    const missing = common.length - own.length;
    const places = Array.from({ length: missing }, (_, place) => at + place);
    const level = missing > 0 ? call.unsqueeze(value, ...places) : value;
    const [before, after] = [shape.slice(0, at), shape.slice(at + own.length)];
    const now = [...before, ...places.map(() => 1), ...own, ...after];
    return call.expand(level, now, [...before, ...common, ...after]);
  });
}

/** y[o] = x1 W[o] x2 + b[o] */
export const BILINEAR: Rule = {
  targets: ["aten::bilinear.default"],
  emit(call) {
    const inner = call.op("Einsum", [call.tensor("input2"), call.tensor("weight")], {
      equation: string("...j,oij->...oi"),
    });
    const rank = call.rank("input1");
    const products = call.op("Mul", [inner, call.unsqueeze(call.tensor("input1"), rank - 1)]);
    const product = call.reduce("ReduceSum", products, [rank], false);
    return call.has("bias") ? call.op("Add", [product, call.tensor("bias")]) : product;
  },
};

/** sum of x y along an axis. */
export const VECTOR_PRODUCT: Rule = {
  targets: ["aten::linalg_vecdot.default"],
  emit(call) {
    const { dtype } = call.result();
    const rank = Math.max(call.rank("x"), call.rank("y"));
    const product = call.op("Mul", [call.as("x", dtype), call.as("y", dtype)]);
    return call.reduce("ReduceSum", product, [normalAxis(call.int("dim"), rank)], false);
  },
};

/** Products of many matrices; the first and the last may be vectors. */
export const CHAIN_OF_PRODUCTS: Rule = {
  targets: ["aten::linalg_multi_dot.default", "aten::chain_matmul.default"],
  emit: (call) => {
    const [first, ...rest] = call.tensors(call.name === "chain_matmul" ? "matrices" : "tensors");
    return rest.reduce<Value>((product, next) => call.op("MatMul", [product, next]), first as Value); // there are two
  },
};

/** The summed axes come last in the first operand and first in the second; then it is a product of matrices. */
export const TENSORDOT: Rule = {
  targets: ["aten::tensordot.default"],
  emit(call) {
    const [a, b] = [call.shape("self"), call.shape("other")];
    const summedA = call.ints("dims_self").map((axis) => normalAxis(axis, a.length));
    const summedB = call.ints("dims_other").map((axis) => normalAxis(axis, b.length));
    const freeA = [...a.keys()].filter((axis) => !summedA.includes(axis));
    const freeB = [...b.keys()].filter((axis) => !summedB.includes(axis));
    const sizes = (shape: readonly Dim[], axes: readonly number[]) => axes.map((axis) => shape[axis] as Dim);
    const inner = productOf(sizes(a, summedA));
    const [rows, columns] = [productOf(sizes(a, freeA)), productOf(sizes(b, freeB))];
    const left = call.transpose(call.tensor("self"), [...freeA, ...summedA]);
    const right = call.transpose(call.tensor("other"), [...summedB, ...freeB]);
    const product = call.op("MatMul", [
      call.reshape(left, sizes(a, [...freeA, ...summedA]), [rows, inner]),
      call.reshape(right, sizes(b, [...summedB, ...freeB]), [inner, columns]),
    ]);
    return call.reshape(product, [rows, columns], call.result().shape);
  },
};
