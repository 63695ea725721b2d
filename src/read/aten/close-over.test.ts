// Bodies that write into what stands around them.
import { describe, expect, it } from "vitest";
import { NO_ORIGIN } from "../../graph/graph.ts";
import { printGraph } from "../../graph/text.ts";
import { functionalize } from "./functionalize.ts";
import { lowerAten } from "./lower.ts";
import type { AtenArgument, AtenCall, AtenProgram } from "./program.ts";
import { valuesIn } from "./rename.ts";
import { parseProgram } from "./text/parse-program.ts";

const OUTER = `
  input x: float32[2, 3]
  input c: bool[]
  y: float32[2, 3] = aten::clone.default(self=%x)
  row: float32[3] = aten::select.int(self=%y, dim=0, index=1)`;

const tensors = (...values: string[]): AtenArgument => ({ kind: "tensors", values });

/** A body whose text declares what it captures as its inputs. */
function body(text: string): AtenArgument {
  const { graph } = parseProgram(text);
  return { kind: "graph", value: graph };
}

/** The outer program with one call at its end. */
function withCall(returned: string, call: Omit<AtenCall, "origin">): AtenProgram {
  const program = parseProgram(`${OUTER}\n  return o=%${returned}`);
  const calls = [...program.graph.calls, { ...call, origin: NO_ORIGIN }];
  return { ...program, graph: { ...program.graph, calls } };
}

const WRITES = body(`
  input row: float32[3]
  input y: float32[2, 3]
  neg: float32[3] = aten::neg_.default(self=%row)
  double: float32[2, 3] = aten::mul_.Scalar(self=%y, other=2)
  return`);
const LEAVES = body("input row: float32[3]\ninput y: float32[2, 3]\nreturn");

describe("a branch that writes into a tensor and a view of it", () => {
  const cond = (first: AtenArgument, second: AtenArgument): Omit<AtenCall, "origin"> => ({
    target: "higher_order::cond",
    args: new Map<string, AtenArgument>([
      ["0", { kind: "symbol", value: "c" }],
      ["1", first],
      ["2", second],
      ["3", tensors("row", "y")],
    ]),
    outputs: [],
  });

  it("gives the whole tensor, and makes the view in its body", () => {
    const { graph, written } = functionalize(withCall("row", cond(WRITES, LEAVES)).graph, "test.pt2");
    const call = graph.calls.find(({ target }) => target === "higher_order::cond");
    expect([...written.keys()]).toEqual(["y"]);
    expect(call?.args.get("3")).toEqual(tensors("y"));
    expect(call?.outputs.flatMap(valuesIn)).toHaveLength(1);
    // The view that is returned is made again from the result.
    expect(graph.calls.at(-1)?.target).toBe("aten::select.int");
  });

  it("is an If with one output in ONNX", () => {
    const text = printGraph(lowerAten(withCall("y", cond(WRITES, LEAVES))));
    expect(text).toContain("o: float32[2, 3] = If(c)");
    expect(text).toContain("Neg(");
  });

  it("is left alone where it writes into nothing of outside", () => {
    const { graph } = functionalize(withCall("row", cond(LEAVES, LEAVES)).graph, "test.pt2");
    expect(graph.calls.at(-1)?.outputs).toEqual([]);
  });
});

describe("a loop", () => {
  const loop = (
    inner: AtenArgument,
    carried: AtenArgument,
    captured: AtenArgument,
  ): Omit<AtenCall, "origin"> => ({
    target: "prim::Loop",
    args: new Map<string, AtenArgument>([
      ["trips", { kind: "int", value: 3 }],
      ["condition", { kind: "bool", value: true }],
      ["body", inner],
      ["carried", carried],
      ["captured", captured],
    ]),
    outputs: [],
  });
  const text = (returned: string) => `
    input round: int64[]
    input y: float32[2, 3]
    written: float32[2, 3] = aten::add_.Scalar(self=%y, other=1)
    return ${returned}`;

  it("carries what it writes into", () => {
    const program = withCall("y", loop(body(text("again=True")), tensors(), tensors("y")));
    const printed = printGraph(lowerAten(program));
    expect(printed).toMatch(/o: float32\[2, 3\] = Loop\(\S+, \S+, \S+\)/);
  });

  it("that writes into what it replaces is refused", () => {
    const program = withCall("y", loop(body(text("again=True, y=%written")), tensors("y"), tensors()));
    const { problems } = functionalize(program.graph, "test.pt2");
    expect(problems.map(({ message }) => message).join()).toContain("also replaces");
  });

  it("that alone sees what it writes into and replaces keeps the writes in its body", () => {
    const given = loop(body(text("again=True, y=%written")), tensors("y"), tensors());
    const program = withCall("last", { ...given, outputs: [{ kind: "tensor", value: "last" }] });
    const { problems, written } = functionalize(program.graph, "test.pt2");
    expect(problems).toEqual([]);
    expect([...written.keys()]).toEqual([]);
  });

  it("that leaves what it writes into in two places is refused", () => {
    const inner = `
      input round: int64[]
      input y: float32[2, 3]
      input z: float32[2, 3]
      written: float32[2, 3] = aten::add_.Scalar(self=%y, other=1)
      return again=True, y=%written, z=%y`;
    const given = loop(body(inner), tensors("y", "x"), tensors());
    const program = withCall("x", given);
    const { problems } = functionalize(program.graph, "test.pt2");
    expect(problems.map(({ message }) => message).join()).toContain("also replaces");
  });
});
