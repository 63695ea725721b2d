import { describe, expect, it } from "vitest";
import { inlineWrappers } from "./inline.ts";
import type { AtenArgument, AtenGraph } from "./program.ts";
import { parseProgram } from "./text/parse-program.ts";

const body = parseProgram(
  "input x: float32[2]\nneg: float32[2] = aten::neg.default(self=%x)\nreturn o=%neg",
).graph;

const outer: AtenGraph = {
  inputs: ["x"],
  outputs: [{ kind: "tensor", value: "wrapped" }],
  types: body.types,
  calls: [
    {
      target: "higher_order::wrap_with_set_grad_enabled",
      args: new Map([
        ["0", { kind: "bool", value: false }],
        ["1", { kind: "graph", value: body }],
        ["2", { kind: "tensor", value: "x" }],
      ]),
      outputs: [{ kind: "tensors", values: ["wrapped"] }],
      origin: { scope: "", operator: "", line: "" },
    },
  ],
};

describe("inlineWrappers", () => {
  it("puts the body's calls in place of the wrapper, under names of their own", () => {
    const { calls, outputs, types } = inlineWrappers(outer);
    expect(calls.map((call) => [call.target, call.args.get("self"), call.outputs])).toEqual([
      ["aten::neg.default", { kind: "tensor", value: "x" }, [{ kind: "tensor", value: "wrapped/neg" }]],
    ]);
    expect(outputs).toEqual([{ kind: "tensor", value: "wrapped/neg" }]);
    expect(types.get("wrapped/neg")).toEqual(types.get("neg"));
  });

  it("counts sizes among the operands and results: they have places, though no names", () => {
    const [call] = outer.calls;
    const size: AtenArgument = { kind: "int", value: 3 };
    const args = new Map([...(call?.args ?? [])]);
    args.set("1", {
      kind: "graph",
      value: {
        ...body,
        inputs: ["n", "x"],
        outputs: [size, ...body.outputs],
      },
    });
    args.set("2", size).set("3", { kind: "tensor", value: "given" });
    const results: AtenArgument[] = [size, { kind: "tensor", value: "wrapped" }];
    const calls = call ? [{ ...call, args, outputs: results }] : [];
    const inlined = inlineWrappers({ ...outer, calls });
    expect(inlined.calls.map(({ args }) => args.get("self"))).toEqual([{ kind: "tensor", value: "given" }]);
    expect(inlined.outputs).toEqual([{ kind: "tensor", value: "wrapped/neg" }]);
  });

  it("leaves a wrapper whose operands are not those of its body, to be refused", () => {
    const [call] = outer.calls;
    const args = new Map([...(call?.args ?? [])].filter(([place]) => place !== "2"));
    const calls = call ? [{ ...call, args }] : [];
    expect(inlineWrappers({ ...outer, calls }).calls).toEqual(calls);
  });

  it("leaves graphs without wrappers as they are", () => {
    expect(inlineWrappers(body)).toBe(body);
  });
});
