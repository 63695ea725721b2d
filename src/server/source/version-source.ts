// Watches the base paths of models for version directories and tells which versions are to be served.
// Rules: TensorFlow Serving's file_system_storage_path_source.cc: names that are numbers, the highest by default,
// leading zeros allowed, of two names for one number the later in the alphabet.
// Kinder than that on purpose: one missing base path does not hold up the others, an empty or failing listing takes
// nothing away, and a version is taken only when it is whole and nothing about it changed for a while.
// Not here: loading (manager/), what "whole" means (whole-version.ts).
import { type Problem, problem } from "../../core/errors.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import type { AspiredVersion } from "../manager/manager.ts";
import type { FileSystem } from "./file-system.ts";
import { fingerprint, MAX_FILES, whyNotWhole } from "./whole-version.ts";

/** Which versions of a model are served. */
export type VersionPolicy =
  | { readonly kind: "latest"; readonly count: number }
  | { readonly kind: "all" }
  | { readonly kind: "specific"; readonly versions: readonly bigint[] };

export const LATEST_VERSION: VersionPolicy = { kind: "latest", count: 1 };

export interface WatchedModel {
  readonly name: string;
  readonly basePath: string;
  readonly policy?: VersionPolicy;
}

export interface VersionSourceOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
  readonly models: readonly WatchedModel[];
  /** Between two looks. 0: look once; negative: never. */
  readonly pollWaitMs: number;
  /** Whether a base path without versions takes away what is served, as it does in TensorFlow Serving. */
  readonly emptyListingUnloads?: boolean | undefined;
  /** Whether a version may be a file of PyTorch's, which the engine converts. */
  readonly modelFiles?: boolean | undefined;
  /** Told after each look that found something; the same versions may be told again and again. */
  readonly aspire: (model: string, versions: readonly AspiredVersion[]) => void;
}

/** Base paths that are looked at side by side: what all of them say at once would hold the event loop. */
const LOOKS_AT_ONCE = 8;

/** A version counts as settled when nothing about it changed for this long. */
export const SETTLE_MS = 250;

const MAX_VERSION = 2n ** 63n - 1n;

/** What a look at a model came to: versions to serve, one that is not settled yet, or why there is nothing. */
export type Look = "found" | "settling" | Problem;

/** What was seen of a version directory that is not served yet. */
interface Candidate {
  readonly fingerprint: string;
  readonly since: number;
}

export class VersionSource {
  readonly #options: VersionSourceOptions;
  #models: readonly WatchedModel[];
  /** By path: versions found whole; they are not looked into again while they are there. */
  readonly #accepted = new Map<string, Set<string>>();
  readonly #candidates = new Map<string, Candidate>();
  /** What was last said about a model or a version, so that it is said once. */
  readonly #said = new Map<string, string>();
  #timer: Timer | undefined;
  #stopped = false;
  /** The look that is under way; the next one waits for it. */
  #looking: Promise<unknown> = Promise.resolve();

  constructor(options: VersionSourceOptions) {
    this.#options = options;
    this.#models = options.models;
  }

  /** Watches other models from the next look on. */
  setModels(models: readonly WatchedModel[]): void {
    const kept = new Set(models.map((model) => model.name));
    for (const { name } of this.#models) {
      if (kept.has(name)) continue;
      this.#accepted.delete(name);
      this.#said.delete(name);
    }
    this.#models = models;
  }

  /** Looks now, and again and again until `stop`. Looks by model; none if there is to be no look at all. */
  async start(): Promise<ReadonlyMap<string, Look>> {
    return this.#options.pollWaitMs < 0 ? new Map() : this.#lookAndGoOn();
  }

  /** Looks now, whatever the interval; the next look is that long after this one. Looks by model. */
  lookNow(): Promise<ReadonlyMap<string, Look>> {
    return this.#lookAndGoOn();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.stop();
  }

  /** One look at every model. */
  async poll(): Promise<ReadonlyMap<string, Look>> {
    const models = this.#models;
    const looks = new Map<string, Look>(models.map(({ name }) => [name, "found"])); // in the models' order
    const waiting = models.values();
    const lookAtSome = async (): Promise<void> => {
      for (const model of waiting) looks.set(model.name, await this.#pollModel(model));
    };
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, lookAtSome));
    return looks;
  }

  /** The versions that a model would have by its policy, if all that are there were whole. */
  async listVersions({ basePath, policy = LATEST_VERSION }: WatchedModel): Promise<readonly bigint[]> {
    try {
      const names = await this.#options.fileSystem.listDirectories(basePath);
      const all = names.map(versionOf).filter((version) => version !== undefined);
      const wanted = wantedFirst(new Map(all.map((version) => [version, ""])), policy).map(([one]) => one);
      return policy.kind === "latest" ? wanted.slice(0, policy.count) : wanted;
    } catch {
      return []; // a look tells why
    }
  }

  async #lookAndGoOn(): Promise<ReadonlyMap<string, Look>> {
    const { pollWaitMs, clock } = this.#options;
    const looking = this.#looking.then(() => this.poll());
    this.#looking = looking;
    const looks = await looking;
    const settling = [...looks.values()].includes("settling");
    if (this.#stopped || (pollWaitMs <= 0 && !settling)) return looks;
    // Something that may be whole soon is worth an earlier look.
    const wait = settling ? Math.min(pollWaitMs > 0 ? pollWaitMs : SETTLE_MS, SETTLE_MS) : pollWaitMs;
    this.#timer?.stop();
    this.#timer = clock.after(wait, () => void this.#lookAndGoOn());
    return looks;
  }

  async #pollModel(model: WatchedModel): Promise<Look> {
    const { name, basePath, policy = LATEST_VERSION } = model;
    let names: readonly string[];
    try {
      names = await this.#options.fileSystem.listDirectories(basePath);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return this.#nothing(
        name,
        problem("BASE_PATH_NOT_FOUND", { path: basePath, model: name, reason }, error),
      );
    }
    if (this.#models.every((other) => other !== model)) return "found"; // the configuration changed meanwhile
    if (policy.kind === "specific" && policy.versions.length === 0) {
      this.#say("warn", name, `No specific versions requested for servable ${name}.`);
      this.#options.aspire(name, []);
      return "found";
    }
    const found = this.#versionsIn(name, names);
    if (found.size === 0) {
      if (this.#options.emptyListingUnloads) this.#options.aspire(name, []);
      return this.#nothing(name, problem("NO_VERSIONS", { path: basePath, model: name }));
    }
    this.#said.delete(name);
    if (policy.kind === "specific") {
      for (const version of policy.versions) if (!found.has(version)) this.#sayMissing(name, version);
    }
    return this.#aspire(model, wantedFirst(found, policy), policy);
  }

  #nothing(model: string, reason: Problem): Look {
    this.#say("warn", model, reason.message);
    return reason;
  }

  /** Takes the wanted versions that are whole, highest first. */
  async #aspire(
    { name, basePath }: WatchedModel,
    versions: readonly (readonly [bigint, string])[],
    policy: VersionPolicy,
  ): Promise<Look> {
    const before = this.#accepted.get(name) ?? new Set<string>();
    const accepted = new Set<string>();
    const aspired: AspiredVersion[] = [];
    const most = policy.kind === "latest" ? policy.count : Number.POSITIVE_INFINITY;
    let settling = false;
    let reason: Problem | undefined;
    for (const [version, directory] of versions) {
      if (aspired.length >= most) break;
      const path = `${basePath}/${directory}`;
      const state = before.has(path) ? "whole" : await this.#look(path);
      if (state === "settling") settling = true;
      else if (state !== "whole") reason ??= problem("VERSION_NOT_WHOLE", { reason: state });
      if (state !== "whole") continue;
      accepted.add(path);
      aspired.push({ version, path });
    }
    // What was looked at may be configured away by now.
    if (this.#stopped || this.#models.every((model) => model.name !== name)) return "found";
    this.#accepted.set(name, accepted);
    if (aspired.length > 0) this.#options.aspire(name, aspired);
    if (settling) return "settling";
    return aspired.length > 0 ? "found" : (reason ?? problem("NO_VERSIONS", { path: basePath, model: name }));
  }

  /** Whether a version is complete and has been left alone for a while; what is missing otherwise. */
  async #look(path: string): Promise<string> {
    const { fileSystem, clock, modelFiles } = this.#options;
    try {
      const files = await fileSystem.listFiles(path, MAX_FILES);
      const now = clock.now();
      const print = fingerprint(files);
      const candidate = this.#candidates.get(path);
      if (candidate?.fingerprint !== print) this.#candidates.set(path, { fingerprint: print, since: now });
      const reason = await whyNotWhole(fileSystem, path, files, modelFiles);
      if (reason) {
        this.#say("info", path, `${path}: ${reason}; waiting for it`);
        return `${path}: ${reason}`;
      }
      // Either it was seen like this a while ago, or by the file system's own clock nothing is younger than that.
      const seenFor = candidate?.fingerprint === print ? now - candidate.since : 0;
      const youngest = Math.max(...files.map((file) => file.changedMs));
      if (seenFor < SETTLE_MS && now - youngest < SETTLE_MS) return "settling";
      this.#candidates.delete(path);
      this.#said.delete(path);
      return "whole";
    } catch (error) {
      // A directory that goes while it is being looked at is no version; the next look will tell.
      const reason = `${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      this.#say("warn", path, reason);
      return reason;
    }
  }

  /** Directory names by the version they stand for. */
  #versionsIn(model: string, names: readonly string[]): Map<bigint, string> {
    const found = new Map<bigint, string>();
    for (const name of [...names].sort()) {
      const version = versionOf(name);
      if (version === undefined) continue;
      const other = found.get(version);
      if (other !== undefined) {
        const text = `Version ${version} will be loaded from ${name}, ${other} will be ignored.`;
        this.#say("warn", `${model}/${version}`, `Duplicate version directories detected. ${text}`);
      }
      found.set(version, name);
    }
    return found;
  }

  #sayMissing(model: string, version: bigint): void {
    const text = `Version ${version} of servable ${model}, which was requested to be served as a 'specific' version in the servable's version policy, was not found in the file system`;
    this.#say("warn", `${model}/${version}`, text);
  }

  #say(level: "info" | "warn", about: string, message: string): void {
    if (this.#said.get(about) === message) return;
    this.#said.set(about, message);
    this.#options.log(level, message);
  }
}

/** The version that a directory's name stands for: decimal digits, leading zeros allowed, within int64. */
export function versionOf(name: string): bigint | undefined {
  if (!/^\d{1,40}$/.test(name)) return undefined;
  const version = BigInt(name);
  return version <= MAX_VERSION ? version : undefined;
}

/** What a policy may serve of what was found, highest first. */
function wantedFirst(
  found: ReadonlyMap<bigint, string>,
  policy: VersionPolicy,
): (readonly [bigint, string])[] {
  const highestFirst = [...found].sort(([a], [b]) => (a > b ? -1 : 1));
  if (policy.kind !== "specific") return highestFirst;
  return highestFirst.filter(([version]) => policy.versions.includes(version));
}
