// The symbols of one file: turns expression texts into dimensions, unifies symbols that guards state to be equal,
// and gives the batch its name.
// Invariant: one text is one dimension; an expression that dimensions cannot hold is one new symbol everywhere.
import { type Dim, substitute, symbol, symbolName, symbolsIn } from "../../graph/dim.ts";
import { evaluateExpression } from "../dimensions/evaluate-expression.ts";
import { parseExpression } from "../dimensions/expression-text.ts";
import type { JsonValue } from "./json-value.ts";

/** The longest chain of "s1 is s2 is s3" that is followed; each step removes one symbol, so that none is a loop. */
const MAX_UNIFICATIONS = 10_000;

export class SymbolScope {
  private readonly parsed = new Map<string, Dim>();
  private readonly fresh = new Set<string>();
  private readonly replaced = new Map<string, Dim>();
  /** By symbol, its size in the example. */
  private readonly examples = new Map<string, number>();

  /** A `SymInt` of the schema: `{as_int}` or `{as_expr: {expr_str}}`. */
  dim(value: JsonValue): Dim {
    const [variant, contents] = value.variant();
    if (variant === "as_int") return contents.integer();
    if (variant !== "as_expr") return value.wrong("as_int or as_expr");
    const dim = this.dimOfText(contents.get("expr_str").string());
    this.noteExample(dim, contents.get("hint"));
    return this.resolve(dim);
  }

  /** Gives every symbol of a dimension the size that the example had which the model was exported with, if it is stated. */
  fixToExample(dim: Dim): void {
    for (const name of symbolsIn(this.resolve(dim))) {
      const size = this.examples.get(name);
      if (size !== undefined) this.replaced.set(name, size);
    }
  }

  private noteExample(dim: Dim, hint: JsonValue): void {
    const name = symbolName(dim);
    if (name === undefined || !hint.present) return;
    const [variant, contents] = hint.variant();
    if (variant === "as_int") this.examples.set(name, contents.integer());
  }

  /** The dimension that a text stands for, before symbols are unified. */
  dimOfText(text: string): Dim {
    const known = this.parsed.get(text);
    if (known !== undefined) return known;
    const expression = parseExpression(text);
    const dim = (expression && evaluateExpression(expression)) ?? this.freshSymbol();
    this.parsed.set(text, dim);
    return dim;
  }

  /** Whether the dimension contains a symbol that stands for an expression, which only its call can compute. */
  isOpaque(dim: Dim): boolean {
    return typeof dim !== "number" && [...symbolsIn(dim)].some((name) => this.fresh.has(name));
  }

  /** States that two dimensions are equal. Used where one is a bare symbol; the second one gives way to the first. */
  unify(first: Dim, second: Dim): void {
    const kept = this.resolve(first);
    const gone = this.resolve(second);
    if (this.replace(gone, kept)) return;
    this.replace(kept, gone);
  }

  /** Calls a symbol by another name, unless the file has that name already. */
  rename(dim: Dim, name: string): void {
    const taken = [...this.parsed.values()].some((known) => symbolsIn(known).has(name));
    if (!taken) this.replace(this.resolve(dim), symbol(name));
  }

  /** The dimension with unified symbols in it. */
  resolve(dim: Dim): Dim {
    let resolved = dim;
    for (let step = 0; step < MAX_UNIFICATIONS; step++) {
      if (typeof resolved === "number") return resolved;
      if (![...symbolsIn(resolved)].some((name) => this.replaced.has(name))) return resolved;
      resolved = substitute(resolved, (name) => this.replaced.get(name));
    }
    return resolved;
  }

  private replace(gone: Dim, kept: Dim): boolean {
    const name = symbolName(gone);
    if (name === undefined || symbolsIn(kept).has(name) || this.replaced.size >= MAX_UNIFICATIONS)
      return false;
    this.replaced.set(name, kept);
    return true;
  }

  private freshSymbol(): Dim {
    const name = `expr_${this.fresh.size}`;
    this.fresh.add(name);
    return symbol(name);
  }
}
