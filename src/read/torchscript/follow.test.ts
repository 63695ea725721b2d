// What forward keeps in the model from call to call.
import { describe, expect, it } from "vitest";
import type { PickleValue } from "../../bytes/pickle/values.ts";
import { FerryError } from "../../core/errors.ts";
import { printGraph } from "../../graph/text.ts";
import { numbersOf } from "../../tensor/numbers.ts";
import { lowerAten } from "../aten/lower.ts";
import type { AtenProgram } from "../aten/program.ts";
import { readArchive } from "./read-torchscript.ts";
import { archiveOf, MATRIX } from "./testing/follow-text.ts";

/** `forward(self, x)` of a module with these attributes; their declarations come first. */
function programOf(
  declared: string,
  attributes: Readonly<Record<string, PickleValue>>,
  body: string,
): AtenProgram {
  const lines = body.trim().split("\n").join("\n    ");
  const text = `class M(Module):\n  ${declared}\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    ${lines}\n`;
  const [reading] = readArchive(archiveOf(text, 10, attributes), { inputs: MATRIX });
  if (!reading) throw new Error("an archive has a reading");
  return reading.program();
}

function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FerryError) return error.message;
    throw error;
  }
  return "";
}

const kept = ({ states }: AtenProgram) =>
  (states ?? []).map(({ input, initial }) => [input.name, initial.dtype, initial.shape, numbersOf(initial)]);

describe("numbers that forward changes", () => {
  const counting = () =>
    programOf("n : int", { n: 3 }, "n = self.n\nself.n = torch.add(n, 1)\nreturn torch.mul(x, n)");

  it("are inputs and outputs, with what they are at first", () => {
    expect(kept(counting())).toEqual([["n", "int64", [], [3]]]);
    expect(printGraph(lowerAten(counting()))).toMatch(
      /^graph main\(x: float32\[batch, 3\], n: int64\[\]\) -> \(output_0, n_out\)/,
    );
  });

  it("are left out where no output depends on them", () => {
    const program = programOf("n : int", { n: 0 }, "self.n = torch.add(self.n, 1)\nreturn torch.relu(x)");
    expect(lowerAten(program).states).toEqual([]);
  });

  it("may be reals and truth values", () => {
    const body =
      "self.f = torch.mul(self.f, 2.)\nself.b = torch.__not__(self.b)\nif self.b:\n  y = torch.mul(x, self.f)\nelse:\n  y = x\nreturn y";
    expect(kept(programOf("f : float\n  b : bool", { f: 0.5, b: false }, body))).toEqual([
      ["f", "float64", [], [0.5]],
      ["b", "bool", [], [0]],
    ]);
  });
});

describe("tensors that are not there at first", () => {
  const body =
    "last = self.last\nif torch.__is__(last, None):\n  y = x\nelse:\n  y = torch.sub(x, unchecked_cast(Tensor, last))\nself.last = torch.sum(x, [0])\nreturn y";

  it("are inputs of their later type, empty in the first call", () => {
    const program = programOf("last : Optional[Tensor]", { last: null }, body);
    expect(kept(program)).toEqual([["last", "float32", [0], []]]);
    expect(program.graph.calls.map(({ target }) => target)).toEqual(["_operator::eq", "higher_order::cond"]);
  });
});

describe("attributes that cannot be kept", () => {
  it("are refused by name", () => {
    const strings = () => programOf("s : str", { s: "a" }, 'self.s = "b"\nreturn x');
    expect(refusalOf(strings)).toContain('forward changes the attribute s from "a" to "b"');
  });
});
