// How many cores this process may use: what the system offers, less what its control group (a container's limit,
// systemd's CPUQuota) allows. Node 20 counts processors and their affinity only.
// Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max), cgroup-v1's cpu.cfs_quota_us.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const ROOT = "/sys/fs/cgroup";

type ReadText = (file: string) => string | undefined;

/** Cores that may be used, at least 1; a limit of 2.5 cores counts as 2. */
export function availableCores(
  processors: number = os.availableParallelism(),
  read: ReadText = readText,
): number {
  const limits = groupsOf(read("/proc/self/cgroup") ?? "").map((group) => limitOf(group, read));
  return Math.max(1, Math.floor(Math.min(processors, ...limits)));
}

interface ControlGroup {
  readonly version: 1 | 2;
  readonly folder: string;
}

/** The process's groups that limit the processor, and all groups around them. */
function groupsOf(membership: string): ControlGroup[] {
  return membership.split("\n").flatMap((line): ControlGroup[] => {
    const [, controllers, group] = line.split(":");
    if (group === undefined) return [];
    if (controllers === "") return ancestors(ROOT, group).map((folder) => ({ version: 2, folder }));
    if (!controllers?.split(",").includes("cpu")) return [];
    return ancestors(path.posix.join(ROOT, "cpu"), group).map((folder) => ({ version: 1, folder }));
  });
}

function ancestors(root: string, group: string): string[] {
  const steps = group.split("/").filter((step) => step !== "" && step !== "..");
  return Array.from({ length: steps.length + 1 }, (_, count) =>
    path.posix.join(root, ...steps.slice(0, count)),
  );
}

/** Quota over period, in cores. */
function limitOf({ version, folder }: ControlGroup, read: ReadText): number {
  const text =
    version === 2
      ? read(`${folder}/cpu.max`)
      : `${read(`${folder}/cpu.cfs_quota_us`)} ${read(`${folder}/cpu.cfs_period_us`)}`;
  const [quota, period] = (text ?? "").split(/\s+/).map(Number);
  if (!quota || !period || !(quota > 0)) return Number.POSITIVE_INFINITY; // "max", -1, or no such file
  return quota / period;
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined; // no control groups here
  }
}
