// The answer to a classify or regress request as JSON: `{"results": [...]}`, for each example a list of pairs of label and
// score, or one value.
// Layout: RapidJSON's PrettyWriter as TensorFlow Serving drives it: an example's list on one line, as in predictions.
// Invariant: yields pieces of some kilobytes, whatever the number of examples.
import { type Problem, problem } from "../../../core/errors.ts";
import { writeFloat32 } from "../../json/format-number.ts";
import { JsonOutput } from "../../json/json-output.ts";
import { writeString } from "../../json/write-string.ts";
import type { Classifications, ExampleResult, Regressions } from "../examples/results.ts";

const NO_LABEL = new Uint8Array(0);

/** The text in pieces, or why there is none. */
export function writeResults(result: ExampleResult): Iterable<Uint8Array> | Problem {
  if (result.kind === "regressions") {
    if (result.values.length === 0) return problem("JSON_RESULTS_EMPTY", { kind: "RegressionResults" });
    return writeRegressions(result);
  }
  if (result.examples === 0) return problem("JSON_RESULTS_EMPTY", { kind: "ClassificationResults" });
  return writeClassifications(result);
}

function* writeClassifications({
  examples,
  classes,
  labels,
  scores,
}: Classifications): Generator<Uint8Array, void> {
  const out = new JsonOutput();
  out.text('{\n    "results": [');
  for (let example = 0; example < examples; example++) {
    out.text(example > 0 ? ", [" : "[");
    for (let index = example * classes; index < (example + 1) * classes; index++) {
      out.text(index > example * classes ? ", [" : "[");
      yield* writeString(out, labels?.[index] ?? NO_LABEL);
      out.text(", ");
      out.at = writeFloat32(out.bytes, out.at, scores?.[index] ?? 0);
      out.byte(0x5d);
      if (out.full) yield out.take();
    }
    out.byte(0x5d);
    if (out.full) yield out.take();
  }
  out.line(1);
  out.text("]\n}");
  yield out.end();
}

function* writeRegressions({ values }: Regressions): Generator<Uint8Array, void> {
  const out = new JsonOutput();
  out.text('{\n    "results": [');
  for (let index = 0; index < values.length; index++) {
    if (index > 0) out.text(", ");
    out.at = writeFloat32(out.bytes, out.at, values[index] ?? 0);
    if (out.full) yield out.take();
  }
  out.text("]\n}");
  yield out.end();
}
