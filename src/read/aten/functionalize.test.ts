import { describe, expect, it } from "vitest";
import { functionalize } from "./functionalize.ts";
import type { AtenArgument } from "./program.ts";
import { parseProgram } from "./text/parse-program.ts";

/** The calls as `results = operator(tensors)`, then the outputs. */
function functional(text: string): string[] {
  const { graph, problems } = functionalize(parseProgram(text).graph, "test.pt2");
  const lines = graph.calls.map((call) => {
    const names = [...call.args.values()].flatMap(tensorsOf).join(", ");
    return `${call.outputs.flatMap(tensorsOf).join(", ")} = ${call.target.replace("aten::", "")}(${names})`;
  });
  return [
    ...lines,
    graph.outputs.flatMap(tensorsOf).join(", "),
    ...problems.map((problem) => problem.message),
  ];
}

function tensorsOf(argument: AtenArgument): string[] {
  if (argument.kind === "tensor") return [argument.value];
  return argument.kind === "tensors" ? argument.values.map(String) : [];
}

const program = (...lines: string[]) => functional(["input x: float32[2, 4]", ...lines].join("\n"));

describe("functionalize", () => {
  it("only renames where a fresh value is written to", () => {
    expect(
      program(
        "y: float32[2, 4] = aten::neg.default(self=%x)",
        "relu_: float32[2, 4] = aten::relu_.default(self=%y)",
        "z: float32[2, 4] = aten::add.Tensor(self=%y, other=%relu_)",
        "return o=%z",
      ),
    ).toEqual(["y = neg.default(x)", "relu_ = relu.default(y)", "z = add.Tensor(relu_, relu_)", "z"]);
  });

  it("puts a part back into its base", () => {
    expect(
      program(
        "y: float32[2, 4] = aten::clone.default(self=%x)",
        "row: float32[4] = aten::select.int(self=%y, dim=0, index=1)",
        "filled: float32[4] = aten::fill_.Scalar(self=%row, value=0)",
        "return o=%y",
      ),
    ).toEqual([
      "y = clone.default(x)",
      "row = select.int(y)",
      "filled = fill.Scalar()",
      "y~1 = select_scatter.default(y, filled)",
      "y~1",
    ]);
  });

  it("makes an older view again when its base has changed, and only if it is read", () => {
    const lines = [
      "y: float32[2, 4] = aten::clone.default(self=%x)",
      "view: float32[8] = aten::view.default(self=%y, size=[8])",
      "unread: float32[4, 2] = aten::transpose.int(self=%y, dim0=0, dim1=1)",
      "added: float32[2, 4] = aten::add_.Tensor(self=%y, other=1)",
    ];
    expect(program(...lines, "return o=%view").slice(3)).toEqual([
      "added = add.Tensor(y)",
      "view~1 = view.default(added)",
      "view~1",
    ]);
  });

  it("goes through chains of views", () => {
    expect(
      program(
        "y: float32[2, 4] = aten::clone.default(self=%x)",
        "t: float32[4, 2] = aten::transpose.int(self=%y, dim0=0, dim1=1)",
        "s: float32[1, 2] = aten::slice.Tensor(self=%t, dim=0, start=1, end=2)",
        "n: float32[1, 2] = aten::neg_.default(self=%s)",
        "return a=%y, b=%t",
      ).slice(3),
    ).toEqual([
      "n = neg.default(s)",
      "t~1 = slice_scatter.default(t, n)",
      "y~2 = transpose.int(t~1)",
      "y~2, t~1",
    ]);
  });

  it("takes a reshape that must copy for fresh, by the strides", () => {
    const text = `
      input x: float32[2, 4]
      y: float32[2, 4] = aten::clone.default(self=%x)
      t: float32[4, 2] = aten::transpose.int(self=%y, dim0=0, dim1=1)
      r: float32[8] = aten::reshape.default(self=%t, shape=[8])
      n: float32[8] = aten::neg_.default(self=%r)
      return o=%y
    `;
    const { graph } = parseProgram(text);
    const known = functionalize({ ...graph, strides: new Map([["t", [1, 4]]]) }, "test.pt2");
    expect(known.graph.outputs).toEqual([{ kind: "tensor", value: "y" }]);
    const unknown = functionalize(graph, "test.pt2");
    expect(unknown.graph.outputs).not.toEqual([{ kind: "tensor", value: "y" }]);
  });

  it("lets strides with an offset see the memory of the root, not the view", () => {
    const lines = program(
      "y: float32[2, 4] = aten::clone.default(self=%x)",
      "row: float32[4] = aten::select.int(self=%y, dim=0, index=1)",
      "s: float32[2] = aten::as_strided.default(self=%row, size=[2], stride=[4], storage_offset=0)",
      "n: float32[2] = aten::neg_.default(self=%s)",
      "return o=%row",
    );
    expect(lines.slice(2)).toEqual([
      "s = as_strided.default(y)",
      "n = neg.default(s)",
      "y~1 = as_strided_scatter.default(y, n)",
      "row~2 = select.int(y~1)",
      "row~2",
    ]);
  });

  it("follows unsqueeze_, which changes the tensor itself", () => {
    const lines = program(
      "y: float32[2, 4] = aten::clone.default(self=%x)",
      "u: float32[1, 2, 4] = aten::unsqueeze_.default(self=%y, dim=0)",
      "return o=%y",
    );
    expect(lines.at(-1)).toBe("u");
  });

  it("refuses writing through elements that share memory", () => {
    const lines = program(
      "e: float32[3, 2, 4] = aten::expand.default(self=%x, size=[3, 2, 4])",
      "n: float32[3, 2, 4] = aten::neg_.default(self=%e)",
      "return o=%e",
    );
    expect(lines.at(-1)).toContain("expanded view");
  });

  const joined = (write: string, output: string) =>
    program(
      "y: float32[2, 4] = aten::neg.default(self=%x)",
      'e: float32[4, 2] = aten::einsum.default(equation="ij->ji", tensors=[%y])',
      write,
      `return o=%${output}`,
    );

  it("refuses writing into what may be a view of something that is used later", () => {
    const into = (name: string) => `r: float32[2, 4] = aten::relu_.default(self=%${name})`;
    expect(joined(into("e"), "y").at(-1)).toContain("may share memory with another one");
    expect(joined(into("y"), "e").at(-1)).toContain("may share memory with another one");
    expect(joined(into("e"), "e").at(-1)).toBe("r");
    expect(joined(into("y"), "y").at(-1)).toBe("r");
  });

  it("knows views whose schema does not say that they are", () => {
    const lines = program(
      "y: float32[2, 4] = aten::neg.default(self=%x)",
      "a: float32[1, 2, 4] = aten::atleast_3d.default(self=%y)",
      "r: float32[1, 2, 4] = aten::relu_.default(self=%a)",
      "return o=%y",
    );
    expect(lines.slice(2)).toEqual(["r = relu.default(a)", "y~1 = reshape.default(r)", "y~1"]);
  });

  it("says which inputs and weights were written to", () => {
    const { graph } = parseProgram(
      "input x: float32[2]\nn: float32[2] = aten::neg_.default(self=%x)\nreturn o=%n",
    );
    expect([...functionalize(graph, "test.pt2").written.keys()]).toEqual(["x"]);
  });
});

describe("writes that must not fall away", () => {
  const one = (...lines: string[]) =>
    program("y: float32[2, 4] = aten::neg.default(self=%x)", ...lines).at(-1);

  it("are refused where no operator returns the same", () => {
    const found = [
      one("f: float32[2, 4] = aten::fill_diagonal_.default(self=%y, fill_value=0)", "return o=%y"),
      one("f: float32[2, 4] = aten::_foreach_add_.Scalar(self=[%y], scalar=1)", "return o=%y"),
      one("f: float32[2, 4] = aten::mul.out(self=%x, other=%x, out=%y)", "return o=%y"),
    ];
    for (const message of found) expect(message).toContain("no operator is known that returns the same");
  });

  it("become the overload that takes the same, whatever it is called", () => {
    const target = (text: string) =>
      program("y: float32[2, 4] = aten::neg.default(self=%x)", text, "return o=%y")[1];
    expect(target("p: float32[2, 4] = aten::pow_.Scalar(self=%y, exponent=2)")).toBe(
      "p = pow.Tensor_Scalar(y)",
    );
    expect(target("p: float32[2, 4] = aten::floor_divide_.Tensor(self=%y, other=%x)")).toBe(
      "p = floor_divide.default(y, x)",
    );
  });

  it("reach a tensor that was turned in place under each of its names", () => {
    const lines = program(
      "y: float32[2, 4] = aten::neg.default(self=%x)",
      "v: float32[4] = aten::select.int(self=%y, dim=0, index=0)",
      "r: float32[2, 4] = aten::relu_.default(self=%y)",
      "t: float32[4, 2] = aten::transpose_.default(self=%r, dim0=0, dim1=1)",
      "w: float32[2] = aten::select.int(self=%y, dim=0, index=0)",
      "n: float32[2] = aten::neg_.default(self=%w)",
      "return o=%v",
    );
    expect(lines).toContain("w = select.int(t)");
    expect(lines.at(-2)).toMatch(/^v~\d+ = select.int\(.*\)$/);
  });
});
