import { describe, expect, it } from "vitest";
import { forwardOf, programOf } from "./testing/follow-text.ts";

describe("what values are called in the source", () => {
  const sources = (body: string) => [...(programOf(forwardOf(body)).graph.sources ?? []).values()];

  it("counts the executions of an operator on its line, loops unrolled", () => {
    expect(sources("y = x\nfor i in range(2):\n  y = torch.add(y, torch.add(x, i))\nreturn y")).toEqual([
      "aten::add code/__torch__.py:5 0 0",
      "aten::add code/__torch__.py:5 1 0",
      "aten::add code/__torch__.py:5 2 0",
      "aten::add code/__torch__.py:5 3 0",
    ]);
  });

  it("counts results and the items of lists", () => {
    expect(sources("a, b = torch.split(x, [1, 2], 1)\nreturn torch.add(a, b)").slice(0, 2)).toEqual([
      "aten::split code/__torch__.py:3 0 0",
      "aten::split code/__torch__.py:3 0 1",
    ]);
  });

  it("is not told of what runs as often as the inputs have it", () => {
    const body = "y = x\nfor i in range(torch.size(x, 0)):\n  y = torch.add(y, i)\nreturn torch.neg(y)";
    expect(sources(body)).toEqual(["aten::neg code/__torch__.py:6 0 0"]);
  });

  it("does not count what an operator is made of here", () => {
    const cell = "torch.gru_cell(x, torch.neg(x), torch.zeros([9, 3]), torch.zeros([9, 3]))";
    const names = sources(`return ${cell}`);
    expect(names.every((name) => /neg|zeros/.test(name))).toBe(true);
  });
});
