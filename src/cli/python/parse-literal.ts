// Python literals, as ast.literal_eval takes them: numbers, strings, bytes, lists, tuples, sets, dicts, True, False, None.
// Source: the Python language reference, lexical analysis and expressions.
// Invariant: nothing is evaluated; `np.ones(3)` and every other name or call is refused.
// Not here: making a tensor of the value (literal-to-tensor.ts). Left out: complex numbers, f-strings, \N{...} names.

export type PythonValue =
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "None" }
  | { readonly type: "str"; readonly value: string }
  | { readonly type: "bytes"; readonly value: Uint8Array }
  | { readonly type: "list" | "tuple" | "set"; readonly items: readonly PythonValue[] }
  | { readonly type: "dict"; readonly entries: readonly (readonly [PythonValue, PythonValue])[] };

/** Python's own parser stops at about this many nested brackets, too. */
const MAX_DEPTH = 200;

/** The value of a literal, or undefined if the text is not one. */
export function parsePythonLiteral(text: string): PythonValue | undefined {
  const parser = new LiteralParser(text);
  try {
    return parser.whole();
  } catch (error) {
    if (error instanceof NotALiteral) return undefined;
    throw error;
  }
}

class NotALiteral extends Error {}

const NUMBER =
  /^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?)/;
const STRING_START = /^([bB][rR]?|[rR][bB]?|[uU])?("""|'''|"|')/;
const WORDS: Readonly<Record<string, PythonValue>> = {
  True: { type: "bool", value: true },
  False: { type: "bool", value: false },
  None: { type: "None" },
};

class LiteralParser {
  readonly text: string;
  at = 0;
  depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  whole(): PythonValue {
    const value = this.value();
    if (!this.skip(",")) return this.atEnd(value);
    // `1, 2` is a tuple without its brackets.
    const rest = this.peek() === "" ? [] : this.items("");
    return this.atEnd({ type: "tuple", items: [value, ...rest] });
  }

  atEnd(value: PythonValue): PythonValue {
    if (this.peek() !== "") throw new NotALiteral();
    return value;
  }

  /** The next character after white space, comments of which literals have none; empty at the end. */
  peek(): string {
    while (/\s/.test(this.text.charAt(this.at))) this.at++;
    return this.text.charAt(this.at);
  }

  skip(token: string): boolean {
    if (this.peek() !== token) return false;
    this.at++;
    return true;
  }

  expect(token: string): void {
    if (!this.skip(token)) throw new NotALiteral();
  }

  value(): PythonValue {
    if (++this.depth > MAX_DEPTH) throw new NotALiteral();
    const value = this.undecoratedValue();
    this.depth--;
    return value;
  }

  undecoratedValue(): PythonValue {
    const next = this.peek();
    if (next === "[") return { type: "list", items: this.bracketed("[", "]") };
    if (next === "(") return this.parenthesized();
    if (next === "{") return this.braced();
    if (next === "-" || next === "+") return this.signed();
    const rest = this.text.slice(this.at);
    if (STRING_START.test(rest)) return this.strings();
    return this.number(rest) ?? this.word(rest);
  }

  bracketed(open: string, close: string): PythonValue[] {
    this.expect(open);
    const items = this.peek() === close ? [] : this.items(close);
    this.expect(close);
    return items;
  }

  /** Values with commas between; one comma may follow the last. */
  items(close: string): PythonValue[] {
    const items = [this.value()];
    while (this.skip(",")) {
      if (this.peek() === close) break;
      items.push(this.value());
    }
    return items;
  }

  parenthesized(): PythonValue {
    this.expect("(");
    if (this.skip(")")) return { type: "tuple", items: [] };
    const first = this.value();
    if (this.skip(")")) return first;
    this.expect(",");
    const rest = this.peek() === ")" ? [] : this.items(")");
    this.expect(")");
    return { type: "tuple", items: [first, ...rest] };
  }

  braced(): PythonValue {
    this.expect("{");
    if (this.skip("}")) return { type: "dict", entries: [] };
    const first = this.value();
    if (!this.skip(":")) {
      const rest = this.skip(",") && this.peek() !== "}" ? this.items("}") : [];
      this.expect("}");
      return { type: "set", items: [first, ...rest] };
    }
    const entries: [PythonValue, PythonValue][] = [[first, this.value()]];
    while (this.skip(",") && this.peek() !== "}") {
      const key = this.value();
      this.expect(":");
      entries.push([key, this.value()]);
    }
    this.expect("}");
    return { type: "dict", entries };
  }

  signed(): PythonValue {
    const negative = this.text.charAt(this.at++) === "-";
    if (/[-+]/.test(this.peek())) throw new NotALiteral(); // Python takes one sign only
    const operand = this.value();
    if (operand.type === "int") return { type: "int", value: negative ? -operand.value : operand.value };
    if (operand.type === "float") return { type: "float", value: negative ? -operand.value : operand.value };
    throw new NotALiteral();
  }

  number(rest: string): PythonValue | undefined {
    const [digits] = NUMBER.exec(rest) ?? [];
    if (digits === undefined) return undefined;
    this.at += digits.length;
    // What follows a number may not be a part of a name: `1e`, `2j`, `0b3`.
    if (/[\w.]/.test(this.text.charAt(this.at))) throw new NotALiteral();
    const plain = digits.replaceAll("_", "");
    if (/^0[xXoObB]/.test(plain)) return { type: "int", value: BigInt(plain.toLowerCase()) };
    if (/[.eE]/.test(plain)) return { type: "float", value: Number(plain) };
    if (/^0+[1-9]/.test(plain)) throw new NotALiteral();
    return { type: "int", value: BigInt(plain) };
  }

  word(rest: string): PythonValue {
    const [name = ""] = /^\w+/.exec(rest) ?? [];
    const value = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
    if (!value) throw new NotALiteral();
    this.at += name.length;
    return value;
  }

  /** Adjacent strings are one; text and bytes do not mix. */
  strings(): PythonValue {
    const parts = [this.string()];
    for (this.peek(); STRING_START.test(this.text.slice(this.at, this.at + 6)); this.peek()) {
      parts.push(this.string());
    }
    const isBytes = parts[0]?.isBytes ?? false;
    if (parts.some((part) => part.isBytes !== isBytes)) throw new NotALiteral();
    const value = parts.map((part) => part.value).join("");
    if (!isBytes) return { type: "str", value };
    return { type: "bytes", value: Uint8Array.from(value, (character) => character.charCodeAt(0)) };
  }

  string(): { value: string; isBytes: boolean } {
    const start = STRING_START.exec(this.text.slice(this.at, this.at + 6));
    if (!start) throw new NotALiteral();
    const prefix = (start[1] ?? "").toLowerCase();
    const quote = start[2] ?? "";
    this.at += start[0].length;
    const isBytes = prefix.includes("b");
    const isRaw = prefix.includes("r");
    let value = "";
    while (!this.text.startsWith(quote, this.at)) {
      const character = this.text.charAt(this.at);
      if (character === "" || (character === "\n" && quote.length === 1)) throw new NotALiteral();
      if (isBytes && character > "\x7f") throw new NotALiteral();
      value += character === "\\" ? this.escape(isRaw, isBytes) : character;
      if (character !== "\\") this.at++;
    }
    this.at += quote.length;
    return { value, isBytes };
  }

  escape(isRaw: boolean, isBytes: boolean): string {
    const [, body = ""] = ESCAPE.exec(this.text.slice(this.at, this.at + 10)) ?? [];
    if (body === "") throw new NotALiteral();
    if (isRaw) {
      this.at += 2;
      return `\\${body.charAt(0)}`;
    }
    const isNumeric = /^[0-7]|^x/.test(body) || (!isBytes && /^[uU]/.test(body));
    this.at += 1 + (isNumeric ? body.length : 1);
    if (isNumeric) return numericEscape(body);
    const named = NAMED_ESCAPES[body.charAt(0)];
    return named ?? `\\${body.charAt(0)}`;
  }
}

const ESCAPE = /^\\([0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^xuU0-7]|[uU])/s;
const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function numericEscape(body: string): string {
  const code = /^[0-7]/.test(body) ? Number.parseInt(body, 8) : Number.parseInt(body.slice(1), 16);
  if (Number.isNaN(code) || code > 0x10ffff) throw new NotALiteral();
  return String.fromCodePoint(code);
}
