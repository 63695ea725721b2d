// A text form of PyTorch programs, so that tests can say what they mean in a few lines.
// Layout, one statement a line, `#` begins a comment:
//   input x: float32[batch, 4]
//   weight w fc.weight: float32[2, 4] = [1, 2, 3, 4, 5, 6, 7, 8]     (zeros if no numbers are given)
//   y: float32[batch, 2] = aten::linear.default(input=%x, weight=%w, alpha=1.5, dims=[0, {batch}], mode="same")
//   %a: int64[2], %b: float32[2] = ...                               (several results)
//   return output_0=%y
// Not here: the format of files (read/pt2/).
import { type Dim, symbol } from "../../../graph/dim.ts";
import { NO_ORIGIN } from "../../../graph/graph.ts";
import { type TensorType, tensorType } from "../../../graph/type.ts";
import { BYTES_PER_ELEMENT, type DType } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import { elementCount } from "../../../tensor/tensor.ts";
import type { AtenArgument, AtenCall, AtenInput, AtenOutput, AtenProgram, Weight } from "../program.ts";
import { splitList } from "./split-list.ts";

/** Throws a SyntaxError that quotes the line it does not understand. */
export function parseProgram(text: string): AtenProgram {
  const parser = new Parser();
  for (const line of text.split("\n")) parser.statement(line.replace(/#.*/, "").trim());
  return parser.program();
}

class Parser {
  private readonly types = new Map<string, TensorType>();
  private readonly inputs: AtenInput[] = [];
  private readonly weights = new Map<string, Weight>();
  private readonly calls: AtenCall[] = [];
  private outputs: AtenOutput[] = [];

  statement(line: string): void {
    if (line === "") return;
    if (line.startsWith("input ")) this.input(line.slice(6));
    else if (line.startsWith("weight ")) this.weight(line.slice(7));
    else if (line.startsWith("return")) this.result(line.slice(6).trim());
    else this.call(line);
  }

  program(): AtenProgram {
    const { inputs, outputs, weights, calls, types } = this;
    const graph = {
      inputs: inputs.map((input) => input.value),
      outputs: outputs.map((output) => output.argument),
      calls,
      types,
    };
    return {
      file: "test.pt2",
      graph,
      inputs,
      outputs,
      weights,
      mutations: new Map(),
      producer: "test",
      constraints: new Map(),
    };
  }

  private input(text: string): void {
    const name = this.typed(text);
    this.inputs.push({ name, value: name });
  }

  private weight(text: string): void {
    const match = /^(\S+) (\S+): (\w+)\[([^\]]*)\](?: = \[(.*)\])?$/.exec(text);
    if (!match) throw new SyntaxError(`weight ${text}`);
    const [, value = "", name = "", dtype = "", sizes = "", numbers] = match;
    const shape = splitList(sizes).map(Number);
    this.types.set(value, tensorType(dtypeOf(dtype), shape));
    const contents =
      numbers === undefined
        ? new Array<number>(elementCount(shape)).fill(0)
        : splitList(numbers).map(numberOf);
    this.weights.set(value, { name, tensor: tensorOfNumbers(dtypeOf(dtype), shape, contents) });
  }

  private call(line: string): void {
    const match = /^(.*?) = ([\w:.]+)\((.*)\)$/.exec(line);
    if (!match) throw new SyntaxError(line);
    const [, results = "", target = "", args = ""] = match;
    const outputs = results === "_" ? [] : splitList(results).map((result) => this.resultOf(result));
    const parsed = splitList(args).map((argument): [string, AtenArgument] => {
      const at = argument.indexOf("=");
      return [argument.slice(0, at), parseArgument(argument.slice(at + 1))];
    });
    this.calls.push({ target, args: new Map(parsed), outputs, origin: NO_ORIGIN });
  }

  /** `y: float32[2]`, a list `(a: ..., b: ...)`, `None`, or `{u0}` for an integer. */
  private resultOf(text: string): AtenArgument {
    if (text === "None") return { kind: "none" };
    if (text.startsWith("{")) return parseArgument(text);
    if (text.startsWith("("))
      return { kind: "tensors", values: splitList(text.slice(1, -1)).map((part) => this.typed(part)) };
    return { kind: "tensor", value: this.typed(text) };
  }

  private typed(text: string): string {
    const match = /^%?(\S+): (\w+)\[([^\]]*)\]$/.exec(text);
    if (!match) throw new SyntaxError(text);
    const [, name = "", dtype = "", sizes = ""] = match;
    this.types.set(name, tensorType(dtypeOf(dtype), splitList(sizes).map(dimOf)));
    return name;
  }

  private result(text: string): void {
    this.outputs = splitList(text).map((part) => {
      const [name = "", argument = ""] = part.split("=");
      return { name, argument: parseArgument(argument) };
    });
  }
}

function parseArgument(text: string): AtenArgument {
  if (text === "None") return { kind: "none" };
  if (text === "True" || text === "False") return { kind: "bool", value: text === "True" };
  if (text.startsWith("%")) return { kind: "tensor", value: text.slice(1) };
  if (text.startsWith('"')) return { kind: "string", value: JSON.parse(text) as string }; // a JSON string is a string
  if (text.startsWith("?")) return { kind: "other", text: text.slice(1) };
  if (text.startsWith("{")) return { kind: "int", value: dimOf(text.slice(1, -1)) };
  if (text.startsWith("[")) return parseList(splitList(text.slice(1, -1)));
  if (text in BYTES_PER_ELEMENT) return { kind: "dtype", value: dtypeOf(text) };
  const number = numberOf(text);
  if (Number.isNaN(number) && text !== "nan") throw new SyntaxError(text);
  return isReal(text) ? { kind: "float", value: number } : { kind: "int", value: number };
}

function parseList(items: readonly string[]): AtenArgument {
  if (items.some((item) => item.startsWith("%"))) {
    return { kind: "tensors", values: items.map((item) => (item === "None" ? undefined : item.slice(1))) };
  }
  if (items.some((item) => item === "True" || item === "False"))
    return { kind: "bools", values: items.map((item) => item === "True") };
  if (items.some(isReal)) return { kind: "floats", values: items.map(numberOf) };
  return {
    kind: "ints",
    values: items.map((item) => (item.startsWith("{") ? dimOf(item.slice(1, -1)) : Number(item))),
  };
}

function isReal(text: string): boolean {
  return /[.e]|inf|nan/.test(text);
}

function numberOf(text: string): number {
  return Number(text.replace("inf", "Infinity"));
}

function dimOf(text: string): Dim {
  return /^-?\d+$/.test(text) ? Number(text) : symbol(text);
}

function dtypeOf(text: string): DType {
  if (!(text in BYTES_PER_ELEMENT)) throw new SyntaxError(`${text} is no element type`);
  return text as DType; // it is a key of the table
}
