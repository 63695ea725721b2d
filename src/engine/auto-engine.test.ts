import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { FerryError, problem } from "../core/errors.ts";
import type { Signature } from "../model/signature.ts";
import { autoEngine } from "./auto-engine.ts";
import type { Engine, TensorValue } from "./engine.ts";

const port = (key: string) => ({
  key,
  tensorName: `${key}:0`,
  dtype: "float32" as const,
  tensorflowDtype: 1,
  shape: [-1, 2],
});
const SIGNATURE: Signature = {
  name: "serving_default",
  inputs: [port("x")],
  outputs: [port("y")],
  methodName: "tensorflow/serving/predict",
};

const floats = (...values: number[]): TensorValue => ({
  dtype: "float32",
  shape: [1, values.length],
  data: new Uint8Array(Float32Array.from(values).buffer),
});

/** An engine that answers after so long, and what became of its models. */
function fake(name: string, ms: number, answer: TensorValue | "fails" | "cannot load" = floats(1, 2)) {
  const state = { name, open: 0, runs: 0 };
  const failure = (): FerryError =>
    new FerryError([problem("ENGINE_FAILED", { model: name, reason: `${name} cannot` })]);
  const engine: Engine = {
    name,
    async load() {
      if (answer === "cannot load") throw failure();
      state.open += 1;
      return {
        signatures: new Map([[SIGNATURE.name, SIGNATURE]]),
        async run() {
          state.runs += 1;
          if (answer === "fails") throw failure();
          await sleep(ms);
          return new Map([["y", answer as TensorValue]]); // the other cases have ended above
        },
        async close() {
          state.open -= 1;
        },
      };
    },
  };
  return { engine, state };
}

/** Which of two engines has its model open afterwards, and what was told. */
async function choose(first: ReturnType<typeof fake>, second: ReturnType<typeof fake>) {
  const told: string[] = [];
  await autoEngine([first.engine, second.engine], (message) => told.push(message)).load("/models/m/1");
  const open = [first, second].filter(({ state }) => state.open === 1).map(({ state }) => state.name);
  expect(open).toHaveLength(1);
  return { kept: open[0], told: told.join("\n") };
}

describe("autoEngine", () => {
  it("keeps the faster one, closes the other, and tells both times", async () => {
    const { kept, told } = await choose(fake("slow", 12), fake("fast", 1));
    expect(kept).toBe("fast");
    expect(told).toMatch(/runs in fast \(slow \d+\.\d+ ms, fast \d+\.\d+ ms\)/);
    expect((await choose(fake("fast", 1), fake("slow", 12))).kept).toBe("fast");
  });

  it("keeps the first if they do not agree, however fast the other is", async () => {
    const { kept, told } = await choose(fake("first", 8), fake("other", 1, floats(1, 3)));
    expect(kept).toBe("first");
    expect(told).toContain("do not agree (y: differs by 1 of 2)");
  });

  it("keeps the one that can load or run the model, without measuring one alone", async () => {
    const alone = fake("alone", 1);
    const { kept, told } = await choose(fake("broken", 1, "cannot load"), alone);
    expect(kept).toBe("alone");
    expect(told).toContain("not in broken");
    expect(alone.state.runs).toBe(0);
    expect((await choose(fake("failing", 1, "fails"), fake("working", 5))).kept).toBe("working");
    expect((await choose(fake("failing", 1, "fails"), fake("also", 1, "fails"))).kept).toBe("failing");
  });

  it("fails with every reason if none can load it", async () => {
    const [a, b] = [fake("a", 1, "cannot load"), fake("b", 1, "cannot load")];
    const refused = await autoEngine([a.engine, b.engine], () => undefined)
      .load("/m")
      .catch((error: unknown) => error);
    expect((refused as FerryError).problems.map((one) => one.message)).toEqual([
      expect.stringContaining("a cannot"),
      expect.stringContaining("b cannot"),
    ]);
  });
});
