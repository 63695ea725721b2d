// Parses expressions: names, literals, attributes, subscripts, calls. PyTorch prints operators as calls (`torch.add`).
// Not here: statements (parse-statements.ts).
import type { Expression } from "./syntax.ts";
import { BrokenSource } from "./syntax.ts";
import type { Tokens } from "./tokens.ts";

/** Expressions within expressions, and attributes of attributes. */
const MAX_DEPTH = 400;

export function parseExpression(tokens: Tokens, depth = 0): Expression {
  if (depth > MAX_DEPTH) throw new BrokenSource(tokens.line, `expressions over ${MAX_DEPTH} deep`);
  const value = postfix(tokens, depth);
  if (!tokens.is("if")) return value;
  const { line } = tokens.take();
  const condition = postfix(tokens, depth + 1);
  tokens.expect("else");
  return { kind: "choice", condition, value, otherwise: parseExpression(tokens, depth + 1), line };
}

/** `a, b, c` without brackets: a tuple if there is a comma. */
export function parseExpressionList(tokens: Tokens): { items: Expression[]; hasComma: boolean } {
  const items = [parseExpression(tokens)];
  let hasComma = false;
  while (tokens.skip(",")) {
    hasComma = true;
    if (tokens.current.kind === "newline" || tokens.is("=")) break;
    items.push(parseExpression(tokens));
  }
  return { items, hasComma };
}

function postfix(tokens: Tokens, depth: number): Expression {
  let value = atom(tokens, depth);
  for (let steps = depth; ; steps++) {
    if (steps > MAX_DEPTH) throw new BrokenSource(tokens.line, `expressions over ${MAX_DEPTH} deep`);
    const { line } = tokens;
    if (tokens.skip(".")) {
      value = { kind: "attribute", object: value, name: tokens.expectKind("name").text, line };
    } else if (tokens.skip("[")) {
      const { items, hasComma } = bracketed(tokens, "]", depth);
      const [first] = items;
      if (!first) tokens.wrong("an index");
      const index: Expression = hasComma ? { kind: "tuple", items } : first;
      value = { kind: "subscript", object: value, index, line };
    } else if (tokens.is("(")) {
      value = call(value, tokens, depth);
    } else return value;
  }
}

function call(callee: Expression, tokens: Tokens, depth: number): Expression {
  const { line } = tokens.take();
  const args: Expression[] = [];
  const keywords: [string, Expression][] = [];
  while (!tokens.skip(")")) {
    const next = tokens.peek(1);
    if (tokens.current.kind === "name" && next.kind === "symbol" && next.text === "=") {
      const name = tokens.take().text;
      tokens.take();
      keywords.push([name, parseExpression(tokens, depth + 1)]);
    } else args.push(parseExpression(tokens, depth + 1));
    if (!tokens.is(")")) tokens.expect(",");
  }
  return { kind: "call", callee, args, keywords, line };
}

/** What stands between brackets, the opening one already taken. */
function bracketed(tokens: Tokens, close: string, depth: number): { items: Expression[]; hasComma: boolean } {
  const items: Expression[] = [];
  let hasComma = false;
  while (!tokens.skip(close)) {
    items.push(parseExpression(tokens, depth + 1));
    if (tokens.skip(",")) hasComma = true;
    else if (!tokens.is(close)) tokens.wrong(`, or ${close}`);
  }
  return { items, hasComma };
}

function atom(tokens: Tokens, depth: number): Expression {
  const { kind, text, line } = tokens.current;
  if (kind === "name") {
    tokens.take();
    return { kind: "name", name: text, line };
  }
  if (kind === "int" || kind === "float" || kind === "imaginary") {
    tokens.take();
    const sign = kind !== "imaginary" && tokens.peek(1).kind === "imaginary" ? tokens.current.text : "";
    if (sign !== "+" && sign !== "-") return { kind, value: Number(text) };
    tokens.take();
    const imaginary = Number(tokens.take().text);
    return { kind: "complex", real: Number(text), imaginary: sign === "-" ? -imaginary : imaginary };
  }
  if (kind === "string") return strings(tokens);
  if (tokens.skip("-")) {
    const operand = parseNegated(tokens, depth + 1);
    // The sign is that of the real part alone.
    return operand.kind === "complex"
      ? { ...operand, real: -operand.real }
      : { kind: "negative", operand, line };
  }
  if (tokens.skip("(")) {
    const { items, hasComma } = bracketed(tokens, ")", depth);
    const [first] = items;
    return first && !hasComma ? first : { kind: "tuple", items };
  }
  if (tokens.skip("[")) return { kind: "list", items: bracketed(tokens, "]", depth).items };
  if (tokens.skip("{")) return dict(tokens, depth);
  return tokens.wrong("a value");
}

function parseNegated(tokens: Tokens, depth: number): Expression {
  if (depth > MAX_DEPTH) throw new BrokenSource(tokens.line, `expressions over ${MAX_DEPTH} deep`);
  return postfix(tokens, depth);
}

/** Strings that stand side by side are one. */
function strings(tokens: Tokens): Expression {
  let value = "";
  while (tokens.current.kind === "string") value += tokens.take().text;
  return { kind: "string", value };
}

function dict(tokens: Tokens, depth: number): Expression {
  const entries: [Expression, Expression][] = [];
  while (!tokens.skip("}")) {
    const key = parseExpression(tokens, depth + 1);
    tokens.expect(":");
    entries.push([key, parseExpression(tokens, depth + 1)]);
    if (!tokens.is("}")) tokens.expect(",");
  }
  return { kind: "dict", entries };
}
