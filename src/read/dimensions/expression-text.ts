// Parses the text of symbolic expressions into a tree: SymPy's srepr, `Mul(Integer(2), Symbol('s0', positive=True))`,
// and the infix form of torch 2.5 and before and of guards, `2*s0 + 1`. One grammar reads both, since srepr is calls.
// Invariant: never throws; text of another language (or nested deeper than the limit) is undefined.

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  /** A call, or an operator under its Python name: `+` is `Add`, `//` is `FloorDiv`. Keyword arguments are left out. */
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] };

/** Real expressions nest some ten deep. */
const MAX_DEPTH = 100;
/**
 * SymPy's texts of a few hundred characters are common; a network of windows over a free height, each stage of which
 * pads and halves what is left, has some of twenty thousand. Trees are walked by recursion.
 */
const MAX_TEXT_LENGTH = 200_000;
const MAX_TOKENS = 20_000;
/** Signs between operands, in all of a text: each may make the tree one deeper, and srepr has none. */
const MAX_SIGNS = 1_000;

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?)|([A-Za-z_][\w.]*)|'([^']*)'|(\*\*|\/\/|==|!=|<=|>=|[-+*/%(),=<>]))/y;

interface Token {
  readonly kind: "number" | "name" | "string" | "sign" | "end";
  readonly text: string;
}

const END: Token = { kind: "end", text: "" };

/** Infix operators by binding strength, weakest first, with the name a call would have. */
const LEVELS: readonly Readonly<Record<string, string>>[] = [
  { "==": "Eq", "!=": "Ne", "<": "Lt", "<=": "Le", ">": "Gt", ">=": "Ge" },
  { "+": "Add", "-": "Sub" },
  { "*": "Mul", "/": "IntTrueDiv", "//": "FloorDiv", "%": "Mod" },
];

export function parseExpression(text: string): Expression | undefined {
  const tokens = text.length <= MAX_TEXT_LENGTH ? tokenize(text) : undefined;
  if (!tokens) return undefined;
  const parser = new Parser(tokens);
  const expression = parser.binary(0);
  return parser.atEnd ? expression : undefined;
}

function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  for (let at = 0; at < trimmed.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(trimmed);
    if (!match || tokens.length >= MAX_TOKENS) return undefined;
    const [, number, name, string, sign] = match;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (string !== undefined) tokens.push({ kind: "string", text: string });
    else tokens.push({ kind: "sign", text: sign ?? "" });
  }
  return tokens;
}

class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;
  private signs = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get atEnd(): boolean {
    return this.at === this.tokens.length;
  }

  binary(level: number): Expression | undefined {
    const operators = LEVELS[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    while (left && this.peek().kind === "sign" && Object.hasOwn(operators, this.peek().text)) {
      if (this.signs++ >= MAX_SIGNS) return undefined;
      const name = operators[this.next().text] ?? "";
      const right = this.binary(level + 1);
      left = right && { kind: "call", name, args: [left, right] };
    }
    return left;
  }

  private unary(): Expression | undefined {
    if (!this.take("-")) return this.power();
    const operand = this.nested(() => this.unary());
    return operand && { kind: "call", name: "Mul", args: [{ kind: "number", value: -1 }, operand] };
  }

  private power(): Expression | undefined {
    const base = this.nested(() => this.primary());
    if (!base || !this.take("**")) return base;
    const exponent = this.nested(() => this.unary());
    return exponent && { kind: "call", name: "Pow", args: [base, exponent] };
  }

  private primary(): Expression | undefined {
    const token = this.next();
    if (token.kind === "number") return { kind: "number", value: Number(token.text) };
    if (token.kind === "string") return { kind: "name", name: token.text };
    if (token.kind === "name")
      return this.take("(") ? this.call(token.text) : { kind: "name", name: token.text };
    if (token.text !== "(") return undefined;
    const inner = this.binary(0);
    return this.take(")") ? inner : undefined;
  }

  private call(name: string): Expression | undefined {
    const args: Expression[] = [];
    while (!this.take(")")) {
      const keyword = this.peek().kind === "name" && this.tokens[this.at + 1]?.text === "=";
      if (keyword) this.at += 2;
      const arg = this.binary(0);
      if (!arg) return undefined;
      if (!keyword) args.push(arg);
      if (!this.take(",") && this.peek().text !== ")") return undefined;
    }
    return { kind: "call", name, args };
  }

  private nested(parse: () => Expression | undefined): Expression | undefined {
    if (this.depth >= MAX_DEPTH) return undefined;
    this.depth++;
    const expression = parse();
    this.depth--;
    return expression;
  }

  private peek(): Token {
    return this.tokens[this.at] ?? END;
  }

  private next(): Token {
    const token = this.peek();
    if (token !== END) this.at++;
    return token;
  }

  private take(sign: string): boolean {
    if (this.peek().kind !== "sign" || this.peek().text !== sign) return false;
    this.at++;
    return true;
  }
}
