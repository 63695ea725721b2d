// Loading and unloading a model by its name, as both forms of the protocol ask for it.
// Source: Triton's extension_model_repository.md.
import { type Problem, problem } from "../../core/errors.ts";
import type { OpenInferenceContext } from "./context.ts";

/** Loads a model, or its new versions; waits until it can be asked. `parameters` are the names of what was sent along. */
export async function loadModel(
  { repository }: OpenInferenceContext,
  model: string,
  parameters: readonly string[],
): Promise<Problem | undefined> {
  const [parameter] = parameters;
  if (parameter !== undefined)
    return problem("OIP_LOAD_PARAMETER", { model, parameter: parameter.slice(0, 100) });
  return repository.load(model);
}

/** Takes a model out of service, after the requests that hold it. There are no models that depend on others. */
export async function unloadModel(
  { repository }: OpenInferenceContext,
  model: string,
): Promise<Problem | undefined> {
  return repository.unload(model);
}
