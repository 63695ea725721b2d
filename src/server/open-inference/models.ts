// Which version a request means, and the versions that there are, as both of the protocol's forms tell them.
// Names and states: Triton's extension_model_repository.md.
import { Problem, problem } from "../../core/errors.ts";
import type { Models } from "../manager/manager.ts";
import type { ServableHandle, ServableState } from "../manager/servable.ts";
import type { OpenInferenceContext } from "./context.ts";

/** A model by its name, and the version as it was sent; "" lets the server choose. */
export interface ModelName {
  readonly name: string;
  readonly version: string;
}

const MAX_VERSION = 2n ** 63n - 1n;

/** The version that is meant, held. */
export function acquire(models: Models, { name, version }: ModelName): ServableHandle | Problem {
  const number = versionNumber({ name, version });
  if (number instanceof Problem) return number;
  const handle = models.acquire({ name, version: number });
  if (!(handle instanceof Problem)) return handle;
  const known = models.versions(name) ?? [];
  const one = number === undefined ? known[0] : known.find((status) => status.version === number);
  if (one && (one.state === "START" || one.state === "LOADING")) {
    return problem("OIP_MODEL_NOT_READY", { model: name, reason: "it is being loaded" });
  }
  if (version === "") return problem("OIP_NO_MODEL", { model: name });
  return problem("OIP_NO_VERSION", { model: name, version });
}

/** The number; undefined where none was sent. */
export function versionNumber({ name, version }: ModelName): bigint | undefined | Problem {
  if (version === "") return undefined;
  const number = /^\d{1,20}$/.test(version) ? BigInt(version) : -1n;
  return number >= 0n && number <= MAX_VERSION
    ? number
    : problem("OIP_BAD_VERSION", { model: name, version });
}

/** Whether a model's version can be asked, or why not. */
export function whyNotReady(models: Models, model: ModelName): Problem | undefined {
  const handle = acquire(models, model);
  if (handle instanceof Problem) return handle;
  handle.release();
  return undefined;
}

/** Numbers of the versions that can be asked, lowest first. */
export function servedVersions(models: Models, name: string): readonly string[] {
  const available = (models.versions(name) ?? []).filter(({ state }) => state === "AVAILABLE");
  return available.map(({ version }) => String(version)).reverse();
}

/** A line of the repository's index. */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: "READY" | "LOADING" | "UNLOADING" | "UNAVAILABLE";
  readonly reason: string;
}

const STATES: Readonly<Record<ServableState, IndexEntry["state"]>> = {
  START: "LOADING",
  LOADING: "LOADING",
  AVAILABLE: "READY",
  UNLOADING: "UNLOADING",
  END: "UNAVAILABLE",
};

/** Every configured model with its versions; one without any is unavailable. */
export function repositoryIndex({ models }: OpenInferenceContext, onlyReady: boolean): readonly IndexEntry[] {
  const entries = models.names.flatMap((name): IndexEntry[] => {
    const versions = models.versions(name) ?? [];
    if (versions.length === 0) {
      return [{ name, version: "", state: "UNAVAILABLE", reason: "no version was found" }];
    }
    return [...versions].reverse().map(({ version, state, problem: failure }) => ({
      name,
      version: String(version),
      state: STATES[state],
      reason: failure?.message ?? (state === "END" ? "unloaded" : ""),
    }));
  });
  return onlyReady ? entries.filter(({ state }) => state === "READY") : entries;
}
