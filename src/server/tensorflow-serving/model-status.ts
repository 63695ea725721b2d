// The states of a model's versions, as both protocols answer them.
import { type Problem, problem } from "../../core/errors.ts";
import type { ModelSpec, Models, VersionStatus } from "../manager/manager.ts";

/** All versions, highest first, or the one that was asked for. */
export function modelStatus(
  models: Models,
  { name, version }: ModelSpec,
): readonly VersionStatus[] | Problem {
  const versions = models.versions(name);
  if (version === undefined) return versions ?? problem("STATUS_NO_MODEL", { model: name });
  const one = versions?.find((status) => status.version === version);
  return one ? [one] : problem("STATUS_NO_VERSION", { version: String(version), model: name });
}
