// The compact form: a weight that TensorFlow stores permuted is stored so for ONNX too, with a Transpose node behind it.
// Smaller by one copy of every convolution's weight; onnxruntime folds the Transpose when it loads, which takes time.
import { ints } from "../graph/attribute.ts";
import { type Graph, Node, Value } from "../graph/graph.ts";
import { tensorType } from "../graph/type.ts";
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
    const base = own.transposeOf?.base;
    if (base && !plain.has(viewed(base)) && !permuted.has(base)) permuted.set(base, own);
  }
  const first = graph.nodes[0];
  for (const value of constantsOf(graph)) {
    const base = value.initializer;
    const stored = base && permuted.get(base);
    if (!stored?.transposeOf || stored.byteLength < EXTERNAL_MIN_BYTES) continue;
    const source = new Value(
      value.name ? `${value.name}.stored` : "",
      tensorType(stored.dtype, stored.shape),
    );
    source.initializer = stored;
    value.initializer = undefined;
    const { perm } = stored.transposeOf;
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    graph.insert(
      new Node({
        op: "Transpose",
        inputs: [source],
        outputs: [value],
        attributes: new Map([["perm", ints(inverse)]]),
      }),
      first,
    );
  }
}
