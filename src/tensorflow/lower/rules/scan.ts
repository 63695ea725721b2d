// Scan: a loop over one axis of its inputs, with states carried along and outputs collected along an axis.
// Source: https://onnx.ai/onnx/operators/onnx__Scan.html
import type { Dim } from "../../../graph/dim.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { TfValue } from "../../graph.ts";
import { countedLoop } from "../../while-loop.ts";
import { bodyOf, emitBody } from "../emit-body.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

/** One input that is scanned: which, along which axis, from which end. */
interface Scanned {
  readonly input: number;
  readonly axis: number;
  readonly backwards: boolean;
}

function scannedOf(facts: NodeFacts): Scanned[] {
  const count = facts.int("num_scan_inputs", 0);
  const first = facts.node.inputs.length - count;
  return Array.from({ length: count }, (_, index) => ({
    input: first + index,
    axis: facts.axisOf(facts.ints("scan_input_axes")?.[index] ?? 0, facts.rank(first + index)),
    backwards: facts.ints("scan_input_directions")?.[index] === 1,
  }));
}

export const scan: LoweringRule = {
  op: "Scan",
  since: 16,
  layout: LOGICAL,
  limits: "at least one input is scanned",
  refuse: (facts) => (scannedOf(facts).length === 0 ? "it scans nothing" : undefined),
  emit(node) {
    const body = bodyOf(node, "body");
    const scanned = scannedOf(node);
    const stateCount = node.node.inputs.length - scanned.length;
    const [along] = scanned as [Scanned, ...Scanned[]]; // refuse has checked it
    const length = node.shape(along.input)[along.axis] as Dim;
    const last = node.cast(node.op("Sub", [node.values.dim(length), node.int64(1)]), "int32");
    const sources = scanned.map(({ input }) => node.logical(input));
    const collects = body.outputs.slice(stateCount).map((value) => node.typed.typeOf(value));
    const { states, collected } = countedLoop(
      node.tf,
      node.cast(node.values.dim(length), "int32"),
      Array.from({ length: stateCount }, (_, input) => node.logical(input)),
      collects.map(({ shape }) => shape.map((dim) => (typeof dim === "number" ? dim : -1))),
      (inner, index, before) => {
        const slices = scanned.map(({ axis, backwards }, at) => {
          const place = backwards ? inner.tf.op("Sub", [inner.capture(last), index]) : index;
          const along = inner.tf.constant(tensorOfNumbers("int32", [], [axis]));
          return inner.tf.op("GatherV2", [inner.capture(sources[at] as TfValue), place, along]);
        });
        const after = emitBody(node, inner, body, [...before, ...slices]);
        return { states: after.slice(0, stateCount), collected: after.slice(stateCount) };
      },
      collects.map(({ dtype }) => dtype),
    );
    return [...states, ...collected.map((value, output) => arranged(node, value, output, stateCount))];
  },
};

/** A collected output, stacked along its first axis, turned round and moved to its axis. */
function arranged(node: NodeLowering, value: TfValue, output: number, stateCount: number): TfValue {
  const rank = node.wants(stateCount + output) ? node.outputRank(stateCount + output) : 0;
  if (rank === 0) return value; // nobody reads it
  const backwards = node.ints("scan_output_directions")?.[output] === 1;
  const turned = backwards ? node.op("ReverseV2", [value, node.int32s([0])]) : value;
  const axis = node.axisOf(node.ints("scan_output_axes")?.[output] ?? 0, rank);
  if (axis === 0) return turned;
  const others = Array.from({ length: rank - 1 }, (_, at) => at + 1);
  return node.op("Transpose", [turned, node.int32s([...others.slice(0, axis), 0, ...others.slice(axis)])]);
}
