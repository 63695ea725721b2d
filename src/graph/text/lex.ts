// Text -> tokens of the graph's text form (../text.ts). Comments run from # to the end of the line.

export interface Token {
  readonly kind: "name" | "string" | "number" | "mark" | "end";
  /** The name, the string's contents, the number as written, or the mark. */
  readonly text: string;
  readonly line: number;
}

const TOKEN =
  /(?<space>[ \t\r]+|#[^\n]*)|(?<newline>\n)|(?<name>[A-Za-z_](?:[\w./-]|:(?=[\w:/]))*)|(?<string>"(?:[^"\\\n]|\\.)*")|(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<mark>->|\.\.\.|[(){}[\],:=@*+?-])/y;

/** Throws a SyntaxError at the first character that begins no token. */
export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups)
      throw new SyntaxError(`line ${line}: ${JSON.stringify(text.slice(at, at + 10))} is no token`);
    if (groups.newline) line++;
    else if (groups.name) tokens.push({ kind: "name", text: groups.name, line });
    else if (groups.string) tokens.push({ kind: "string", text: JSON.parse(groups.string), line });
    else if (groups.number) tokens.push({ kind: "number", text: groups.number, line });
    else if (groups.mark) tokens.push({ kind: "mark", text: groups.mark, line });
  }
  tokens.push({ kind: "end", text: "the end", line });
  return tokens;
}

/** Walks tokens; every complaint names the line. */
export class TokenReader {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)] as Token; // there is always an end
  }

  next(): Token {
    const token = this.peek();
    this.at++;
    return token;
  }

  /** Takes the mark if it stands next. */
  accept(mark: string): boolean {
    const token = this.peek();
    if (token.kind !== "mark" || token.text !== mark) return false;
    this.at++;
    return true;
  }

  /** Takes the word if it stands next and `follows` stands after it. */
  acceptWord(word: string, follows: (token: Token) => boolean = () => true): boolean {
    if (this.peek().kind !== "name" || this.peek().text !== word || !follows(this.peek(1))) return false;
    this.at++;
    return true;
  }

  expect(mark: string): void {
    if (!this.accept(mark)) this.fail(`"${mark}"`);
  }

  /** A name, bare or in quotes. */
  name(): string {
    const token = this.next();
    if (token.kind !== "name" && token.kind !== "string") this.fail("a name", token);
    return token.text;
  }

  /** Items between two marks, separated by commas. */
  list<Item>(open: string, close: string, item: () => Item): Item[] {
    this.expect(open);
    const items: Item[] = [];
    while (!this.accept(close)) {
      if (items.length > 0) this.expect(",");
      items.push(item());
    }
    return items;
  }

  fail(wanted: string, token = this.peek()): never {
    throw new SyntaxError(`line ${token.line}: ${JSON.stringify(token.text)} where ${wanted} is wanted`);
  }
}
