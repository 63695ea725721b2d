// Parses a file of TorchScript's code into statements: classes, functions, assignments and control flow.
// Not here: expressions (parse-expression.ts), finding a class by its name (../code.ts).
import { lex } from "./lex.ts";
import { parseExpression, parseExpressionList } from "./parse-expression.ts";
import type { ClassDefinition, Expression, FunctionDefinition, Parameter, Statement } from "./syntax.ts";
import { Tokens } from "./tokens.ts";

/** The statements of a file. Throws BrokenSource, which names the line. */
export function parseSource(text: string): Statement[] {
  const tokens = new Tokens(lex(text));
  const statements: Statement[] = [];
  while (!tokens.isKind("end")) {
    if (tokens.isKind("newline")) tokens.take();
    else statements.push(...statement(tokens));
  }
  return statements;
}

/** A compound statement, or simple ones on a line with semicolons between. */
function statement(tokens: Tokens): Statement[] {
  const compound = COMPOUND.get(tokens.current.kind === "name" ? tokens.current.text : "");
  if (compound) return [compound(tokens)];
  return tokens.is("@") ? decorated(tokens) : simpleStatements(tokens);
}

function simpleStatements(tokens: Tokens): Statement[] {
  const found = [simple(tokens)];
  while (tokens.skip(";")) if (!tokens.isKind("newline")) found.push(simple(tokens));
  tokens.expectKind("newline");
  return found;
}

const COMPOUND: ReadonlyMap<string, (tokens: Tokens) => Statement> = new Map<
  string,
  (tokens: Tokens) => Statement
>([
  ["class", parseClass],
  ["def", parseFunction],
  ["if", (tokens) => parseIf(tokens)],
  ["while", parseWhile],
  ["for", parseFor],
  ["with", parseWith],
]);

/** Decorators say nothing that matters here. */
function decorated(tokens: Tokens): Statement[] {
  while (!tokens.isKind("newline") && !tokens.isKind("end")) tokens.take();
  tokens.expectKind("newline");
  return [];
}

function simple(tokens: Tokens): Statement {
  const { line } = tokens;
  if (tokens.skip("return")) {
    const value = tokens.isKind("newline") ? undefined : listValue(tokens);
    return { kind: "return", value, line };
  }
  for (const kind of ["pass", "break", "continue"] as const) if (tokens.skip(kind)) return { kind, line };
  if (tokens.is("import") || tokens.is("from")) {
    while (!tokens.isKind("newline")) tokens.take();
    return { kind: "pass", line };
  }
  return assignment(tokens, line);
}

function assignment(tokens: Tokens, line: number): Statement {
  const { items, hasComma } = parseExpressionList(tokens);
  if (tokens.skip("=")) {
    return { kind: "assign", targets: items, unpacks: hasComma, value: listValue(tokens), line };
  }
  const [target] = items;
  if (!target) return tokens.wrong("a statement");
  if (tokens.skip(":")) {
    const type = parseExpression(tokens);
    const value = tokens.skip("=") ? listValue(tokens) : undefined;
    return { kind: "annotation", target, type, value, line };
  }
  return { kind: "expression", value: hasComma ? { kind: "tuple", items } : target, line };
}

function listValue(tokens: Tokens): Expression {
  const { items, hasComma } = parseExpressionList(tokens);
  const [first] = items;
  return first && !hasComma ? first : { kind: "tuple", items };
}

function block(tokens: Tokens): Statement[] {
  tokens.expect(":");
  if (!tokens.isKind("newline")) return simpleStatements(tokens);
  tokens.take();
  tokens.expectKind("indent");
  const statements: Statement[] = [];
  while (!tokens.isKind("dedent")) {
    if (tokens.isKind("end")) tokens.wrong("a statement");
    statements.push(...statement(tokens));
  }
  tokens.take();
  return statements;
}

/** PyTorch itself prints no elif. */
const MAX_ELIFS = 100;

function parseIf(tokens: Tokens, elifs = 0): Statement {
  if (elifs > MAX_ELIFS) tokens.wrong(`at most ${MAX_ELIFS} elif`);
  const { line } = tokens.take();
  const condition = parseExpression(tokens);
  const body = block(tokens);
  if (tokens.is("elif"))
    return { kind: "if", condition, body, otherwise: [parseIf(tokens, elifs + 1)], line };
  return { kind: "if", condition, body, otherwise: tokens.skip("else") ? block(tokens) : [], line };
}

function parseWhile(tokens: Tokens): Statement {
  const { line } = tokens.take();
  const condition = parseExpression(tokens);
  return { kind: "while", condition, body: block(tokens), line };
}

function parseFor(tokens: Tokens): Statement {
  const { line } = tokens.take();
  const target = parseExpression(tokens);
  tokens.expect("in");
  const items = parseExpression(tokens);
  return { kind: "for", target, items, body: block(tokens), line };
}

function parseWith(tokens: Tokens): Statement {
  const { line } = tokens.take();
  const contexts: Expression[] = [];
  do {
    contexts.push(parseExpression(tokens));
    if (tokens.skip("as")) parseExpression(tokens);
  } while (tokens.skip(","));
  return { kind: "with", contexts, body: block(tokens), line };
}

function parseFunction(tokens: Tokens): FunctionDefinition {
  const { line } = tokens.take();
  const name = tokens.expectKind("name").text;
  tokens.expect("(");
  const parameters: Parameter[] = [];
  while (!tokens.skip(")")) {
    if (!tokens.skip("*")) parameters.push(parameter(tokens));
    if (!tokens.is(")")) tokens.expect(",");
  }
  const returns = tokens.skip("->") ? parseExpression(tokens) : undefined;
  return { kind: "def", name, parameters, returns, body: block(tokens), line };
}

function parameter(tokens: Tokens): Parameter {
  const name = tokens.expectKind("name").text;
  const type = tokens.skip(":") ? parseExpression(tokens) : undefined;
  const fallback = tokens.skip("=") ? parseExpression(tokens) : undefined;
  return { name, type, fallback };
}

function parseClass(tokens: Tokens): ClassDefinition {
  const { line } = tokens.take();
  const name = tokens.expectKind("name").text;
  const bases: Expression[] = [];
  if (tokens.skip("(")) {
    while (!tokens.skip(")")) {
      bases.push(parseExpression(tokens));
      if (!tokens.is(")")) tokens.expect(",");
    }
  }
  return { kind: "class", name, bases, body: block(tokens), line };
}
