import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { spareOptimizer } from "./spare-optimizer.ts";

it("gives the flag to a V8 that knows it, and to no other, which would complain", () => {
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  const given: string[] = [];
  spareOptimizer((flag) => given.push(flag.split("=")[0] ?? ""));
  expect(given).toEqual(known.includes("  --interrupt-budget (") ? ["--interrupt-budget"] : []);
});
