// The states of a model's versions, as both protocols answer them.
import { type Problem, problem } from "../../core/errors.ts";
import type { ModelSpec, VersionStatus } from "../manager/manager.ts";
import type { ServingContext } from "./context.ts";

/** All versions, highest first, or the one that was asked for. TensorFlow Serving ignores a label. */
export function modelStatus(
  { models, strict }: ServingContext,
  { name, version, label }: ModelSpec,
): readonly VersionStatus[] | Problem {
  const versions = models.versions(name);
  const labelled = label === undefined || strict ? undefined : models.labelled(name, label);
  if (label !== undefined && !strict && versions && labelled === undefined) {
    return problem("LABEL_UNKNOWN", { label });
  }
  const wanted = version ?? labelled;
  if (wanted === undefined) return versions ?? problem("STATUS_NO_MODEL", { model: name });
  const one = versions?.find((status) => status.version === wanted);
  return one ? [one] : problem("STATUS_NO_VERSION", { version: String(wanted), model: name });
}
