// Sizes that traced and scripted code computes with tensors and with real numbers.
import { describe, expect, it } from "vitest";
import { follow } from "../testing/follow-text.ts";

describe("sizes", () => {
  it("are the root of a fixed number, and a real number cut off or rounded", () => {
    const root = `
n = torch.mul(ops.prim.NumToTensor(torch.size(x, 1)), 12)
side = torch.to(torch.pow(n, 0.5), 4)
return torch.reshape(torch.zeros([36]), [1, int(side), int(side), -1])`;
    expect(follow(root).at(-1)).toBe("aten::reshape.default float32[1, 6, 6, 1]");
    const halves = (rounded: string) => `
three = ops.prim.NumToTensor(torch.size(x, 1))
half = torch.div(torch.mul(three, 3), 2)
return torch.zeros([int(torch.to(${rounded}, 4))])`;
    const made = (rounded: string) => follow(halves(rounded)).at(-1);
    expect(made("torch.ceil(half)")).toBe("aten::zeros.default float32[5]");
    expect(made("half")).toBe("aten::zeros.default float32[4]");
    expect(made("torch.round(half)")).toBe("aten::zeros.default float32[4]");
    expect(made("torch.add(torch.sqrt(torch.mul(half, 8.)), 0.5)")).toBe("aten::zeros.default float32[6]");
  });

  it("stay free through real numbers, as far as these are exact", () => {
    const made = (size: string) =>
      follow(
        `n = ops.prim.NumToTensor(torch.size(x, 0))\nreturn torch.zeros([int(torch.to(${size}, 4))])`,
      ).at(-1);
    expect(made("torch.mul(torch.ceil(torch.div(n, 2)), 2)")).toBe(
      "aten::zeros.default float32[2*floordiv(batch + 1, 2)]",
    );
    expect(made("torch.mul(torch.to(n, 6), 1.5)")).toBe("aten::zeros.default float32[floordiv(3*batch, 2)]");
    expect(made("torch.div(torch.mul(n, 14), 7)")).toBe("aten::zeros.default float32[2*batch]");
    expect(made("torch.floor(torch.div(n, 7))")).toBe("aten::zeros.default float32[floordiv(batch, 7)]");
    expect(made("torch.sqrt(torch.mul(torch.mul(n, 4), n))")).toMatch(/float32\[ui\d+\]$/); // n * n may be too large
    // Rounded, seven sevenths may be less than one.
    expect(made("torch.mul(torch.div(n, 7), 7)")).toMatch(/float32\[ui\d+\]$/);
    expect(made("torch.sub(torch.div(n, 2), 7)")).toMatch(/float32\[ui\d+\]$/);
  });

  it("stay free through Python's real numbers", () => {
    const made = (size: string) => follow(`n = torch.size(x, 0)\nreturn torch.zeros([${size}])`).at(-1);
    expect(made("torch.ceil(torch.div(n, 3))")).toBe("aten::zeros.default float32[floordiv(batch + 2, 3)]");
    expect(made("int(torch.div(n, 3))")).toBe("aten::zeros.default float32[floordiv(batch, 3)]");
    expect(made("torch.floor(torch.mul(torch.div(n, 3), 2))")).toMatch(/float32\[ui\d+\]$/);
  });

  it("are how often elements are repeated", () => {
    const body = `
n = ops.prim.NumToTensor(torch.size(x, 0))
times = torch.floor_divide(torch.mul(n, 4), n)
return torch.repeat_interleave(x, times, 0)`;
    expect(follow(body).at(-1)).toBe("aten::repeat_interleave.self_int float32[4*batch, 3]");
  });

  it("that only running tells fit, or end the run", () => {
    const body = (end: string) => `
n = torch.to(torch.sum(torch.gt(x, 0.)), 4)
k = int(n)
return ${end}`;
    const made = (end: string) => follow(body(end)).at(-1);
    expect(made("torch.reshape(x, [k, k])")).toMatch(/float32\[(ui\d+), \1\]$/);
    expect(made("torch.reshape(x, [k, k, -1])")).toMatch(/float32\[(ui\d+), \1, u\d+\]$/);
    expect(made("torch.cat([torch.zeros([k, 5]), torch.ones([3, k])])")).toMatch(/float32\[ui\d+ \+ 3, 5\]$/);
    expect(made("torch.add(torch.zeros([3]), torch.ones([k]))")).toBe("aten::add.Tensor float32[3]");
    expect(made("torch.add(torch.select(x, 1, 0), torch.ones([k]))")).toContain("which are not the same");
  });
});
