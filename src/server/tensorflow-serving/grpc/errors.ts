// What a call's model_spec can have wrong, over gRPC.
import { type Problem, problem } from "../../../core/errors.ts";
import type { Models } from "../../manager/manager.ts";
import type { ServableHandle } from "../../manager/servable.ts";
import type { WireModelSpec } from "./predict-request.ts";

/** The version that a call means, held, or why there is none. */
export function resolveModel(models: Models, spec: WireModelSpec | undefined): ServableHandle | Problem {
  if (!spec) return problem("MODEL_SPEC_MISSING", {});
  if (spec.name === "") return problem("MODEL_SPEC_UNNAMED", {});
  return models.acquire({ name: spec.name, version: spec.version, label: spec.label });
}
