// What guards say of the sizes of inputs, as torch writes them into guards_code.
import { describe, expect, it } from "vitest";
import type { Dim } from "../../graph/dim.ts";
import { unifySymbols } from "./guards.ts";
import { parseJson } from "./parse-json.ts";
import { SymbolScope } from "./symbol-scope.ts";

const symbolic = (name: string, hint: number) => ({
  as_expr: { expr_str: `Symbol('${name}', positive=True, integer=True)`, hint: { as_int: hint } },
});

/** The sizes of x [s0, s1] and y [s2] after these guards; the example had x [2, 20] and y [2]. */
function sizesUnder(...guards: string[]): string[] {
  const text = JSON.stringify({
    graph_module: {
      graph: {
        tensor_values: {
          x: { sizes: [symbolic("s0", 2), symbolic("s1", 20)] },
          y: { sizes: [symbolic("s2", 2)] },
        },
        nodes: [],
      },
    },
    guards_code: guards,
    inputs: [{ as_tensor: { name: "x" } }, { as_tensor: { name: "y" } }],
  });
  const program = parseJson("m.pt2", "model.json", new TextEncoder().encode(text));
  const scope = new SymbolScope();
  const inputs = program
    .get("inputs")
    .list()
    .map((argument, place) => ({ name: ["x", "y"][place] ?? "", path: [["x", "y"][place] ?? ""], argument }));
  unifySymbols(program, inputs, scope);
  const sizeOf = (name: string, axis: number): Dim =>
    scope.dim(
      program.get("graph_module").get("graph").get("tensor_values").get(name).get("sizes").list()[axis] ??
        fail(),
    );
  return [sizeOf("x", 0), sizeOf("x", 1), sizeOf("y", 0)].map(String);
}

function fail(): never {
  throw new Error("there are so many sizes");
}

describe("guards", () => {
  it.each([
    "L['y'].size()[0] == L['x'].size()[0]",
    "L['flat_args'][1].size()[0] == L['flat_args'][0].size()[0]",
  ])("%s makes two sizes one", (guard) => {
    const [first, , third] = sizesUnder(guard);
    expect(third).toBe(first);
  });

  it.each(["(L['x'].size()[1] // 2) == 10", "((L['x'].size()[1] - 1) // 2) // 2 == 4"])(
    "%s fixes the size, which the export did without saying so",
    (guard) => {
      expect(sizesUnder(guard)).toEqual(["s0", "20", "s2"]);
    },
  );

  it.each([
    "(L['x'].size()[1] % 4) == 0",
    "(L['x'].size()[1] // 2) != 1",
    "(L['x'].size()[1] // (L['x'].size()[1] // 4)) == 4",
    "L['x'].size()[1] <= 64",
  ])("%s leaves the size free", (guard) => {
    expect(sizesUnder(guard)).toEqual(["s0", "s1", "s2"]);
  });
});
