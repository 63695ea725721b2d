import { describe, expect, it } from "vitest";
import { follow } from "../testing/follow-text.ts";

describe("what is known of a tensor's number", () => {
  const sizes = (...lines: string[]) =>
    follow(["n = ops.prim.NumToTensor(torch.size(x, 1))", ...lines].join("\n")).at(-1);
  const made = (name: string) => `return torch.zeros([int(${name})])`;
  const KNOWN = "aten::zeros.default float32[3]";
  const OPEN = "aten::zeros.default float32[ui0]";

  it("stays while views of it are only read", () => {
    expect(sizes("v = torch.view(n, [1])", "w = torch.add(v, 1)", made("n"))).toBe(KNOWN);
  });

  it.each([
    ["view", "v = torch.view(n, [1])\n_0 = torch.mul_(v, 2)"],
    ["expand", "v = torch.select(torch.unsqueeze(n, 0), 0, 0)\n_0 = torch.add_(v, 1)"],
    ["detach", "v = torch.detach(torch.alias(n))\n_0 = torch.fill_(v, 1)"],
    ["reshape", "v = torch.reshape(n, [-1])\n_0 = torch.copy_(v, torch.add(v, 1))"],
    ["type_as", "v = torch.type_as(n, n)\n_0 = torch.zero_(v)"],
    ["atleast_1d", "v = torch.atleast_1d(n)\n_0 = torch.zero_(v)"],
    ["einsum", 'v = torch.einsum("->", [n])\n_0 = torch.mul_(torch.clone(v), 2)\n_1 = torch.zero_(v)'],
    ["index_put_", "v = torch.unsqueeze(n, 0)\n_0 = torch.index_put_(v, [torch.zeros([1], dtype=4)], n)"],
    ["slice", "v = torch.slice(torch.unsqueeze(n, 0), 0, 0, 1)\n_0 = torch.neg_(v)"],
  ])("is forgotten once a view is written into (%s)", (_, lines) => {
    expect(sizes(lines, made("n"))).not.toBe(KNOWN);
  });

  it("that a view was asked for is forgotten once the tensor is written into", () => {
    const asked = "m = torch.sum(torch.to(x, 4))\nv = torch.view(m, [1])\na = torch.zeros([int(v)])\n";
    const twice = `${asked}_0 = torch.add_(m, 1)\nreturn torch.zeros([int(v)])`;
    expect(follow(`${asked}return torch.zeros([int(v)])`).at(-1)).toBe(OPEN);
    expect(follow(twice).at(-1)).toBe("aten::zeros.default float32[ui1]");
  });

  it("that a view was asked for is forgotten once another view is written into", () => {
    const body = [
      "m = torch.sum(torch.to(x, 4))",
      "v = torch.view(m, [1])",
      "w = torch.unsqueeze(m, 0)",
      "a = torch.zeros([int(v)])",
      "_0 = torch.add_(w, 1)",
      "return torch.zeros([int(v)])",
    ];
    expect(follow(body.join("\n")).at(-1)).toBe("aten::zeros.default float32[ui1]");
  });

  it("follows what is written into the tensor itself", () => {
    expect(sizes("_0 = torch.add_(n, 2)", made("n"))).toBe("aten::zeros.default float32[5]");
  });

  it("that fixed numbers decide is forgotten in the same way", () => {
    const body = (write: string) =>
      `n = torch.tensor([4])\nv = torch.to(torch.detach(n), 4)\n${write}return torch.zeros([int(n)])`;
    expect(follow(body("_0 = torch.add_(v, 1)\n")).at(-1)).not.toBe("aten::zeros.default float32[4]");
  });
});

describe("a tensor that is turned in place", () => {
  const last = (...lines: string[]) => follow(lines.join("\n")).at(-1);
  const fresh = "y = torch.neg(x)";

  it("is seen anew by all who hold it, and by no view of it", () => {
    expect(last(fresh, "z = y", "_0 = torch.unsqueeze_(y, 1)", "return torch.relu(z)")).toBe(
      "aten::relu.default float32[batch, 1, 3]",
    );
    expect(last(fresh, "v = torch.detach(y)", "_0 = torch.transpose_(y, 0, 1)", "return torch.relu(v)")).toBe(
      "aten::relu.default float32[batch, 3]",
    );
  });

  it("parts the program where only running tells whether it is", () => {
    const body = [fresh, "if bool(torch.gt(torch.sum(x), 0)):", "  _0 = torch.unsqueeze_(y, 1)"];
    expect(last(...body, "return torch.sum(y)")).toBe("higher_order::cond float32[]");
  });

  it("is refused in a loop whose rounds only running tells", () => {
    const body = [fresh, "for i in range(torch.size(x, 0)):", "  _0 = torch.t_(y)", "return y"];
    expect(last(...body)).toContain("turned in place where only running tells");
  });
});

describe("what was known when a loop began", () => {
  it("is forgotten where its rounds are followed anew", () => {
    const body = [
      "n = ops.prim.NumToTensor(torch.size(x, 1))",
      "i = 0",
      "y = x",
      "go = True",
      "while go:",
      "  _0 = torch.add_(n, 1)",
      "  y = torch.mul(y, 2)",
      "  i = torch.add(i, 1)",
      "  if torch.lt(i, 2):",
      "    go = True",
      "  else:",
      "    go = bool(torch.lt(torch.sum(y), 9))",
      "return torch.zeros([int(n)])",
    ];
    expect(follow(body.join("\n")).at(-1)).toMatch(/^aten::zeros.default float32\[ui\d\]$/);
  });
});
