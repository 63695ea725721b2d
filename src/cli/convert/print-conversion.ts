// What `convert` prints: the inputs and outputs with their names, dtypes and shapes, and where they were written.
import type { ConvertedModel, Endpoint, ModelState } from "../../convert.ts";
import type { FerryError } from "../../core/errors.ts";
import { INITIAL_STATE_FILE } from "../../write/initial-state.ts";
import { columns } from "../columns.ts";
import { bold, type Io } from "../io.ts";
import { verdictsAsData } from "../verify/print-verdicts.ts";
import type { Verdict } from "../verify/verify-with.ts";
import { batchAsData, batchCell, batchLines } from "./print-batch.ts";
import { tensorSummary } from "./tensor-summary.ts";

/** For people. `took` is such as `0.4 s`; a conversion without a directory was a dry run. */
export function printConversion(file: string, converted: ConvertedModel, took: string, io: Io): void {
  const { batch } = converted;
  const [head = "", ...rows] = columns([
    ["", "name", "dtype", "shape", "batch"],
    ...converted.inputs.map((input, at) => ["input", ...cells(input), batchCell(batch.inputs[at])]),
    ...converted.outputs.map((output, at) => ["output", ...cells(output), batchCell(batch.outputs[at])]),
  ]);
  const states = converted.states.map(
    ({ input, output, initial }) =>
      `state: ${output} of one call is ${input} of the next; at first ${tensorSummary(initial)}`,
  );
  if (states.length > 0 && converted.directory !== undefined)
    states.push(`the first call's state: ${converted.directory}/${INITIAL_STATE_FILE}`);
  const outcome =
    converted.directory === undefined
      ? `${file}: can be converted; ${size(converted.byteLength)} would be written`
      : `${file}: converted to ${converted.directory} (${size(converted.byteLength)}) in ${took}`;
  io.out(
    `${[bold(io, head), ...rows, ...batchLines(batch), ...states, `signatures: ${converted.signatures.join(", ")}`, outcome].join("\n")}\n`,
  );
}

/** For scripts: one object. */
export function conversionAsJson(converted: ConvertedModel, verdicts: readonly Verdict[]): string {
  const { directory, version, inputs, outputs, signatures, states, batch, byteLength } = converted;
  return JSON.stringify({
    ok: true,
    directory: directory ?? null,
    version: version ?? null,
    byteLength,
    signatures,
    inputs: inputs.map(endpointAsData),
    outputs: outputs.map(endpointAsData),
    batch: batchAsData(batch),
    ...(states.length > 0 ? { states: states.map(stateAsData) } : {}),
    ...(verdicts.length > 0 ? { verified: verdictsAsData(verdicts) } : {}),
  });
}

/** For scripts: why there is no conversion, every reason with its code of docs/errors.md. */
export function problemsAsJson(error: FerryError, verdicts: readonly Verdict[]): string {
  return JSON.stringify({
    ok: false,
    problems: error.problems.map(({ code, message }) => ({ code, message })),
    ...(verdicts.length > 0 ? { verified: verdictsAsData(verdicts) } : {}),
  });
}

function stateAsData({ input, output, initial }: ModelState): unknown {
  const { dtype, shape } = initial;
  return { input, output, dtype, shape, initial: tensorSummary(initial) };
}

function endpointAsData({ name, dtype, shape, layout }: Endpoint): unknown {
  return { name, dtype, shape: shape ?? null, ...(layout ? { layout } : {}) };
}

function cells({ name, dtype, shape, layout }: Endpoint): string[] {
  const order = layout ? ` ${layout.toUpperCase()}` : "";
  return [name, dtype, shape ? `(${shape.join(", ")})${order}` : "unknown_rank"];
}

function size(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
