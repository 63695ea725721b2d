import { describe, expect, it } from "vitest";
import { availableCores } from "./cores.ts";

const reader =
  (files: Readonly<Record<string, string>>) =>
  (file: string): string | undefined =>
    files[file];

describe("availableCores", () => {
  it("is what the system offers where no group limits it", () => {
    expect(availableCores(16, reader({}))).toBe(16);
    expect(availableCores(16, reader({ "/proc/self/cgroup": "0::/\n" }))).toBe(16);
    const free = { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000\n" };
    expect(availableCores(16, reader(free))).toBe(16);
  });

  it("follows the smallest quota of the group and those around it", () => {
    const files = {
      "/proc/self/cgroup": "0::/pods/pod1/app\n",
      "/sys/fs/cgroup/pods/pod1/cpu.max": "250000 100000\n",
      "/sys/fs/cgroup/pods/pod1/app/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/pods/cpu.max": "1600000 100000\n",
    };
    expect(availableCores(16, reader(files))).toBe(2);
    expect(availableCores(1, reader(files))).toBe(1);
  });

  it("reads the first version of control groups too", () => {
    const files = {
      "/proc/self/cgroup": "5:devices:/\n4:cpu,cpuacct:/box\n0::/\n",
      "/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us": "400000\n",
      "/sys/fs/cgroup/cpu/box/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    };
    expect(availableCores(16, reader(files))).toBe(4);
  });

  it("is at least one, however small the share", () => {
    const files = { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "20000 100000\n" };
    expect(availableCores(8, reader(files))).toBe(1);
  });
});
