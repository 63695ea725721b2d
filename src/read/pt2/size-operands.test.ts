import { describe, expect, it } from "vitest";
import { type Dim, symbol } from "../../graph/dim.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "../aten/program.ts";
import { withoutSizes } from "./size-operands.ts";

const BATCH = symbol("batch");
const SIZES = new Map<string, Dim>([["n", BATCH]]);

const graph = (...inputs: string[]): AtenGraph => ({ inputs, outputs: [], calls: [], types: new Map() });
const body = (value: AtenGraph): AtenArgument => ({ kind: "graph", value });
const tensors = (...values: (string | undefined)[]): AtenArgument => ({ kind: "tensors", values });
const call = (target: string, ...args: AtenArgument[]): AtenCall => ({
  target: `higher_order::${target}`,
  args: new Map(args.map((argument, place) => [String(place), argument])),
  outputs: [],
  origin: { scope: "", operator: "", line: "" },
});

describe("withoutSizes", () => {
  it("takes a size from the operands of a choice and from both bodies", () => {
    const given = call(
      "cond",
      { kind: "tensor", value: "p" },
      body(graph("a", "b", "c")),
      body(graph("d", "e", "f")),
      tensors("x", "n", "y"),
    );
    const sizes = () =>
      new Map<string, Dim>([
        ["b", BATCH],
        ["e", BATCH],
      ]);
    expect(withoutSizes(given, SIZES, sizes)).toEqual(
      call(
        "cond",
        { kind: "tensor", value: "p" },
        body(graph("a", "c")),
        body(graph("d", "f")),
        tensors("x", "y"),
      ),
    );
  });

  it("counts the operands of a loop over all its lists", () => {
    const given = call(
      "while_loop",
      body(graph("a", "b", "c")),
      body(graph("a", "b", "c")),
      tensors("x"),
      tensors("n", "w"),
    );
    const sizes = () => new Map<string, Dim>([["b", BATCH]]);
    expect(withoutSizes(given, SIZES, sizes)).toEqual(
      call("while_loop", body(graph("a", "c")), body(graph("a", "c")), tensors("x"), tensors("w")),
    );
  });

  it("leaves a size that a body knows by another expression, since it may change from round to round", () => {
    const given = call("while_loop", body(graph("a")), body(graph("a")), tensors("n"), tensors());
    const sizes = () => new Map<string, Dim>([["a", symbol("u0")]]);
    expect(withoutSizes(given, SIZES, sizes)).toBe(given);
  });

  it("leaves a call whose bodies take another number of inputs", () => {
    const given = call("map_impl", body(graph("a")), tensors("x"), tensors("n"));
    expect(withoutSizes(given, SIZES, () => new Map([["a", BATCH]]))).toBe(given);
  });
});
