import { expect, test } from "vitest";
import { Node } from "../graph.ts";
import { DEFINITIONS, definitionOf } from "./index.ts";
import { INPUT_COUNTS } from "./input-counts.ts";

test("every operator has one definition", () => {
  const names = DEFINITIONS.map(({ domain = "", op }) => `${domain}::${op}`);
  expect(new Set(names).size).toBe(names.length);
});

test("definitions are found by domain and name", () => {
  const node = (op: string, domain = "") => new Node({ op, domain, inputs: [], outputs: [] });
  expect(definitionOf(node("Conv"))?.op).toBe("Conv");
  expect(definitionOf(node("Conv", "com.microsoft"))).toBeUndefined();
  expect(definitionOf(node("Convolution"))).toBeUndefined();
});

test("entries make sense", () => {
  for (const definition of DEFINITIONS) {
    expect(definition.since, definition.op).toBeGreaterThan(0);
    expect(definition.elementwise && definition.random, definition.op).toBeFalsy();
    if (!definition.domain) expect(INPUT_COUNTS, definition.op).toHaveProperty(definition.op);
  }
});
