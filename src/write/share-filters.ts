// The compact form: a weight that TensorFlow stores permuted is stored so for ONNX too, with a Transpose node behind it.
// Smaller by one copy of every convolution's weight; onnxruntime folds the Transpose when it loads, which takes time.
import { ints } from "../graph/attribute.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, Value } from "../graph/graph.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TfVariable } from "../tensorflow/graph.ts";
import { constantsOf, EXTERNAL_MIN_BYTES } from "./plan-weights.ts";
import { viewed } from "./storage.ts";

/** Lets `graph` read the permuted weights of `variables`. Changes the graph in place; its meaning stays. */
export function shareFilters(graph: Graph, variables: readonly TfVariable[]): void {
  const plain = new Set(variables.map(({ tensor }) => viewed(tensor)));
  const permuted = new Map<Tensor, Tensor>();
  for (const { tensor } of variables) {
    const own = viewed(tensor);
    const base = own.transposeOf && viewed(own.transposeOf.base);
    if (base && !plain.has(base) && !permuted.has(base)) permuted.set(base, own);
  }
  const builder = new GraphBuilder(graph, graph.nodes[0]);
  for (const value of constantsOf(graph)) {
    const stored = value.initializer && permuted.get(viewed(value.initializer));
    if (stored && stored.byteLength >= EXTERNAL_MIN_BYTES) readPermuted(graph, builder, value, stored);
  }
}

/** Makes a constant the output of nodes that turn the stored weight back into it. */
function readPermuted(graph: Graph, builder: GraphBuilder, value: Value, stored: Tensor): void {
  const { perm, base } = stored.transposeOf ?? { perm: [], base: stored };
  const shape = value.initializer?.shape ?? [];
  const source = builder.constant(stored, value.name && `${value.name}.stored`);
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  const turned = builder.emit("Transpose", [source], { perm: ints(inverse) });
  const same = base.shape.length === shape.length && base.shape.every((size, axis) => size === shape[axis]);
  const restored = same ? turned : builder.emit("Reshape", [turned, builder.int64s(shape)]);
  restored.type = value.type;
  graph.replaceUses(value, restored);
}
