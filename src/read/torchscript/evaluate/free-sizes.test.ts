// Shapes of an image whose height and width are free, and of what only running tells.
import { describe, expect, it } from "vitest";
import { follow } from "../testing/follow-text.ts";

const IMAGE = { x: { dtype: "float32", shape: ["n", 4, "h", 6] } } as const;
const made = (body: string) => follow(body, IMAGE).at(-1);

describe("an image of a free size", () => {
  it("is seen as windows where it divides, and put together again", () => {
    const body = `
rows = torch.floordiv(torch.size(x, 2), 4)
windows = torch.view(x, [torch.size(x, 0), 4, rows, 4, 3, 2])
return torch.view(windows, [-1, 4, torch.size(x, 2), 6])`;
    expect(follow(body, IMAGE)).toEqual([
      "aten::view.default float32[n, 4, floordiv(h, 4), 4, 3, 2]",
      "aten::view.default float32[n, 4, h, 6]",
    ]);
    expect(made("return torch.view(x, [torch.size(x, 0), 4, 12, 6])")).toContain("has not always as many");
  });

  it("is padded to a multiple and cropped", () => {
    const body = `
missing = torch.remainder(torch.sub(4, torch.remainder(torch.size(x, 2), 4)), 4)
padded = torch.pad(x, [0, 0, 0, missing])
rows = torch.floordiv(torch.size(padded, 2), 4)
windows = torch.view(padded, [torch.size(x, 0), 4, rows, 4, 6])
return torch.slice(torch.view(windows, [torch.size(x, 0), 4, -1, 6]), 2, 0, torch.size(x, 2))`;
    expect(follow(body, IMAGE)).toEqual([
      "aten::pad.default float32[n, 4, 4*floordiv(h + 3, 4), 6]",
      "aten::view.default float32[n, 4, floordiv(h + 3, 4), 4, 6]",
      "aten::view.default float32[n, 4, 4*floordiv(h + 3, 4), 6]",
      "aten::slice.Tensor float32[n, 4, h, 6]",
    ]);
  });

  it("is cut at a part of its size", () => {
    const cut = (start: string, end: string) =>
      made(`half = torch.floordiv(torch.size(x, 2), 2)\nreturn torch.slice(x, 2, ${start}, ${end})`);
    expect(cut("0", "half")).toBe("aten::slice.Tensor float32[n, 4, floordiv(h, 2), 6]");
    expect(cut("half", "9223372036854775807")).toBe(
      "aten::slice.Tensor float32[n, 4, -floordiv(h, 2) + h, 6]",
    );
    expect(cut("2", "half")).toBe("aten::slice.Tensor float32[n, 4, max(0, floordiv(h, 2) - min(2, h)), 6]");
  });

  it("is seen as rows of whatever is left, and cut from its end", () => {
    const windows =
      "windows = torch.unfold(x, 2, 3, 2)\nreturn torch.reshape(windows, [torch.size(x, 0), 4, torch.size(windows, 2), -1])";
    expect(made(windows)).toBe("aten::reshape.default float32[n, 4, floordiv(h + 1, 2) - 1, 18]");
    expect(made("return torch.slice(x, 2, torch.neg(torch.size(x, 2)))")).toBe(
      "aten::slice.Tensor float32[n, 4, h, 6]",
    );
    const fromHalf = "return torch.slice(x, 2, torch.neg(torch.floordiv(torch.size(x, 2), 2)))";
    expect(made(fromHalf)).toContain("which may be outside"); // of one row the half is -0, and the whole row is left
  });

  it("is joined from every second row where there are as many of either", () => {
    const body = `
even = torch.slice(x, 2, 0, 9223372036854775807, 2)
odd = torch.slice(x, 2, 1, 9223372036854775807, 2)
return torch.cat([even, odd], 1)`;
    expect(made(body)).toBe("aten::cat.default float32[n, 8, floordiv(h + 1, 2), 6]");
    expect(made(body.replace("torch.cat([even, odd], 1)", "torch.add(even, odd)"))).toContain(
      "which are not the same",
    );
  });
});

it("a list as long as only running tells is taken apart into names", () => {
  const parts = (list: string) => follow(`a, b, = torch.unbind(${list})\nreturn torch.add(a, b)`).at(-1);
  expect(parts("torch.nonzero(x)")).toBe("aten::add.Tensor int64[2]");
  expect(parts("x")).toContain("is assigned to 2 names"); // of two rows alone it could be
});
