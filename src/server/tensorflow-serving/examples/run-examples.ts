// One classification or regression, whatever protocol it came by.
// Order of checks: TensorFlow Serving's. The signature is looked at before the examples.
// Not here: how the examples came (grpc/, rest/), the run itself (predict/predict.ts).
import { Problem, problem } from "../../../core/errors.ts";
import type { Signature } from "../../../model/signature.ts";
import type { ServableHandle } from "../../manager/servable.ts";
import { DEFAULT_SIGNATURE, type PredictLimits, predict } from "../../predict/predict.ts";
import { type ExampleResult, resultOf } from "./results.ts";
import { EXAMPLES_INPUT, type Method, outputsOf } from "./signatures.ts";

export interface ExamplesRequest {
  readonly method: Method;
  /** "" is the default one. */
  readonly signatureName: string;
  /** Serialized tf.Examples. */
  readonly examples: readonly Uint8Array[];
}

/** The result; gives the handle back. */
export async function runExamples(
  handle: ServableHandle,
  { method, signatureName, examples }: ExamplesRequest,
  limits: PredictLimits & { readonly checkMethodNames?: boolean | undefined },
): Promise<ExampleResult | Problem> {
  const name = signatureName || DEFAULT_SIGNATURE;
  const signature = handle.loaded.signatures.get(name);
  const outputs = signature
    ? outputsOf(method, signature, limits.checkMethodNames)
    : problem("EXAMPLE_SIGNATURE_NOT_FOUND", { signature: name });
  const refusal = outputs instanceof Problem || examples.length > 0 ? outputs : problem("EXAMPLES_EMPTY", {});
  if (refusal instanceof Problem || !signature) {
    handle.release();
    return refusal instanceof Problem ? refusal : problem("EXAMPLE_SIGNATURE_NOT_FOUND", { signature: name });
  }
  return runOn(handle, method, signature, refusal, examples, limits);
}

async function runOn(
  handle: ServableHandle,
  method: Method,
  signature: Signature,
  outputFilter: readonly string[],
  examples: readonly Uint8Array[],
  limits: PredictLimits,
): Promise<ExampleResult | Problem> {
  const tensor = { dtype: "string", shape: [examples.length], data: NO_BYTES, strings: examples } as const;
  const inputs = new Map([[EXAMPLES_INPUT, tensor]]);
  const outputs = await predict(handle, { signature, inputs, outputFilter, method }, limits);
  return outputs instanceof Problem ? outputs : resultOf(method, outputs, examples.length);
}

const NO_BYTES = new Uint8Array(0);
