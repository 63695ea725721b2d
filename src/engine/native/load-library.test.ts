import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as v8 from "node:v8";
import * as vm from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cLibrary } from "./c-library.ts";
import { koffi } from "./foreign-functions.ts";
import { loadForGood } from "./load-library.ts";

/** Some library that nothing else in this process has: koffi's own binary under another name. */
function aLibrary(name: string): string {
  cLibrary(); // its settings come before any library
  const report = process.report.getReport() as unknown as { sharedObjects: string[] }; // its type is `object`
  const original = report.sharedObjects.find((file) => file.endsWith("koffi.node"));
  if (original === undefined) throw new Error("koffi is loaded, and not among the shared objects");
  const file = path.join(folder, name);
  fs.copyFileSync(original, file);
  return file;
}

function isMapped(file: string): boolean {
  return fs.readFileSync("/proc/self/maps", "utf8").includes(file);
}

/** What was collected is told of in turns of the event loop. */
async function collectGarbage(): Promise<void> {
  v8.setFlagsFromString("--expose-gc");
  const collect: unknown = vm.runInNewContext("gc");
  for (let round = 0; round < 3; round++) {
    (collect as () => void)(); // --expose-gc makes it
    await nextTurn();
  }
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-library-"));

describe.runIf(process.platform === "linux")("a library that nothing in JavaScript refers to", () => {
  let lent = "";
  let kept = "";

  beforeAll(async () => {
    lent = aLibrary("lent.so");
    kept = aLibrary("kept.so");
    koffi().load(lent);
    loadForGood(kept);
    expect([lent, kept].map(isMapped)).toEqual([true, true]);
    await collectGarbage();
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it("is closed by koffi", () => {
    expect(isMapped(lent)).toBe(false);
  });

  it("stays where it is if it was loaded for good", () => {
    expect(isMapped(kept)).toBe(true);
  });
});
