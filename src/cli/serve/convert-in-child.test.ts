import { describe, expect, it } from "vitest";
import { convertInChild } from "./convert-in-child.ts";

const LIMITS = { maxSeconds: 20, maxBytes: 2 ** 30 };
const never = new AbortController().signal;

/** The outcome of a child that runs this script in the place of our command line. */
function outcome(script: string, limits = LIMITS, signal = never) {
  const command = { program: process.execPath, args: ["-e", script], env: process.env };
  return convertInChild("net.pt2", command, limits, signal);
}

describe("convertInChild", () => {
  it("is content with exit code 0", async () => {
    expect(await outcome("console.error('a warning')")).toBeUndefined();
  });

  it("tells what the child said, and whether trying again is of use", async () => {
    const refused = await outcome("console.error('torchferry: no such operator'); process.exit(4)");
    expect(refused).toMatchObject({ code: "CONVERSION_REFUSED" });
    expect(refused?.message).toBe("net.pt2: cannot be converted: no such operator");
    const failed = await outcome("process.exit(3)");
    expect(failed).toMatchObject({ code: "CONVERSION_FAILED" });
    expect(failed?.message).toBe("net.pt2: was not converted: the conversion ended with 3");
  });

  it("ends what takes too long", async () => {
    const started = performance.now();
    const late = await outcome("setInterval(() => {}, 1000)", { ...LIMITS, maxSeconds: 0.3 });
    expect(late).toMatchObject({ code: "CONVERSION_OVER_LIMIT" });
    expect(late?.message).toContain("--convert_max_seconds");
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it.runIf(process.platform === "linux")("ends what takes too much memory outside of the heap", async () => {
    const hungry = "const kept = []; setInterval(() => kept.push(Buffer.alloc(2 ** 25, 1)), 5)";
    const large = await outcome(hungry, { ...LIMITS, maxBytes: 2 ** 28 });
    expect(large).toMatchObject({ code: "CONVERSION_OVER_LIMIT" });
    expect(large?.message).toContain("--convert_max_memory");
  });

  it("tells a heap that is full as the limit it is", async () => {
    const hungry = "const kept = []; for (;;) kept.push(new Array(1e5).fill({}).map(() => ({})))";
    const full = await outcome(hungry, { ...LIMITS, maxBytes: 2 ** 25 });
    expect(full?.message).toContain("--convert_max_memory");
    const atStart = await outcome(
      "console.error('# Fatal javascript OOM in GC during deserialization'); process.abort()",
    );
    expect(atStart?.message).toContain("--convert_max_memory");
  });

  it("ends with its signal, and says so where there is no such program", async () => {
    const ending = AbortSignal.timeout(200);
    expect(await outcome("setInterval(() => {}, 1000)", LIMITS, ending)).toMatchObject({
      code: "CONVERSION_FAILED",
    });
    const command = { program: "/nowhere/node", args: [], env: {} };
    const absent = await convertInChild("net.pt2", command, LIMITS, never);
    expect(absent?.message).toContain("ENOENT");
  });
});
