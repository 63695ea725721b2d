import { describe, expect, it } from "vitest";
import { follow } from "./testing/follow-text.ts";

const last = (...lines: string[]) => follow(lines.join("\n")).at(-1);
const REFUSED = "may share memory with another one, which is used later";
const EACH = "for i in range(torch.size(x, 0)):";
const APPEND = "  rows = torch.append(rows, h)";
const GIVEN = "rows = annotate(List[Tensor], [])";
const STACKED = "return torch.stack(rows)";

describe("a tensor that is appended to a list of unknown length", () => {
  it("may be written into before, where each round has its own", () => {
    const fresh = "  h = torch.neg(torch.select(x, 0, i))";
    expect(last(GIVEN, EACH, fresh, "  _0 = torch.add_(h, 1)", APPEND, STACKED)).toMatch(/^prim::Loop/);
  });

  it("may not be written into afterwards in the same round", () => {
    const fresh = "  h = torch.neg(torch.select(x, 0, i))";
    expect(last(GIVEN, EACH, fresh, APPEND, "  _0 = torch.add_(h, 1)", STACKED)).toContain(REFUSED);
  });

  it("may not be written into in the next round", () => {
    const h = "h = torch.zeros([3])";
    const added = "  _0 = torch.add_(h, torch.select(x, 0, i))";
    expect(last(GIVEN, h, EACH, added, APPEND, STACKED)).toContain(REFUSED);
    expect(
      last(GIVEN, h, EACH, "  _0 = torch.add_(h, 1)", "  h = torch.mul(h, 2)", APPEND, STACKED),
    ).toContain(REFUSED);
    expect(last(GIVEN, h, EACH, "  h = torch.mul(h, 2)", APPEND, STACKED)).toMatch(/^prim::Loop/);
  });

  it("may not be written into after the loop, if the list is used", () => {
    const h = "h = torch.neg(torch.select(x, 0, 0))";
    const written = "_0 = torch.add_(h, 1)";
    expect(last(GIVEN, h, EACH, APPEND, written, STACKED)).toContain(REFUSED);
    const own = ["h = torch.zeros([3])", EACH, "  h = torch.neg(torch.select(x, 0, i))", APPEND];
    expect(last(GIVEN, ...own, written, STACKED)).toContain(REFUSED);
    expect(last(GIVEN, ...own, written, "return h")).not.toContain(REFUSED);
  });

  it("is the one that was in the list when the loop began, too", () => {
    const h = "h = torch.zeros([3])";
    const fresh = "  rows = torch.append(rows, torch.select(x, 0, i))";
    expect(last(h, "rows = [h]", EACH, fresh, "_0 = torch.add_(h, 1)", STACKED)).toContain(REFUSED);
  });
});
