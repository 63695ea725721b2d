// The syntax tree of TorchScript's code: the part of Python that PyTorch prints into the files of an archive.
// Source: https://docs.pytorch.org/docs/stable/jit_language_reference.html
// Invariant: every statement and call knows its line; types are expressions like any other.
// Not here: tokens (lex.ts), what the code means (../evaluate/).

export type Expression =
  | { readonly kind: "name"; readonly name: string; readonly line: number }
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "imaginary"; readonly value: number }
  /** `1.+2.j`; the language has no other sums. */
  | { readonly kind: "complex"; readonly real: number; readonly imaginary: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "negative"; readonly operand: Expression; readonly line: number }
  | Attribute
  | {
      readonly kind: "subscript";
      readonly object: Expression;
      readonly index: Expression;
      readonly line: number;
    }
  | CallExpression
  | { readonly kind: "list" | "tuple"; readonly items: readonly Expression[] }
  | { readonly kind: "dict"; readonly entries: readonly (readonly [Expression, Expression])[] }
  | {
      readonly kind: "choice";
      readonly condition: Expression;
      readonly value: Expression;
      readonly otherwise: Expression;
      readonly line: number;
    };

export interface Attribute {
  readonly kind: "attribute";
  readonly object: Expression;
  readonly name: string;
  readonly line: number;
}

export interface CallExpression {
  readonly kind: "call";
  readonly callee: Expression;
  readonly args: readonly Expression[];
  readonly keywords: readonly (readonly [string, Expression])[];
  readonly line: number;
}

export type Statement =
  | {
      readonly kind: "assign";
      readonly targets: readonly Expression[];
      /** `a, b = x`: the value is taken apart. */
      readonly unpacks: boolean;
      readonly value: Expression;
      readonly line: number;
    }
  /** `name : Type` with or without a value. */
  | {
      readonly kind: "annotation";
      readonly target: Expression;
      readonly type: Expression;
      readonly value: Expression | undefined;
      readonly line: number;
    }
  | { readonly kind: "expression"; readonly value: Expression; readonly line: number }
  | { readonly kind: "return"; readonly value: Expression | undefined; readonly line: number }
  | ({ readonly kind: "if"; readonly condition: Expression; readonly line: number } & Branches)
  | {
      readonly kind: "while";
      readonly condition: Expression;
      readonly body: readonly Statement[];
      readonly line: number;
    }
  | {
      readonly kind: "for";
      readonly target: Expression;
      readonly items: Expression;
      readonly body: readonly Statement[];
      readonly line: number;
    }
  | {
      readonly kind: "with";
      readonly contexts: readonly Expression[];
      readonly body: readonly Statement[];
      readonly line: number;
    }
  | { readonly kind: "pass" | "break" | "continue"; readonly line: number }
  | FunctionDefinition
  | ClassDefinition;

interface Branches {
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

export interface Parameter {
  readonly name: string;
  readonly type: Expression | undefined;
  readonly fallback: Expression | undefined;
}

export interface FunctionDefinition {
  readonly kind: "def";
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly returns: Expression | undefined;
  readonly body: readonly Statement[];
  readonly line: number;
}

export interface ClassDefinition {
  readonly kind: "class";
  readonly name: string;
  readonly bases: readonly Expression[];
  readonly body: readonly Statement[];
  readonly line: number;
}

/** Code that is not in the language, at a line; thrown by the lexer and the parser. */
export class BrokenSource extends Error {
  readonly line: number;

  constructor(line: number, found: string) {
    super(found);
    this.name = "BrokenSource";
    this.line = line;
  }
}
