import { expect, it } from "vitest";
import { createEngine, ENGINE_NAMES } from "./create-engine.ts";

it("makes every engine that it names, and says which there are", () => {
  for (const name of ENGINE_NAMES) expect(createEngine(name).name).toBe(name);
  expect(() => createEngine("toString")).toThrow(/'toString'.*onnxruntime/);
});
