// Concat. Source: https://onnx.ai/onnx/operators/onnx__Concat.html
import { BYTES_PER_ELEMENT } from "../../tensor/dtype.ts";
import { derivedTensor, elementCount, type Tensor } from "../../tensor/tensor.ts";
import { addDims, type Dim } from "../dim.ts";
import { concatenate } from "../evaluate/layout.ts";
import { IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { axisOf, numbersOnly, result, sameSize } from "./shapes.ts";

export const CONCAT: OperatorDefinition = {
  op: "Concat",
  since: 13,
  attributes: { axis: "int" },
  infer: (context) => {
    const types = context.node.inputs.map((_, index) => context.type(index));
    const dtype = types.find((type) => type !== undefined)?.dtype;
    const shapes = types.map((type) => type?.shape);
    if (!dtype) return [undefined];
    if (!shapes.every((shape) => shape !== undefined)) return [result(dtype, undefined)];
    const axis = axisOf(context.int("axis"), shapes[0]?.length ?? 0);
    return [result(dtype, joinedShape(shapes, axis), joinedContents(context, shapes, axis))];
  },
  passesOn: ({ node }) => (node.inputs.length === 1 ? { input: 0, always: true } : undefined),
  move: (context) => {
    const tensors = context.node.inputs.map((_, index) => context.constant(index));
    const [first] = tensors;
    if (!first || !tensors.every((tensor) => tensor !== undefined) || first.dtype === "string")
      return undefined;
    return joinedTensor(tensors, axisOf(context.int("axis"), first.shape.length));
  },
};

function joinedShape(shapes: readonly (readonly Dim[])[], axis: number): Dim[] {
  const [first = [], ...others] = shapes;
  return others.reduce<Dim[]>(
    (all, shape) => {
      if (shape.length !== all.length)
        throw new IllTyped(`${all.length} and ${shape.length} dimensions are joined`);
      return all.map((dim, at) => {
        const other = shape[at] ?? 1;
        return at === axis ? addDims(dim, other) : sameSize(dim, other, `sizes of axis ${at}`);
      });
    },
    [...first],
  );
}

function joinedContents(context: InferContext, shapes: readonly (readonly Dim[])[], axis: number) {
  const sizes = shapes.map(numbersOnly);
  const parts = context.node.inputs.map((_, index) => context.contents(index));
  if (!sizes.every((shape) => shape !== undefined)) return undefined;
  if (!parts.every((part) => part !== undefined)) return undefined;
  if (parts.reduce((sum, part) => sum + part.length, 0) > context.maxElements) return undefined;
  return concatenate(parts, sizes, axis);
}

function joinedTensor(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors as readonly [Tensor]; // the caller has seen one
  const shape = first.shape.map((size, at) =>
    at === axis ? tensors.reduce((sum, tensor) => sum + (tensor.shape[at] ?? 0), 0) : size,
  );
  return derivedTensor(first.dtype, shape, () => {
    const bytes = new Uint8Array(elementCount(shape) * BYTES_PER_ELEMENT[first.dtype]);
    const outer = elementCount(shape.slice(0, axis));
    const stride = outer === 0 ? 0 : bytes.byteLength / outer;
    let column = 0;
    for (const tensor of tensors) {
      const part = tensor.read();
      const run = outer === 0 ? 0 : part.byteLength / outer;
      for (let row = 0; row < outer; row++) {
        bytes.set(part.subarray(row * run, (row + 1) * run), row * stride + column);
      }
      column += run;
    }
    return bytes;
  });
}
