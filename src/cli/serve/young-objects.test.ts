import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { keepObjectsYoung } from "./young-objects.ts";

it("gives a flag that V8 knows; it would complain about others", () => {
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  keepObjectsYoung((flag) => expect(known).toContain(`  ${flag.replace("--no-", "--")} (`));
});
