// Which symbols are equal: shapes of two inputs may name one size by two symbols, and say so elsewhere.
// From torch 2.9 on `guards_code` holds Python over the inputs, `L['a'].size()[0] == L['b'].size()[1]`; torch 2.8 wrote
// calls of `_operator.eq` and `_assert_scalar`. Other guards (bounds, divisibility) are left to the run.
import { type Dim, linearIn, symbolName, symbolsIn, termsOf } from "../../graph/dim.ts";
import { readArgument } from "./arguments.ts";
import { readSymbolicIntegers } from "./graph.ts";
import type { JsonValue } from "./json-value.ts";
import type { UserInput } from "./signature.ts";
import type { SymbolScope } from "./symbol-scope.ts";

const SIZE = /L((?:\['[^']*'\]|\[\d+\]|\.\w+)+)\.size\(\)\[(\d+)\]/g;

/** Unifies the scope's symbols by what the program states. */
export function unifySymbols(program: JsonValue, inputs: readonly UserInput[], scope: SymbolScope): void {
  const graph = program.get("graph_module").get("graph");
  const sizes = inputSizes(graph, inputs, scope);
  const guards = program.get("guards_code");
  for (const guard of guards.present ? guards.list() : []) {
    const equal = equalDims(guard.string(), sizes, scope);
    if (equal) unifyOrFix(...equal, scope);
  }
  for (const [a, b] of assertedEqual(graph, scope)) scope.unify(a, b);
}

/** A size whose quotient is a certain number, as `size // 2 == 10`, was fixed by the export without saying so. */
function unifyOrFix(a: Dim, b: Dim, scope: SymbolScope): void {
  const [number, expression] = typeof a === "number" ? [a, b] : [b, a];
  if (typeof number === "number" && isQuotient(expression)) scope.fixToExample(expression);
  else scope.unify(a, b);
}

/** Whether it is a size divided by numbers; quotients of sizes, and of what is rounded up, may always be one number. */
function isQuotient(dim: Dim): boolean {
  const [atom, ...more] = termsOf(dim).flatMap((term) => term.atoms);
  if (atom?.kind !== "floordiv" || more.length > 0) return false;
  const [dividend, divisor] = atom.args;
  if (dividend === undefined || typeof divisor !== "number") return false;
  const [name] = symbolsIn(dividend);
  return isQuotient(dividend) || (name !== undefined && linearIn(dividend, name) !== undefined);
}

/** Names the first axis of the first input that has axes `batch`, if it is free. */
export function nameBatch(program: JsonValue, inputs: readonly UserInput[], scope: SymbolScope): void {
  const sizes = inputSizes(program.get("graph_module").get("graph"), inputs, scope);
  const first = inputs.map((input) => sizes.get(pathText(input.path))?.[0]).find((dim) => dim !== undefined);
  if (first !== undefined && symbolName(scope.resolve(first)) !== undefined) scope.rename(first, "batch");
}

/** The sizes of each input by its path as guards spell it, such as `['batch']['image']`. */
function inputSizes(
  graph: JsonValue,
  inputs: readonly UserInput[],
  scope: SymbolScope,
): Map<string, readonly Dim[]> {
  const sizes = new Map<string, readonly Dim[]>();
  for (const [place, { path, argument }] of inputs.entries()) {
    const [variant, contents] = argument.variant();
    if (variant !== "as_tensor") continue;
    const meta = graph.get("tensor_values").get(contents.get("name").string());
    const dims = meta
      .get("sizes")
      .list()
      .map((size) => scope.dim(size));
    sizes.set(pathText(path), dims);
    sizes.set(pathText(["flat_args", place]), dims); // what a strict export calls its inputs
    // The parameter `args_0` is `L['args'][0]` to a guard.
    const [, name, index] = /^(.+)_(\d+)$/.exec(String(path[0])) ?? [];
    if (name !== undefined) sizes.set(pathText([name, Number(index), ...path.slice(1)]), dims);
  }
  return sizes;
}

function pathText(path: readonly (string | number)[]): string {
  return path.map((key) => (typeof key === "number" ? `[${key}]` : `['${key}']`)).join("");
}

/** The two sides of `a == b`, each an expression over sizes of inputs. */
function equalDims(
  guard: string,
  sizes: ReadonlyMap<string, readonly Dim[]>,
  scope: SymbolScope,
): [Dim, Dim] | undefined {
  const sides = guard.split("==");
  if (sides.length !== 2) return undefined;
  const dims = sides.map((side) => sideDim(side, sizes, scope));
  const [a, b] = dims;
  return a === undefined || b === undefined ? undefined : [a, b];
}

function sideDim(
  side: string,
  sizes: ReadonlyMap<string, readonly Dim[]>,
  scope: SymbolScope,
): Dim | undefined {
  let known = true;
  const text = side.replace(SIZE, (_, access: string, axis: string) => {
    const dim = sizes.get(inputPath(access))?.[Number(axis)];
    if (dim === undefined) known = false;
    return `(${dim})`;
  });
  if (!known || /L\[|\bsize\b/.test(text)) return undefined;
  const dim = scope.dimOfText(text);
  return scope.isOpaque(dim) ? undefined : scope.resolve(dim);
}

/** A field `.x` is a key. */
function inputPath(access: string): string {
  return access.replace(/\.(\w+)/g, "['$1']");
}

/** Pairs that an assertion in the graph states to be equal. */
function assertedEqual(graph: JsonValue, scope: SymbolScope): [Dim, Dim][] {
  const context = {
    scope,
    symbolicIntegers: readSymbolicIntegers(graph, scope),
    readGraph: (inner: JsonValue) => inner.wrong("no graph among the arguments of an assertion"),
  };
  const compared = new Map<string, [Dim, Dim]>();
  const asserted: [Dim, Dim][] = [];
  for (const node of graph.get("nodes").list()) {
    const target = node.get("target").string();
    if (target !== "_operator.eq" && target !== "torch.ops.aten._assert_scalar.default") continue;
    const [a, b] = node
      .get("inputs")
      .list()
      .map((input) => readArgument(input.get("arg"), context));
    if (a?.kind === "int" && b?.kind === "int") {
      const [output] = node
        .get("outputs")
        .list()
        .map((result) => readArgument(result, context));
      if (output?.kind === "symbol") compared.set(output.value, [a.value, b.value]);
    } else if (a?.kind === "symbol") {
      const pair = compared.get(a.value);
      if (pair) asserted.push(pair);
    }
  }
  return asserted;
}
