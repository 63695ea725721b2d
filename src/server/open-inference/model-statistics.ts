// The counts and times that were asked for, version by version.
// Source: Triton's extension_statistics.md.
import { Problem, problem } from "../../core/errors.ts";
import type { VersionStatistics } from "../predict/statistics.ts";
import type { OpenInferenceContext } from "./context.ts";
import { type ModelName, versionNumber } from "./models.ts";

/** Of one version, of all of a model's (version ""), or of all models (name ""): those that can be asked. */
export async function modelStatistics(
  { models, statistics }: OpenInferenceContext,
  model: ModelName,
): Promise<readonly VersionStatistics[] | Problem> {
  const { name } = model;
  const wanted = versionNumber(model);
  if (wanted instanceof Problem) return wanted;
  const of = await statistics.read();
  const all = (name === "" ? models.names : [name]).flatMap((one) =>
    [...(models.versions(one) ?? [])]
      .reverse()
      .filter(({ version, state }) => state === "AVAILABLE" && (wanted === undefined || version === wanted))
      .map(({ version }) => of(one, version)),
  );
  if (all.length > 0 || name === "") return all;
  return wanted === undefined
    ? problem("OIP_NO_MODEL", { model: name })
    : problem("OIP_NO_VERSION", { model: name, version: String(wanted) });
}
