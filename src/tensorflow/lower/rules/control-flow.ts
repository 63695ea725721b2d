// If and Loop as StatelessIf and StatelessWhile, their bodies in the graph's library of functions.
// What a body reads from around becomes one of its inputs. Values that cross the border stand in ONNX's order.
// A Loop's collected outputs go through a list of tensors; its trip count is its first input, or unbounded.

import type { Dim } from "../../../graph/dim.ts";
import type { Graph, Value } from "../../../graph/graph.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import { Captures, FunctionBody } from "../../function-body.ts";
import type { TfValue } from "../../graph.ts";
import { bodyOf, emitBody } from "../emit-body.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

export const onnxIf: LoweringRule = {
  op: "If",
  since: 21,
  layout: LOGICAL,
  emit(node) {
    const captures = new Captures();
    const branches = ["then_branch", "else_branch"].map((name) => {
      const body = new FunctionBody(node.tf, `${node.tf.scope || "if"}_${name}`, captures);
      body.returns(emitBody(node, body, bodyOf(node, name), []));
      return body;
    });
    for (const branch of branches) branch.finish();
    const condition = node.single(0);
    return node.tf.ops("StatelessIf", [condition, captures.values], {
      then_branch: branches[0]?.name,
      else_branch: branches[1]?.name,
      Tout: node.node.outputs.map((_, index) => node.outputType(index).dtype),
    });
  },
};

/** The loop's own values: round, condition, then what it carries, then the lists that it fills. */
export const loop: LoweringRule = {
  op: "Loop",
  since: 21,
  layout: LOGICAL,
  emit(node) {
    const body = bodyOf(node, "body");
    const carriedCount = body.inputs.length - 2;
    const carried = Array.from({ length: carriedCount }, (_, index) => node.logical(index + 2));
    const collected = body.outputs.slice(1 + carriedCount);
    const lists = collected.map((value) => emptyList(node, value));
    const start = [
      node.int64(0),
      node.has(1) ? node.single(1) : node.scalar("bool", 1),
      ...carried,
      ...lists,
    ];
    const limit = node.has(0) ? node.single(0) : undefined;
    const results = whileLoop(node, body, start, limit, carriedCount);
    const stacked = collected.map((value, index) => {
      const list = results[2 + carriedCount + index] as TfValue;
      return node.op("TensorListStack", [list, shapeOf(node, value)], {
        element_dtype: node.typed.typeOf(value).dtype,
      });
    });
    return [...results.slice(2, 2 + carriedCount), ...stacked];
  },
};

function whileLoop(
  node: NodeLowering,
  graph: Graph,
  start: readonly TfValue[],
  limit: TfValue | undefined,
  carriedCount: number,
): TfValue[] {
  const captures = new Captures();
  const name = node.tf.scope || "loop";
  const condition = new FunctionBody(node.tf, `${name}_cond`, captures);
  const [round, goes] = start.map((value) => condition.parameter(value.dtype)) as [TfValue, TfValue];
  const below = limit && condition.tf.op("Less", [round, condition.capture(limit)]);
  condition.returns([
    below ? condition.tf.op("LogicalAnd", [goes, below]) : condition.tf.op("Identity", [goes]),
  ]);
  const body = new FunctionBody(node.tf, `${name}_body`, captures);
  const parameters = start.map((value) => body.parameter(value.dtype));
  const outputs = emitBody(node, body, graph, parameters.slice(0, 2 + carriedCount));
  const one = body.tf.constant(tensorOfNumbers("int64", [], [1]));
  const next = body.tf.op("AddV2", [parameters[0] as TfValue, one]);
  const lists = outputs.slice(1 + carriedCount).map((item, index) => {
    return body.tf.op("TensorListPushBack", [parameters[2 + carriedCount + index] as TfValue, item]);
  });
  const [again, ...carried] = outputs.slice(0, 1 + carriedCount) as [TfValue, ...TfValue[]];
  const flag = body.tf.op("Reshape", [again, body.tf.constant(tensorOfNumbers("int64", [0], []))]);
  body.returns([next, flag, ...carried, ...lists]);
  condition.finish();
  body.finish(true);
  const variables = [...start, ...captures.values];
  return node.tf.ops("StatelessWhile", [variables], {
    cond: condition.name,
    body: body.name,
    T: variables.map((value) => value.dtype),
  });
}

function emptyList(node: NodeLowering, value: Value): TfValue {
  return node.op("TensorListReserve", [shapeOf(node, value), node.int32(0)], {
    element_dtype: node.typed.typeOf(value).dtype,
  });
}

/** The shape of what is collected, -1 where only running tells. */
function shapeOf(node: NodeLowering, value: Value): TfValue {
  const shape: readonly Dim[] = node.typed.typeOf(value).shape;
  return node.int32s(shape.map((dim) => (typeof dim === "number" ? dim : -1)));
}

export const CONTROL_FLOW: readonly LoweringRule[] = [onnxIf, loop];
