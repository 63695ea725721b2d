// A place in a list of tokens, and the questions a parser asks there.
import type { Token } from "./lex.ts";
import { BrokenSource } from "./syntax.ts";

export class Tokens {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get current(): Token {
    return this.peek(0);
  }

  get line(): number {
    return this.current.line;
  }

  peek(ahead: number): Token {
    const last = this.tokens.at(-1) ?? { kind: "end", text: "", line: 0 };
    return this.tokens[this.at + ahead] ?? last;
  }

  take(): Token {
    const token = this.current;
    this.at += 1;
    return token;
  }

  /** Whether the current token is this symbol or keyword. */
  is(text: string): boolean {
    const { kind } = this.current;
    return (kind === "symbol" || kind === "name") && this.current.text === text;
  }

  isKind(kind: Token["kind"]): boolean {
    return this.current.kind === kind;
  }

  /** Takes the symbol or keyword if it is the current token. */
  skip(text: string): boolean {
    const found = this.is(text);
    if (found) this.at += 1;
    return found;
  }

  expect(text: string): void {
    if (!this.skip(text)) this.wrong(text);
  }

  expectKind(kind: Token["kind"]): Token {
    if (this.current.kind !== kind) this.wrong(`a ${kind}`);
    return this.take();
  }

  wrong(wanted: string): never {
    const { kind, text } = this.current;
    const found = text === "" ? `the ${kind === "end" ? "end of the file" : kind}` : JSON.stringify(text);
    throw new BrokenSource(this.line, `${found} where ${wanted} is wanted`);
  }
}
