// model.json as older releases write it, and model.json that is broken: the path is named.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FerryError } from "../../core/errors.ts";
import { readGraph } from "./graph.ts";
import type { JsonValue } from "./json-value.ts";
import { parseJson } from "./parse-json.ts";
import { readSignature } from "./signature.ts";
import { SymbolScope } from "./symbol-scope.ts";

const parse = (text: string): JsonValue => parseJson("m.pt2", "model.json", new TextEncoder().encode(text));

describe("parseJson", () => {
  it("reads bare infinities outside of strings", () => {
    const value = parse('{"max": Infinity, "min": -Infinity, "nan": NaN, "text": "Infinity \\" NaN"}');
    const numbers = ["max", "min", "nan"].map((key) => value.get(key).number());
    expect(numbers).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
    expect(value.get("text").string()).toBe('Infinity " NaN');
  });

  it("rounds int64 beyond 2^53 to the nearest double", () => {
    expect(parse("[9223372036854775807]").list()[0]?.integer()).toBe(2 ** 63);
  });

  it("bounds how deep it nests", () => {
    expect(() => parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)).toThrow(/nested without end/);
    expect(parse(`["${"[".repeat(1000)}\\""]`).list()).toHaveLength(1);
    expect(parse(`["\\\\\\"${"[".repeat(1000)}", "\\\\"]`).list()).toHaveLength(2);
    const deep = `${"[".repeat(1000)}${"]".repeat(1000)}`;
    expect(() => parse(`["\\\\", ${deep}]`)).toThrow(/nested without end/);
  });

  it.each(["", "{", '{"a": }', "nonsense"])("says that %j is no JSON", (text) => {
    expect(() => parse(text)).toThrow(/m\.pt2: model\.json is (empty|not JSON)/);
  });
});

describe("JsonValue", () => {
  const value = parse('{"a": [{"b": 1.5}], "u": {"as_int": 1, "as_none": true}}');

  it("names the place of what is wrong", () => {
    const b = value.get("a").list()[0]?.get("b");
    expect(() => b?.integer()).toThrow("m.pt2: model.json: a[0].b is 1.5; an integer is wanted");
    expect(() => b?.get("c")).toThrow("an object is wanted");
    expect(() => value.get("missing").string()).toThrow("model.json: missing is absent; a string is wanted");
    expect(() => value.get("u").variant()).toThrow("an object with one key is wanted");
  });

  it("knows no key that JavaScript adds", () => {
    expect(value.get("constructor").present).toBe(false);
  });
});

const PROGRAM = JSON.stringify({
  graph: {
    inputs: [{ as_tensor: { name: "x" } }],
    outputs: [{ as_tensor: { name: "y" } }],
    nodes: [
      {
        target: "torch.ops.aten.add.Tensor",
        inputs: [
          { name: "self", arg: { as_tensor: { name: "x" } } },
          { name: "other", arg: { as_sym_int: { as_name: "n" } } },
          { name: "scale", arg: { as_optional_tensors: [{ as_none: [] }, { as_tensor: { name: "x" } }] } },
        ],
        outputs: [{ as_tensor: { name: "y" } }],
        metadata: { nn_module_stack: "a,getattr(L['self'].f, '1'),torch.nn.ReLU" },
      },
    ],
    tensor_values: { x: { dtype: 7, sizes: [{ as_expr: { expr_str: "2*s0" } }, { as_int: 3 }] } },
    sym_int_values: { n: { as_expr: { expr_str: "sqrt(s0)" } } },
  },
  signature: {
    input_specs: [{ user_input: { arg: { as_tensor: { name: "x" } } } }],
    output_specs: [{ user_output: { arg: { as_tensor: { name: "y" } } } }],
  },
  module_call_graph: [],
});

describe("readGraph", () => {
  it("reads infix expressions, and makes a symbol of what dimensions cannot hold", () => {
    const graph = readGraph(parse(PROGRAM).get("graph"), new SymbolScope());
    expect(String(graph.types.get("x")?.shape)).toBe("2*s0,3");
    const [call] = graph.calls;
    expect(call?.args.get("other")).toMatchObject({ kind: "int", value: { key: "expr_0" } });
    expect(call?.args.get("scale")).toEqual({ kind: "tensors", values: [undefined, "x"] });
    expect(call?.origin.scope).toBe("f.1");
  });

  it("answers mutated programs with errors of the table", () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.constantFrom('"', "{", "}", "[", "]", ",", ":", "1", "x", "null", "-"),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let text = PROGRAM;
        for (const [at, replacement] of edits) {
          const place = at % text.length;
          text = text.slice(0, place) + replacement + text.slice(place + 1);
        }
        try {
          readGraph(parse(text).get("graph"), new SymbolScope());
          readSignature(parse(text));
        } catch (error) {
          if (!(error instanceof FerryError)) throw error;
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});
