// Programs of torch.export, from files of four releases, against what their Python says (conformance/fixtures/pt2.py).
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readZip } from "../../bytes/zip/read-zip.ts";
import { bytesSource } from "../../core/byte-source.ts";
import { FerryError, Problem } from "../../core/errors.ts";
import { numbersOf } from "../../tensor/numbers.ts";
import type { AtenProgram } from "../aten/program.ts";
import { type Pt2Options, readPt2 } from "./read-pt2.ts";

const bytes = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`fixtures/${name}.pt2`, import.meta.url)));

function open(name: string, contents: Uint8Array, options?: Pt2Options): AtenProgram {
  const source = bytesSource(`${name}.pt2`, contents);
  const entries = readZip(source);
  if (entries instanceof Problem) throw new FerryError([entries]);
  return readPt2(source, entries, options);
}

const read = (name: string, options?: Pt2Options): AtenProgram => open(name, bytes(name), options);
const shape = (program: AtenProgram, value: string): string => String(program.graph.types.get(value)?.shape);
const targets = (program: AtenProgram): string[] => program.graph.calls.map((call) => call.target);

describe("names", () => {
  const program = read("structures");

  it("of inputs are forward's parameters and paths within them", () => {
    expect(program.inputs.map((input) => input.name)).toEqual(["a", "d_q", "d_r_0", "args_0", "args_1", "k"]);
  });

  it("of outputs are keys, fields and paths; None has none", () => {
    const names = program.outputs.map((output) => output.name);
    expect(names.slice(0, 6)).toEqual([
      "pair_first",
      "pair_second",
      "record_x",
      "record_y",
      "ordered_u",
      "default_v",
    ]);
    expect(names.slice(6)).toEqual(["list_0", "list_1_0", "k", "one"]);
  });

  it("of a tuple's outputs are numbers", () => {
    const outputs = read("symbols").outputs.map((output) => output.name);
    expect(outputs).toEqual(["output_0", "output_1", "output_2", "output_3", "output_4"]);
  });

  it("build a constant argument in", () => {
    expect(program.graph.calls.flatMap((call) => [...call.args.values()])).toContainEqual({
      kind: "int",
      value: 5,
    });
  });
});

describe("symbols", () => {
  it("that a guard states to be equal are one, and the first axis is the batch", () => {
    const program = read("structures");
    expect([shape(program, "a"), shape(program, "d_q")]).toEqual(["batch,3", "batch,3"]);
  });

  it("make sizes that need no calls", () => {
    const program = read("symbols");
    expect([shape(program, "x"), shape(program, "y")]).toEqual(["batch,3", "2*batch,2"]);
    expect(
      targets(program).filter((target) => /sym_size|floordiv|_operator::(mul|add)/.test(target)),
    ).toEqual([]);
    expect(
      program.graph.calls.find((call) => call.target === "aten::zeros.default")?.args.get("size"),
    ).toMatchObject({
      values: [{ key: "2*u0 + 1" }],
    });
  });

  it("are defined by the calls that compute them", () => {
    const item = read("symbols").graph.calls.find((call) => call.target === "aten::item.default");
    expect(item?.outputs).toMatchObject([{ kind: "int", value: { key: "u0" } }]);
  });

  it("have the bounds that the file states, without the specialisation to 2", () => {
    expect(read("symbols").constraints.get("batch")).toEqual({ min: 4, max: 64 });
    expect(read("structures").constraints.size).toBe(0);
  });
});

describe("weights", () => {
  const program = read("weights");
  const numbers = (name: string): number[] => {
    const weight = [...program.weights.values()].find((candidate) => candidate.name === name);
    if (!weight) throw new Error(`no ${name}`);
    return numbersOf(weight.tensor);
  };

  it("are views of storages, also shared and turned ones", () => {
    expect(numbers("low")).toEqual([2, 3, 4, 5]);
    expect(numbers("high")).toEqual([4, 5, 6, 7]);
    expect(numbers("turned")).toEqual([0, 3, 1, 4, 2, 5]);
    expect(numbers("linear.weight")).toEqual(Array.from({ length: 16 }, (_, index) => index));
  });

  it("may be buffers that are not saved, constants, or of 16 bits", () => {
    expect(numbers("scratch")).toEqual([7, 8]);
    expect(numbers("lifted_tensor_0")).toEqual([1, 2]);
    expect(numbers("small")).toEqual([0.5, -2]);
  });

  it("on the same bytes are one tensor", () => {
    const tied = read("tied");
    const [first, second] = [...tied.weights.values()];
    expect([first?.name, second?.name]).toEqual(["linear.weight", "tied"]);
    expect(first?.tensor).toBe(second?.tensor);
  });

  it("that nothing uses are left out", () => {
    expect([...program.weights.values()].map((weight) => weight.name)).not.toContain("unused");
  });

  it("that are missing are told all at once", () => {
    const renamed = bytes("weights");
    const text = Buffer.from(renamed.buffer);
    for (const entry of ["data/weights/weight_0", "data/weights/weight_1"]) {
      for (let at = text.indexOf(entry); at >= 0; at = text.indexOf(entry, at + 1)) text.write("gone", at);
    }
    expect(() => open("weights", renamed)).toThrow(/its file weight_0 is not[\s\S]*its file weight_1 is not/);
  });
});

describe("a program", () => {
  it("knows where its calls come from", () => {
    const [linear] = read("weights").graph.calls;
    expect(linear?.origin).toEqual({
      scope: "linear",
      operator: "aten.linear.default",
      line: 'File "net.py", line 52, in forward',
    });
  });

  it("keeps graphs that are arguments", () => {
    const cond = read("branch").graph.calls.find((call) => call.target === "higher_order::cond");
    expect([...(cond?.args.values() ?? [])].map((argument) => argument.kind)).toEqual([
      "tensor",
      "graph",
      "graph",
      "tensors",
    ]);
    const inner = cond?.args.get("2");
    const clamp = inner?.kind === "graph" ? inner.value.calls[0] : undefined;
    expect(clamp?.args.get("min")).toEqual({ kind: "float", value: Number.NEGATIVE_INFINITY });
  });

  it("is chosen by name where there are several", () => {
    expect(() => read("two-models")).toThrow(
      /holds 2 models; one of them is wanted; choose one of: first, second/,
    );
    expect(() => read("two-models", { model: "third" })).toThrow(/'third' is not among them/);
    expect(read("two-models", { model: "second" }).inputs).toHaveLength(1);
  });

  it.each(["torch-2.6.0", "torch-2.8.0"])("is read from a file of %s, whose weights are pickles", (name) => {
    const program = read(`../../fixtures/${name}/text.exported`);
    expect(program.producer).toBe(name.replace("-", " "));
    expect(program.inputs).toEqual([{ name: "tokens", value: "tokens" }]);
    expect(shape(program, "tokens")).toBe("batch,6");
    expect(program.constraints.get("batch")).toEqual({ max: 64 });
    const scopes = program.graph.calls.map((call) => call.origin.scope);
    expect(new Set(scopes)).toEqual(new Set(["", "embedding", "attention", "recurrent", "head"]));
    const weight = [...program.weights.values()].find((candidate) => candidate.name === "embedding.weight");
    expect(weight?.tensor.shape).toEqual([12, 8]);
    expect(weight && numbersOf(weight.tensor).every((number) => Math.abs(number) < 5)).toBe(true);
    expect(shape(program, "getitem_1")).toBe("1,batch,4"); // stated as 1,1,batch,4
  });
});
