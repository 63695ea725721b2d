// Watches the base paths of models for version directories and tells which versions are to be served.
// Rules: TensorFlow Serving's file_system_storage_path_source.cc: names that are numbers, the highest by default,
// leading zeros allowed, of two names for one number the later in the alphabet.
// Kinder than that on purpose: one missing base path does not hold up the others, an empty or failing listing takes
// nothing away, and a version is taken only when it is whole and nothing about it changed for a while.
// Not here: loading (manager/), what "whole" means (whole-version.ts).
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
  /** Told after each look that found something; the same versions may be told again and again. */
  readonly aspire: (model: string, versions: readonly AspiredVersion[]) => void;
}

/** A version counts as settled when nothing about it changed for this long. */
export const SETTLE_MS = 250;

const MAX_VERSION = 2n ** 63n - 1n;

/** What was seen of a version directory that is not served yet. */
interface Candidate {
  readonly fingerprint: string;
  readonly since: number;
}

export class VersionSource {
  readonly #options: VersionSourceOptions;
  /** By path: versions found whole; they are not looked into again while they are there. */
  readonly #accepted = new Map<string, Set<string>>();
  readonly #candidates = new Map<string, Candidate>();
  /** What was last said about a model or a version, so that it is said once. */
  readonly #said = new Map<string, string>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: VersionSourceOptions) {
    this.#options = options;
  }

  /** Looks now, and again and again until `stop`. */
  async start(): Promise<void> {
    const { pollWaitMs, clock } = this.#options;
    if (pollWaitMs < 0) return;
    const unsettled = await this.poll();
    if (this.#stopped || (pollWaitMs === 0 && !unsettled)) return;
    // Something that may be whole soon is worth an earlier look.
    const wait = unsettled ? Math.min(pollWaitMs || SETTLE_MS, SETTLE_MS) : pollWaitMs;
    this.#timer = clock.after(wait, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.stop();
  }

  /** One look at every model. True if a version was seen that is not settled yet. */
  async poll(): Promise<boolean> {
    const unsettled = await Promise.all(this.#options.models.map((model) => this.#pollModel(model)));
    return unsettled.includes(true);
  }

  async #pollModel(model: WatchedModel): Promise<boolean> {
    const { name, basePath, policy = LATEST_VERSION } = model;
    let names: readonly string[];
    try {
      names = await this.#options.fileSystem.listDirectories(basePath);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#say(
        "warn",
        name,
        `Could not find base path ${basePath} for servable ${name} with error ${reason}`,
      );
      return false;
    }
    const found = this.#versionsIn(name, names);
    if (found.size === 0) {
      const hint = "Did you forget to name your leaf directory as a number (eg. '/1/')?";
      this.#say("warn", name, `No versions of servable ${name} found under base path ${basePath}. ${hint}`);
      return false;
    }
    this.#said.delete(name);
    return this.#aspire(
      model,
      wantedFirst(found, policy, (version) => this.#sayMissing(name, version)),
      policy,
    );
  }

  /** Takes the wanted versions that are whole, highest first. True if one may become whole soon. */
  async #aspire(
    { name, basePath }: WatchedModel,
    versions: readonly (readonly [bigint, string])[],
    policy: VersionPolicy,
  ): Promise<boolean> {
    const before = this.#accepted.get(name) ?? new Set<string>();
    const accepted = new Set<string>();
    const aspired: AspiredVersion[] = [];
    const most = policy.kind === "latest" ? policy.count : Number.POSITIVE_INFINITY;
    let unsettled = false;
    for (const [version, directory] of versions) {
      if (aspired.length >= most) break;
      const path = `${basePath}/${directory}`;
      const state = before.has(path) ? "whole" : await this.#look(path);
      if (state === "settling") unsettled = true;
      if (state !== "whole") continue;
      accepted.add(path);
      aspired.push({ version, path });
    }
    this.#accepted.set(name, accepted);
    if (aspired.length > 0 && !this.#stopped) this.#options.aspire(name, aspired);
    return unsettled;
  }

  /** Whether a version is complete and has been left alone for a while. */
  async #look(path: string): Promise<"whole" | "settling" | "not whole"> {
    const { fileSystem, clock } = this.#options;
    try {
      const files = await fileSystem.listFiles(path, MAX_FILES);
      const now = clock.now();
      const print = fingerprint(files);
      const candidate = this.#candidates.get(path);
      if (candidate?.fingerprint !== print) this.#candidates.set(path, { fingerprint: print, since: now });
      const reason = await whyNotWhole(fileSystem, path, files);
      if (reason) {
        this.#say("info", path, `${path}: ${reason}; waiting for it`);
        return "not whole";
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
      this.#say(
        "warn",
        path,
        `${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
      return "not whole";
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

function wantedFirst(
  found: ReadonlyMap<bigint, string>,
  policy: VersionPolicy,
  missing: (version: bigint) => void,
): (readonly [bigint, string])[] {
  const highestFirst = [...found].sort(([a], [b]) => (a > b ? -1 : 1));
  if (policy.kind !== "specific") return highestFirst;
  for (const version of policy.versions) if (!found.has(version)) missing(version);
  return highestFirst.filter(([version]) => policy.versions.includes(version));
}
