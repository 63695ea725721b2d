import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NodeNames, scopeOf } from "./node-names.ts";

const LEGAL = /^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$/;

describe("NodeNames", () => {
  it("are legal and unique for any wish", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 5 }), { maxLength: 50 }), (wishes) => {
        const names = new NodeNames();
        const given = wishes.map((wish) => names.unique(wish));
        expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(given.length);
        for (const name of given) expect(name).toMatch(LEGAL);
      }),
    );
  });

  it("keep a wish that is legal, and number the next ones", () => {
    const names = new NodeNames();
    expect(["a/b", "a/b", "a/b_1", "a/B"].map((wish) => names.unique(wish))).toEqual([
      "a/b",
      "a/b_1",
      "a/b_1_1",
      "a/B_2",
    ]);
  });

  it("take module paths as scopes", () => {
    expect(scopeOf("layer1.0.conv1")).toBe("layer1/0/conv1");
    expect(scopeOf("/layer1/layer1.0")).toBe("layer1/layer1/0");
  });
});
