// Code as PyTorch prints it, and the calls that following it gives.
import { describe, expect, it } from "vitest";
import { follow, forwardOf, programOf } from "../testing/follow-text.ts";

const RELU = "aten::relu.default float32[batch, 3]";

describe("overloads", () => {
  it("are chosen by the arguments", () => {
    expect(
      follow("a = torch.add(x, x)\nb = torch.add(a, 1)\nreturn torch.sum(torch.mul(b, x), [1], True)"),
    ).toEqual([
      "aten::add.Tensor float32[batch, 3]",
      "aten::add.Scalar float32[batch, 3]",
      "aten::mul.Tensor float32[batch, 3]",
      "aten::sum.dim_IntList float32[batch, 1]",
    ]);
  });

  it("are tried with conversions after those without", () => {
    expect(follow("return torch.full([2, 2], 1)")).toEqual(["aten::full.default int64[2, 2]"]);
    expect(follow("return torch.full([2, 2], 1)", undefined, 4)).toEqual([
      "aten::full.default float32[2, 2]",
    ]);
  });

  it("of dividing integers cut off in files before version 4", () => {
    const body = "i = torch.to(x, 4)\nreturn torch.div(i, 2)";
    expect(follow(body)[1]).toBe("aten::div.Scalar float32[batch, 3]");
    expect(follow(body, undefined, 3)[1]).toBe("aten::div.Scalar_mode int64[batch, 3]");
  });

  it("that do not exist are said", () => {
    expect(follow("return torch.relu(x, 1)")[0]).toContain(
      "at code/__torch__.py, line 3: aten::relu takes no arguments such as (a tensor, int 1)",
    );
    expect(follow("return torch.no_such(x)")[0]).toContain("the operator aten::no_such is not known");
  });
});

describe("a list whose length is a free size", () => {
  it("is what an axis is taken apart into, and can be joined again", () => {
    const calls = follow("rows = torch.unbind(x)\nreturn torch.stack([rows[0], rows[-1]])");
    expect(calls).toContain("aten::select.int float32[3]");
    expect(follow("return torch.stack(torch.unbind(x), 1)").at(-1)).toBe(
      "aten::movedim.int float32[3, batch]",
    );
  });

  it("is extended by items, not by a list of unknown length", () => {
    const grown = (other: string) =>
      follow(`rows = torch.unbind(x)\n_0 = torch.add_(rows, ${other})\nreturn torch.stack(rows)`).at(-1);
    expect(grown("[rows[0]]")).toBe("aten::cat.default float32[batch + 1, 3]");
    expect(grown("torch.unbind(x)")).toContain("is extended by a list whose length depends on the input");
  });

  it("is nothing that nested tensors can be made of", () => {
    expect(follow("return torch._nested_tensor_from_mask(x, x)")[0]).toContain(
      "build the encoder with enable_nested_tensor=False",
    );
  });
});

describe("sizes", () => {
  it("stay free through tensors, as traces compute with them", () => {
    const body = `
n = ops.prim.NumToTensor(torch.size(x, 0))
m = torch.floor_divide(torch.mul(n, 6), 2)
return torch.view(x, [int(m), -1])`;
    expect(follow(body).at(-1)).toBe("aten::view.default float32[3*batch, 1]");
  });

  it("come from tensors of one element where Python's own max and min want numbers", () => {
    const body = `
n = ops.prim.NumToTensor(torch.size(x, 0))
return torch.slice(x, 1, 0, ops.prim.min(ops.prim.NumToTensor(torch.size(x, 1)), 2)), torch.zeros([ops.prim.max(n, 1)])`;
    expect(follow(body).slice(-2)).toEqual([
      "aten::slice.Tensor float32[batch, 2]",
      "aten::zeros.default float32[max(1, batch)]",
    ]);
  });

  it("stay free where a trace computes them in place, as of then", () => {
    const body = `
n = ops.prim.NumToTensor(torch.size(x, 0))
before = int(n)
three = ops.prim.NumToTensor(torch.size(x, 1))
m = torch.floor_divide_(torch.mul_(torch.mul_(n, three), three), three)
return torch.view(x, [int(m), -1]), torch.view(x, [before, -1])`;
    expect(follow(body).slice(-2)).toEqual([
      "aten::view.default float32[3*batch, 1]",
      "aten::view.default float32[batch, 3]",
    ]);
  });

  it("stay known where a trace detaches and copies the tensors that hold them", () => {
    const body = (copy: string) => `
n = ops.prim.NumToTensor(torch.size(x, 1))
m = torch.detach(torch.to(torch.detach(n), torch.device("cpu"), 4, False, ${copy}))
return torch.slice(x, 1, 0, int(torch.sub(m, 2)))`;
    expect(follow(body("True")).at(-1)).toBe("aten::slice.Tensor float32[batch, 1]");
    expect(follow(body("False")).at(-1)).toBe("aten::slice.Tensor float32[batch, 1]");
  });

  it("follow from a scale that a fixed size decides, rounded as PyTorch rounds it", () => {
    const body = `
size = torch.tensor([49, 98])
low = torch.mul(torch.reciprocal(torch.to(torch.min(size), 6)), 49.0)
high = torch.mul(torch.reciprocal(torch.to(torch.max(size), 6)), 294.0)
scale = float(torch.item(torch.min(low, high)))
return torch.slice(x, 1, 0, torch.floor(torch.mul(1.0, scale)))`;
    // In float32 49 times the reciprocal of 49 is 1, in float64 it is less.
    expect(follow(body).at(-1)).toBe("aten::slice.Tensor float32[batch, 1]");
  });

  it("of what a run finds may be 0", () => {
    const body = (end: string) => `
found = (torch.where(torch.gt(x, 0.)))[0]
return torch.slice(${end})`;
    expect(follow(body("found, 0, 0, 1")).at(-1)).toMatch(/^aten::slice.Tensor int64\[min\(1, u\d+\)\]$/);
    expect(follow(body("found, 0, 0, -1")).at(-1)).toMatch(
      /^aten::slice.Tensor int64\[max\(0, u\d+ - 1\)\]$/,
    );
    expect(follow(body("x, 0, 0, 1")).at(-1)).toBe("aten::slice.Tensor float32[1, 3]");
  });

  it("of what a run finds are divided when it runs", () => {
    const body = "found = (torch.where(torch.gt(x, 0.)))[0]\nreturn torch.reshape(found, [-1, 4])";
    expect(follow(body).at(-1)).toMatch(/^aten::reshape.default int64\[floordiv\(u\d+, 4\), 4\]$/);
  });

  it("are forgotten where a tensor that holds them is written into", () => {
    const body = (write: string) => `
size = torch.tensor([3, 10])
same = torch.to(size, 4)
${write}
return torch.slice(x, 1, 0, int(torch.item(torch.min(size))))`;
    expect(follow(body("other = torch.add(same, 1)")).at(-1)).toBe("aten::slice.Tensor float32[batch, 3]");
    for (const write of ["other = torch.sub_(same, 2)", "other = torch.fill_(torch.select(size, 0, 0), 1)"])
      expect(follow(body(write)).at(-1)).toMatch(/^aten::slice.Tensor float32\[batch, [^0-9]/);
  });

  it("decide what holds for every input", () => {
    const choice = (condition: string) =>
      follow(`if ${condition}:\n  y = torch.relu(x)\nelse:\n  y = x\nreturn y`);
    expect(choice("torch.gt(torch.size(x, 0), 0)")).toEqual([RELU]);
    expect(choice("torch.eq(torch.dim(x), 3)")).toEqual([]);
    expect(choice("torch.gt(torch.size(x, 0), 1)")).toEqual([
      "_operator::gt bool[]",
      "higher_order::cond float32[batch, 3]",
    ]);
  });

  it("that do not fit are refused, not guessed", () => {
    expect(follow("return torch.view(x, [4, 3])")[0]).toContain(
      "[batch,3] has not always as many elements as [4,3]",
    );
    expect(follow("return torch.add(x, torch.zeros([4, 3]))")[0]).toContain("sizes batch and 4 meet");
  });
});

describe("Python's values", () => {
  const kept = (body: string) =>
    programOf(forwardOf(body)).outputs.map(({ name, argument }) => [name, argument]);
  const int = (value: number) => ({ kind: "int", value });

  it("are computed: lists, dicts, loops, strings", () => {
    const body = `
l = annotate(List[int], [])
for i in range(4):
  _0 = torch.append(l, torch.mul(i, i))
d = {"sum": torch.sum(l), torch.add("la", "st"): (l)[-1]}
n = 0
while torch.lt(n, torch.len(l)):
  n = torch.add(n, 3)
d["n"] = n
d["floor"] = torch.floordiv(-7, 2)
d["rest"] = torch.remainder(-7, 2)
d["half"] = torch.div(7, 2)
return d`;
    expect(kept(body)).toEqual([
      ["sum", int(14)],
      ["last", int(9)],
      ["n", int(6)],
      ["floor", int(-4)],
      ["rest", int(1)],
      ["half", { kind: "float", value: 3.5 }],
    ]);
  });

  it("are shared by reference", () => {
    const body = "a = [1]\nb = a\n_0 = torch.append(b, 2)\nreturn (torch.len(a), torch.__is__(a, b))";
    expect(kept(body)).toEqual([
      ["output_0", int(2)],
      ["output_1", { kind: "bool", value: true }],
    ]);
  });

  it("choose branches; a branch that only raises is an assertion", () => {
    const body = `
if bool(torch.any(torch.isnan(x))):
  ops.prim.RaiseException("bad", "builtins.ValueError")
else:
  pass
return torch.relu(x)`;
    expect(follow(body).at(-1)).toBe(RELU);
  });

  it("that raise are refused with their line", () => {
    expect(follow('y = x\nops.prim.RaiseException("no")\nreturn y')[0]).toContain(
      "at code/__torch__.py, line 4: the code raises an exception here",
    );
  });
});

describe("branches that depend on the input", () => {
  const branch = (yes: string, no = "pass", before = "y = torch.relu(x)") =>
    follow(`${before}\nif bool(torch.gt(torch.sum(x), 0)):\n  ${yes}\nelse:\n  ${no}\nreturn y`);

  it("become a cond whose results are what differs", () => {
    expect(branch("y = torch.neg(y)", "y = torch.exp(y)").at(-1)).toBe(
      "higher_order::cond float32[batch, 3]",
    );
  });

  it("give what they write into tensors of outside", () => {
    expect(branch("_0 = torch.neg_(y)").at(-1)).toBe("higher_order::cond");
  });

  it("change lists, numbers and truth values", () => {
    expect(branch("_0 = torch.append(y, x)", "_1 = torch.append(y, torch.neg(x))", "y = [x]").at(-1)).toBe(
      "higher_order::cond float32[batch, 3]",
    );
    const numbers = programOf(
      forwardOf(
        "n = 0\nf = 0.5\nt = False\nif bool(torch.any(x)):\n  n, f, t = -2, 1.5, True\nelse:\n  pass\nreturn (n, f, t)",
      ),
    );
    expect(numbers.outputs.map(({ argument }) => argument.kind)).toEqual(["int", "symbol", "symbol"]);
  });

  it("may give None", () => {
    const body =
      "if torch.__is__(y, None):\n  z = x\nelse:\n  z = torch.neg(unchecked_cast(Tensor, y))\nreturn z";
    const maybe = "y: Optional[Tensor] = None\nif bool(torch.any(x)):\n  y = torch.exp(x)\nelse:\n  pass\n";
    expect(follow(maybe + body).at(-1)).toBe("higher_order::cond float32[batch, 3]");
  });

  it("part the rest of the program where what they leave behind has no one type", () => {
    const body =
      "if bool(torch.any(x)):\n  y = torch.unsqueeze(x, 0)\nelse:\n  y = torch.exp(x)\nreturn torch.sum(y)";
    expect(follow(body).at(-1)).toBe("higher_order::cond float32[]");
    expect(branch("_0 = torch.append(y, torch.sum(x))", "pass", "y = [x]")[0]).toContain(
      "forward returns other values depending on the input",
    );
    expect(branch("y = torch.sum(y)")[0]).toContain("forward returns float32[] or float32[batch, 3]");
    expect(branch('y = "a"', 'y = "b"', 'y = "c"')[0]).toContain(`forward returns "a"`);
  });

  it("that may make two names of one tensor are refused where one is written to", () => {
    const either =
      "y = torch.neg(x)\nif bool(torch.any(x)):\n  z = y\nelse:\n  z = torch.exp(y)\n_0 = torch.neg_(z)\n";
    expect(follow(`${either}return z`)).not.toContain("may share memory");
    expect(follow(`${either}return (y, z)`)[0]).toContain("may share memory with another one");
  });
});

describe("loops that depend on the input", () => {
  const loop = (body: string, before: string, returned: string) =>
    follow(
      `${before}\ni = 0\ngo = True\nwhile go:\n  ${body}\n  go = bool(torch.any(x))\nreturn ${returned}`,
    );

  it("carry what changes", () => {
    expect(loop("y = torch.relu(y)", "y = x", "y").at(-1)).toBe("prim::Loop float32[batch, 3] bool[]");
    expect(loop("i = torch.add(i, 1)", "y = x", "i").at(-1)).toBe("prim::Loop bool[]");
  });

  it("free sizes that differ from round to round", () => {
    expect(loop("y = torch.cat([y, x], 1)", "y = x", "y").at(-1)).toMatch(
      /^prim::Loop float32\[batch, u\d+\] bool/,
    );
  });

  it("fill lists", () => {
    const filled = loop("_0 = torch.append(y, x)", "y = annotate(List[Tensor], [])", "torch.stack(y)");
    expect(filled.at(-1)).toMatch(/^prim::Loop bool\[\] float32\[u\d+, batch, 3\]$/);
    expect(
      loop("_0 = torch.append(y, x)", "y = annotate(List[Tensor], [])", "torch.cat(y, 1)").at(-1),
    ).toMatch(/^aten::flatten.using_ints float32\[batch, 3\*u\d+\]$/);
  });

  it("run as often as a size says", () => {
    const body = "y = x\nfor i in range(torch.size(x, 0)):\n  y = torch.add(y, i)\nreturn y";
    expect(follow(body)).toEqual(["prim::Loop float32[batch, 3]"]);
  });

  it("know integers of tensors as what may be negative", () => {
    const body =
      "n = int(torch.sum(torch.to(x, 4)))\nif torch.lt(n, 0):\n  y = torch.neg(x)\nelse:\n  y = x\nreturn y";
    expect(follow(body).at(-1)).toBe("higher_order::cond float32[batch, 3]");
  });

  it("are refused where what they carry has no one type", () => {
    expect(loop("y = torch.unsqueeze(y, 0)", "y = x", "y")[0]).toMatch(
      /'y' is float32\[1, batch, 3\] or float32\[1, 1, batch, 3\]/,
    );
  });
});

describe("limits", () => {
  it("of loops", () => {
    expect(follow("n = 0\nwhile torch.ge(n, 0):\n  n = torch.add(n, 1)\nreturn n")[0]).toContain(
      "statements are run",
    );
  });

  it("of functions that call themselves", () => {
    const text = `${forwardOf("return __torch__.f(x, )")}def f(x: Tensor) -> Tensor:\n  return __torch__.f(x, )\n`;
    expect(() => programOf(text)).toThrow("functions call each other over 120 deep");
  });
});

describe("writing", () => {
  it("into what may or may not be a copy is refused where it shows", () => {
    const transposed = 't = torch.einsum("ij->ji", [x])\nr = torch.reshape(t, [-1])\n_0 = torch.neg_(r)\n';
    expect(follow(`${transposed}return r`)).toHaveLength(3);
    expect(follow(`${transposed}return (r, t)`)[0]).toContain("may share memory with another one");
  });

  it("into a certain copy or a certain view is followed", () => {
    const body = "y = torch.neg(x)\nr = torch.reshape(torch.t(y), [-1])\n_0 = torch.neg_(r)\nreturn (r, y)";
    expect(follow(body)).toHaveLength(4);
  });
});
