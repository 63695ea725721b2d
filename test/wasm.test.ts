// The WebAssembly module among the sources is what its source compiles to.
import { execFileSync } from "node:child_process";
import { it } from "vitest";

it("was compiled after its source was last changed", () => {
  execFileSync(process.execPath, ["wasm/compile.mjs", "--check"]);
});
