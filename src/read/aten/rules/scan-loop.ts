// Loops over the first axis of tensors: `scan` and `map` of torch.export, as an ONNX Scan.
// Source: https://github.com/pytorch/pytorch/blob/main/torch/_higher_order_ops/scan.py, map.py
// Invariant: torch.export has moved the scanned axis to the front and turned `reverse` into flips already.
import { int, subgraph } from "../../../graph/attribute.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

/** Arguments by place: body, states, scanned tensors, values that stay. */
export const SCAN_LOOP: Rule = {
  targets: ["higher_order::scan"],
  emit: (call) => scan(call, call.tensors("1"), call.tensors("2"), call.tensors("3")),
};

/** Arguments by place: body, scanned tensors, values that stay. */
export const MAP_LOOP: Rule = {
  targets: ["higher_order::map_impl"],
  emit: (call) => scan(call, [], call.tensors("1"), call.tensors("2")),
};

function scan(
  call: Call,
  states: readonly Value[],
  scanned: readonly Value[],
  fixed: readonly Value[],
): readonly Value[] {
  const body = call.openBody();
  const inputs = [...states, ...scanned].map(() => body.input());
  for (const value of body.run(call.bodyGraph("0"), [...inputs, ...fixed])) body.output(value);
  const attributes = { body: subgraph(body.graph), num_scan_inputs: int(scanned.length) };
  return call.builder.emitAll("Scan", [...states, ...scanned], attributes, {
    outputs: call.outputNames().length,
  });
}
