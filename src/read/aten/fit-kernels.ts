// Makes every node one that ONNX Runtime's CPU provider has a kernel for: integers, half and bfloat16 floats are computed
// in a wider type and brought back, which is exact for integers and rounds each result once, as PyTorch does.
// What nothing wider can stand in for is a problem; so a converted model loads.
// Not here: which kernels there are (kernel-table.ts, generated).
import { type Problem, problem } from "../../core/errors.ts";
import { int } from "../../graph/attribute.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { type Graph, Node, subgraphsOf, Value } from "../../graph/graph.ts";
import { inferTypes } from "../../graph/infer-types.ts";
import type { TypedGraph } from "../../graph/typed-graph.ts";
import { whereIs } from "../../graph/where.ts";
import type { DType } from "../../tensor/dtype.ts";
import { onnxNumber } from "../../tensor/onnx-dtypes.ts";
import { KERNELS, type Kernel } from "./kernel-table.ts";

/** Types that hold every value of a type and compute with it as it does, modulo narrowing; the cheapest first. */
const WIDER: Partial<Record<DType, readonly DType[]>> = {
  bool: ["uint8", "int32", "int64"],
  int8: ["int32", "int64"],
  int16: ["int32", "int64"],
  int32: ["int64"],
  uint8: ["int32", "int64"],
  uint16: ["int32", "int64"],
  uint32: ["int64"],
  float16: ["float32"],
  bfloat16: ["float32"],
};
/** Floats that hold every value of an integer type: for operators that only choose among elements. */
const EXACT_FLOAT: Partial<Record<DType, DType>> = {
  bool: "float32",
  int8: "float32",
  int16: "float32",
  int32: "float64",
  uint8: "float32",
  uint16: "float32",
  uint32: "float64",
};

/** Changes the graph; the result is a problem for each node that no kernel can compute. */
export function fitKernels(graph: Graph, file: string): Problem[] {
  if (!anyListed(graph)) return [];
  const problems: Problem[] = [];
  fitGraph(graph, inferTypes(graph), file, problems);
  return problems;
}

function anyListed(graph: Graph): boolean {
  return graph.nodes.some((node) => Object.hasOwn(KERNELS, node.op) || subgraphsOf(node).some(anyListed));
}

function fitGraph(graph: Graph, typed: TypedGraph, file: string, problems: Problem[]): void {
  for (const node of [...graph.nodes]) {
    for (const inner of subgraphsOf(node)) fitGraph(inner, typed, file, problems);
    const kernel = node.domain === "" && Object.hasOwn(KERNELS, node.op) ? KERNELS[node.op] : undefined;
    const type = kernel && typeAt(typed, node.inputs[kernel.at ?? 0]);
    if (!kernel || type === undefined || kernel.takes.split(" ").includes(type)) continue;
    const wide = standIn(kernel, type);
    if (wide) widen(graph, node, typed, type, wide);
    else problems.push(withoutKernel(node, type, file));
  }
}

function typeAt(typed: TypedGraph, value: Value | undefined): DType | undefined {
  const type = value && typed.knownType(value);
  return type?.kind === "tensor" ? type.dtype : undefined;
}

function standIn(kernel: Kernel, type: DType): DType | undefined {
  const exact = kernel.moves ? EXACT_FLOAT[type] : undefined;
  const candidates = [...(WIDER[type] ?? []), ...(exact ? [exact] : [])];
  return candidates.find((candidate) => kernel.takes.split(" ").includes(candidate));
}

/** The node again with all operands of `type` in `wide`, and its results of `type` brought back. */
function widen(graph: Graph, node: Node, typed: TypedGraph, type: DType, wide: DType): void {
  const builder = new GraphBuilder(graph, node);
  const to = (dtype: DType) => ({ to: int(onnxNumber(dtype)) });
  const cast = new Map<Value, Value>();
  const inputs = node.inputs.map((input) => {
    if (!input || typeAt(typed, input) !== type) return input;
    const known = cast.get(input) ?? builder.emit("Cast", [input], to(wide));
    cast.set(input, known);
    return known;
  });
  const back: [Value, Value][] = [];
  const outputs = node.outputs.map((output) => {
    if (!output || typeAt(typed, output) !== type) return output;
    const result = new Value("");
    back.push([result, output]);
    return result;
  });
  const { op, origin, attributes, name } = node;
  graph.insert(new Node({ op, name, origin, inputs, outputs, attributes }), node);
  for (const [result, output] of back) {
    const attributes = new Map(Object.entries(to(type)));
    graph.insert(new Node({ op: "Cast", origin, inputs: [result], outputs: [output], attributes }), node);
  }
  graph.remove(node);
}

function withoutKernel(node: Node, type: DType, file: string): Problem {
  return problem("OPERATOR_UNSUPPORTED", {
    file,
    operator: node.origin.operator.replace("::", ".") || node.op,
    where: whereIs(node),
    reason: `ONNX Runtime has no kernel that computes ${node.op} in ${type}; export the model in float32`,
  });
}
