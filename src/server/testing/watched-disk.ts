// A source of versions over an empty disk in memory, and what it aspires to.
import { VersionSource, type WatchedModel } from "../source/version-source.ts";
import { FakeClock } from "./fake-clock.ts";
import { MemoryFiles } from "./memory-files.ts";

/** `aspired` is the last of each model, as `NUMBER PATH`; `times` when a version was first the highest of them. */
export function watchedDisk(models: readonly WatchedModel[], pollWaitMs = 1000, emptyListingUnloads = false) {
  const clock = new FakeClock();
  const files = new MemoryFiles(clock);
  const lines: string[] = [];
  const aspired: Record<string, string[]> = {};
  const times: Record<string, number> = {};
  const source = new VersionSource({
    fileSystem: files,
    clock,
    log: (_level, message) => lines.push(message),
    models,
    pollWaitMs,
    emptyListingUnloads,
    aspire: (model, versions) => {
      aspired[model] = versions.map(({ version, path }) => `${version} ${path}`);
      times[String(versions[0]?.version)] ??= clock.now();
    },
  });
  return { clock, files, lines, aspired, times, source };
}
