import * as fs from "node:fs";
import { expect, it } from "vitest";
import { canDuplicate, closeDescriptor, duplicate } from "./descriptors.ts";

it.runIf(canDuplicate())(
  "a duplicate outlives the descriptor that it was made of, and stays with this process",
  () => {
    const original = fs.openSync("/dev/null", "r");
    const copy = duplicate(original);
    fs.closeSync(original);
    if (copy === undefined) throw new Error("there are descriptors enough");
    expect(fs.fstatSync(copy).isCharacterDevice()).toBe(true);
    if (process.platform === "linux") {
      const flags = /flags:\s*(\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${copy}`, "utf8"))?.[1];
      expect(Number.parseInt(flags ?? "", 8) & 0o2000000).toBe(0o2000000); // O_CLOEXEC
    }
    closeDescriptor(copy);
    expect(() => fs.fstatSync(copy)).toThrow(/EBADF/);
    expect(duplicate(copy)).toBeUndefined();
  },
);
