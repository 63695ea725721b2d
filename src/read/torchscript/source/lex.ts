// Splits TorchScript's code into tokens; indentation becomes tokens too, and lines within brackets are one line.
// Layout: Python's. Strings have double or single quotes and C's escapes; a float always has a point or an exponent.
// Not here: what follows what (parse-statements.ts, parse-expression.ts).
import { BrokenSource } from "./syntax.ts";

export interface Token {
  readonly kind:
    | "name"
    | "int"
    | "float"
    | "imaginary"
    | "string"
    | "symbol"
    | "newline"
    | "indent"
    | "dedent"
    | "end";
  /** The text, for a string its contents. */
  readonly text: string;
  readonly line: number;
}

/** Blocks within blocks: PyTorch's own functions nest some thirty deep. */
const MAX_INDENTS = 200;

const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?j?/y;
const STRING = /[bru]?"(?:[^"\\]|\\[\s\S])*"|[bru]?'(?:[^'\\]|\\[\s\S])*'/y;
const SYMBOL = /->|==|!=|<=|>=|\*\*|\/\/|[-+*/%@&|^~<>()[\]{},:.;=]/y;

/** All tokens, `end` last. Throws BrokenSource. */
export function lex(text: string): Token[] {
  return new Lexer(text).run();
}

class Lexer {
  private readonly text: string;
  private readonly tokens: Token[] = [];
  private readonly indents = [0];
  private at = 0;
  private line = 1;
  private brackets = 0;

  constructor(text: string) {
    this.text = text;
  }

  run(): Token[] {
    let begins = true;
    while (this.at < this.text.length) {
      if (begins && this.brackets === 0) this.indent();
      begins = this.next();
    }
    if (this.tokens.at(-1)?.kind !== "newline") this.push("newline", "");
    for (const _ of this.indents.slice(1)) this.push("dedent", "");
    this.push("end", "");
    return this.tokens;
  }

  /** Reads one token or a blank; true at the end of a line. */
  private next(): boolean {
    const char = this.text[this.at] ?? "";
    if (char === "\n") {
      if (this.brackets === 0 && this.tokens.at(-1)?.kind !== "newline" && this.tokens.length > 0)
        this.push("newline", "");
      this.line += 1;
      this.at += 1;
      return true;
    }
    if (char === " " || char === "\t" || char === "\r") this.at += 1;
    else if (char === "#") this.skipComment();
    else if (char === "\\" && this.text[this.at + 1] === "\n") this.skipJoin();
    else this.token();
    return false;
  }

  private skipComment(): void {
    const end = this.text.indexOf("\n", this.at);
    this.at = end < 0 ? this.text.length : end;
  }

  private skipJoin(): void {
    this.at += 2;
    this.line += 1;
  }

  private token(): void {
    const string = this.match(STRING);
    if (string !== undefined) {
      this.push("string", unescaped(string.slice(string.search(/["']/) + 1, -1)));
      for (const char of string) if (char === "\n") this.line += 1;
      return;
    }
    const name = this.match(NAME);
    const number = name === undefined ? this.match(NUMBER) : undefined;
    if (name !== undefined) this.push("name", name);
    else if (number !== undefined) this.number(number);
    else this.symbol();
  }

  private symbol(): void {
    const symbol = this.match(SYMBOL);
    if (symbol === undefined)
      throw new BrokenSource(this.line, `the character ${JSON.stringify(this.text[this.at])}`);
    if ("([{".includes(symbol)) this.brackets += 1;
    if (")]}".includes(symbol)) this.brackets -= 1;
    if (this.brackets < 0) throw new BrokenSource(this.line, `a ${symbol} that closes nothing`);
    this.push("symbol", symbol);
  }

  private number(text: string): void {
    if (text.endsWith("j")) this.push("imaginary", text.slice(0, -1));
    else this.push(/[.eE]/.test(text) ? "float" : "int", text);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** At the beginning of a line: how far it is indented, unless it is empty. */
  private indent(): void {
    let end = this.at;
    while (this.text[end] === " ") end += 1;
    const char = this.text[end];
    if (char === undefined || char === "\n" || char === "#" || char === "\r") return;
    const width = end - this.at;
    this.at = end;
    if (width > (this.indents.at(-1) ?? 0)) {
      if (this.indents.length >= MAX_INDENTS)
        throw new BrokenSource(this.line, `blocks over ${MAX_INDENTS} deep`);
      this.indents.push(width);
      this.push("indent", "");
    }
    while (width < (this.indents.at(-1) ?? 0)) {
      this.indents.pop();
      this.push("dedent", "");
    }
    if (width !== this.indents.at(-1)) throw new BrokenSource(this.line, "an indentation that fits no block");
  }

  private push(kind: Token["kind"], text: string): void {
    this.tokens.push({ kind, text, line: this.line });
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\u0007",
  b: "\b",
  f: "\f",
  v: "\v",
  "\n": "",
};

function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S]))/g,
    (_, hex?: string, octal?: string, char = "") => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return ESCAPES[char] ?? char;
    },
  );
}
