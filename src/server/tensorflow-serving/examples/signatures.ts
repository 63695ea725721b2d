// Which signatures can classify or regress, and with which of their outputs.
// Rules, order of checks and messages: PreProcessClassification and PreProcessRegression of TensorFlow Serving's
// classifier.cc and regressor.cc. The method's name counts only with --enable_signature_method_name_check.
import { SignatureDefSchema } from "../../../bytes/protobuf/generated/tensorflow_pb.ts";
import { textOfMessage } from "../../../bytes/protobuf/text-form.ts";
import { type Problem, problem } from "../../../core/errors.ts";
import type { Signature } from "../../../model/signature.ts";
import { signatureMessage } from "../signature-message.ts";

export type Method = "classify" | "regress";

/** The one input, a vector of serialized tf.Examples. */
export const EXAMPLES_INPUT = "inputs";

const METHODS: Readonly<Record<Method, { readonly path: string; readonly noun: string }>> = {
  classify: { path: "tensorflow/serving/classify", noun: "classification" },
  regress: { path: "tensorflow/serving/regress", noun: "regression" },
};

/** The method of that name in a MultiInferenceRequest. */
export function methodOf(path: string): Method | undefined {
  return path === METHODS.classify.path ? "classify" : path === METHODS.regress.path ? "regress" : undefined;
}

/** The outputs that the method reads of a signature, or why the signature does not fit it. */
export function outputsOf(
  method: Method,
  signature: Signature,
  checkMethodNames = false,
): readonly string[] | Problem {
  const { path: wanted, noun } = METHODS[method];
  const { inputs, outputs, methodName: found } = signature;
  if (checkMethodNames && found !== wanted)
    return problem("EXAMPLE_METHOD_NAME", { method: noun, wanted, found });
  if (inputs.length !== 1) return problem("EXAMPLE_ONE_INPUT", {});
  const count = outputs.length;
  if (method === "classify" && count !== 1 && count !== 2) return problem("CLASSIFY_OUTPUT_COUNT", { count });
  if (method === "regress" && count !== 1) return problem("REGRESS_ONE_OUTPUT", {});
  if (inputs[0]?.key !== EXAMPLES_INPUT) {
    return problem("EXAMPLE_NO_INPUTS", { method: noun, signature: signatureText(signature) });
  }
  const known = method === "classify" ? ["classes", "scores"] : ["outputs"];
  const names = known.filter((name) => outputs.some((output) => output.key === name));
  if (names.length > 0) return names;
  const text = { signature: signatureText(signature) };
  return method === "classify" ? problem("CLASSIFY_NO_OUTPUTS", text) : problem("REGRESS_NO_OUTPUTS", text);
}

/** The signature as protobuf's DebugString prints it. */
function signatureText(signature: Signature): string {
  return textOfMessage(SignatureDefSchema, signatureMessage(signature));
}
