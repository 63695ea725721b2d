// What a model answered for each example: classes with labels and scores, or one value.
// Rules, order of checks and messages: PostProcessClassificationResult and PostProcessRegressionResult of TensorFlow
// Serving's classifier.cc and regressor.cc.
// Invariant: the tensors stay as they are; whoever writes the answer reads label and score out of them.
import { tensorflowName, tensorflowNumber } from "../../../bytes/protobuf/tensorflow-dtypes.ts";
import { type Problem, problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Method } from "./signatures.ts";

export interface Classifications {
  readonly kind: "classifications";
  readonly examples: number;
  /** Classes of each example. */
  readonly classes: number;
  /** Row by row; undefined if the model gives none. */
  readonly labels: readonly Uint8Array[] | undefined;
  readonly scores: Float32Array | undefined;
}

export interface Regressions {
  readonly kind: "regressions";
  readonly values: Float32Array;
}

export type ExampleResult = Classifications | Regressions;

type Outputs = ReadonlyMap<string, TensorValue>;

/** What the outputs say about so many examples, or why they cannot. */
export function resultOf(method: Method, outputs: Outputs, examples: number): ExampleResult | Problem {
  return method === "classify" ? classifications(outputs, examples) : regressions(outputs, examples);
}

function classifications(outputs: Outputs, examples: number): Classifications | Problem {
  const classes = outputs.get("classes");
  const scores = outputs.get("scores");
  const refusal =
    (classes && refuseMatrix("classes", classes, "string", examples)) ??
    (scores && refuseMatrix("scores", scores, "float32", examples));
  if (refusal) return refusal;
  const [, labelCount] = classes?.shape ?? [];
  const [, scoreCount] = scores?.shape ?? [];
  if (labelCount !== undefined && scoreCount !== undefined && labelCount !== scoreCount) {
    return problem("CLASSIFY_MISFIT", { classes: labelCount, scores: scoreCount });
  }
  return {
    kind: "classifications",
    examples,
    classes: labelCount ?? scoreCount ?? 0,
    labels: classes?.strings,
    scores: scores && floats(scores),
  };
}

function refuseMatrix(
  output: "classes" | "scores",
  { shape, dtype }: TensorValue,
  wanted: DType,
  examples: number,
): Problem | undefined {
  if (shape.length !== 2) return problem("CLASSIFY_SHAPE", { shape: shapeText(shape) });
  if (dtype !== wanted) {
    return problem("CLASSIFY_DTYPE", { output, wanted: nameOf(wanted), found: nameOf(dtype) });
  }
  const found = shape[0] ?? 0;
  return found === examples ? undefined : problem("CLASSIFY_BATCH", { output, wanted: examples, found });
}

function regressions(outputs: Outputs, examples: number): Regressions | Problem {
  const output = outputs.get("outputs");
  const shape = output?.shape ?? [];
  if (!output || shape.length < 1 || shape.length > 2 || (shape.length === 2 && shape[1] !== 1)) {
    return problem("REGRESS_SHAPE", { shape: shapeText(shape) });
  }
  const found = shape[0] ?? 0;
  if (found !== examples) return problem("REGRESS_BATCH", { wanted: examples, found });
  if (output.dtype !== "float32") return problem("REGRESS_DTYPE", { found: nameOf(output.dtype) });
  return { kind: "regressions", values: floats(output) };
}

function floats({ data }: TensorValue): Float32Array {
  const aligned = data.byteOffset % 4 === 0 ? data : data.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(",")}]`;
}

function nameOf(dtype: DType): string {
  return tensorflowName(tensorflowNumber(dtype));
}
