// MatMul + Add -> Gemm, where the weight is a constant matrix, the data a matrix and the bias a row.
import type { Node, Value } from "../../graph/graph.ts";
import { defineRewrite, onlyUsedBy } from "../rewrite.ts";

interface Match {
  readonly matmul: Node;
  readonly add: Node;
  readonly bias: Value;
}

export const MATMUL_ADD_TO_GEMM = defineRewrite<Match>({
  name: "MatMul + Add to Gemm",
  ops: ["Add"],
  match(add) {
    for (const [side, other] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const matmul = add.inputs[side]?.producer;
      const bias = add.inputs[other];
      if (matmul?.op === "MatMul" && matmul.domain === "" && bias?.initializer) return { matmul, add, bias };
    }
    return undefined;
  },
  refuse({ matmul, add, bias }, scene) {
    const [data, weight] = matmul.inputs;
    const [output] = matmul.outputs;
    if (!output || !onlyUsedBy(scene, output, add)) return "the product is used elsewhere too";
    if (weight?.initializer?.shape.length !== 2) return "the weight is no constant matrix";
    const type = data && scene.typed.knownType(data);
    if (type?.kind !== "tensor" || type.shape?.length !== 2) return "the data is no matrix";
    if (!type.dtype.startsWith("float")) return "the data are no floats";
    const [columns] = bias.initializer?.shape.slice(-1) ?? [];
    if (bias.initializer?.shape.length !== 1 || columns !== weight.initializer.shape[1]) {
      return "the bias is no row of the product's width";
    }
    return undefined;
  },
  rewrite({ matmul, bias }, build) {
    build.origin = matmul.origin;
    return build.emit("Gemm", [matmul.inputs[0], matmul.inputs[1], bias]);
  },
});
