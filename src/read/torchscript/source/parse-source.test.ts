import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSource } from "./parse-source.ts";
import { BrokenSource, type Statement } from "./syntax.ts";

const TEXT = `class Net(Module):
  __parameters__ = ["weight", ]
  weight : Tensor
  eps : Final[float] = 1.0000000000000001e-05
  __annotations__["0"] = __torch__.Sub
  def forward(self: __torch__.Net,
    x: Tensor,
    mask: Optional[Tensor]=None) -> Tuple[Tensor, List[int]]:
    _0, y, = (self.sub).forward(x, )
    if torch.__isnot__(mask, None):
      z = torch.add(x, y, alpha=-2)
    else:
      pass
    for i in range(3):
      z = torch.slice(z, 0, i, 9223372036854775807)
    a, b = [1, 2.], {"k": (x, ), "message\\n\\"": -inf}
    while torch.lt(i, 3):
      i = torch.add(i, 1)
    return (z, annotate(List[int], []))
def helper(x: Tensor) -> NoneType:
  return None
`;

function classBody(text: string): readonly Statement[] {
  const [first] = parseSource(text);
  return first?.kind === "class" ? first.body : [];
}

describe("parsing", () => {
  it("finds classes with their fields and methods, and functions", () => {
    expect(parseSource(TEXT).map((statement) => statement.kind)).toEqual(["class", "def"]);
    expect(classBody(TEXT).map((statement) => statement.kind)).toEqual([
      "assign",
      "annotation",
      "annotation",
      "assign",
      "def",
    ]);
  });

  it("knows every statement's line, also after lines that brackets join", () => {
    const method = classBody(TEXT).at(-1);
    const body = method?.kind === "def" ? method.body : [];
    expect(body.map((statement) => [statement.kind, statement.line])).toEqual([
      ["assign", 9],
      ["if", 10],
      ["for", 14],
      ["assign", 16],
      ["while", 17],
      ["return", 19],
    ]);
  });

  it("tells taking apart from naming", () => {
    const [one, two] = parseSource("a, = x\nb = y\n");
    expect([one, two].map((statement) => statement?.kind === "assign" && statement.unpacks)).toEqual([
      true,
      false,
    ]);
  });

  it.each([
    ["x = 3", { kind: "int", value: 3 }],
    ["x = 3.", { kind: "float", value: 3 }],
    ["x = 1e-05", { kind: "float", value: 1e-5 }],
    ["x = 2.j", { kind: "imaginary", value: 2 }],
    ["x = 1.+2.j", { kind: "complex", real: 1, imaginary: 2 }],
    ["x = -1.-2.j", { kind: "complex", real: -1, imaginary: -2 }],
    ['x = "a\\tb\\x41\\101\\\\"', { kind: "string", value: "a\tbAA\\" }],
    ["x = (1,)", { kind: "tuple", items: [{ kind: "int", value: 1 }] }],
    ["x = (1)", { kind: "int", value: 1 }],
    ["x = []", { kind: "list", items: [] }],
  ])("%s", (text, value) => {
    const [statement] = parseSource(text);
    expect(statement?.kind === "assign" && statement.value).toEqual(value);
  });
});

describe("broken code", () => {
  it.each([
    ["def f(x", 1, "the newline where"],
    ["x = $", 1, 'the character "$"'],
    ["if x:\n    a = 1\n  b = 2\n", 3, "an indentation that fits no block"],
    ["a = )", 1, "a ) that closes nothing"],
    ["a = 1\nb = = 2", 2, '"=" where a value is wanted'],
    ["while x:\n", 2, "the end of the file where"],
    [`a = ${"[".repeat(1000)}`, 1, "expressions over 400 deep"],
    [`a = x${".y".repeat(1000)}`, 1, "expressions over 400 deep"],
    [`a = ${"-".repeat(100_000)}1`, 1, "over 400 deep"],
  ])("%# is refused with its line", (text, line, message) => {
    const parse = () => parseSource(text);
    expect(parse).toThrow(message);
    try {
      parse();
    } catch (error) {
      expect(error instanceof BrokenSource && error.line).toBe(line);
    }
  });

  it("ends in trees or in BrokenSource, whatever is changed in it", () => {
    const change = fc.record({
      at: fc.nat(TEXT.length),
      length: fc.nat(20),
      text: fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.constantFrom("(", "[", "\n  ", ":", ",", "if ", '"', "def "),
      ),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let text = TEXT;
        for (const { at, length, text: put } of changes)
          text = text.slice(0, at) + put + text.slice(at + length);
        try {
          parseSource(text);
        } catch (error) {
          expect(error).toBeInstanceOf(BrokenSource);
        }
      }),
      { numRuns: 2000, seed: 5 },
    );
  });
});
