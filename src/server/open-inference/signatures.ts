// The Open Inference Protocol knows models and no signatures: which one of a model a request means.
import { type Problem, problem } from "../../core/errors.ts";
import type { LoadedModel } from "../../engine/engine.ts";
import type { Signature } from "../../model/signature.ts";
import { DEFAULT_SIGNATURE } from "../predict/predict.ts";

/** The signature of that name; without one the default, or the only one there is. */
export function signatureOf(model: string, loaded: LoadedModel, name?: string): Signature | Problem {
  const { signatures } = loaded;
  const only = signatures.size === 1 ? [...signatures.values()][0] : undefined;
  const found = name === undefined ? (signatures.get(DEFAULT_SIGNATURE) ?? only) : signatures.get(name);
  if (found) return found;
  const known = [...signatures.keys()].join(", ");
  return problem("OIP_NO_SIGNATURE", { model, signature: name ?? DEFAULT_SIGNATURE, known });
}

/** Whether axis 0 of everything that goes in and comes out is a batch of any size. */
export function hasBatch({ inputs, outputs }: Signature): boolean {
  return inputs.length > 0 && [...inputs, ...outputs].every(({ shape }) => shape?.[0] === -1);
}
