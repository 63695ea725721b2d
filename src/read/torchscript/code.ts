// Finds classes and functions of the archive's code by their qualified names; a file is parsed when it is first needed.
// Layout: `__torch__.a.b.Name` stands in `code/__torch__/a/b.py`.
// Not here: the parser (source/), what the code does (evaluate/).
import type { ScriptArchive } from "./archive.ts";
import { Malformed } from "./refusal.ts";
import { parseSource } from "./source/parse-source.ts";
import {
  BrokenSource,
  type ClassDefinition,
  type Expression,
  type FunctionDefinition,
  type Statement,
} from "./source/syntax.ts";

export type Definition = ClassDefinition | FunctionDefinition;

/** A field of a class: its type, and its value if it is a constant of the class. */
export interface Field {
  readonly type: Expression;
  readonly value: Expression | undefined;
}

export class Code {
  private readonly archive: ScriptArchive;
  private readonly files = new Map<string, ReadonlyMap<string, Definition>>();
  private readonly fields = new Map<string, ReadonlyMap<string, Field>>();

  constructor(archive: ScriptArchive) {
    this.archive = archive;
  }

  /** The class or function of a qualified name; undefined if the code has none. Throws Malformed. */
  find(name: string): Definition | undefined {
    const dot = name.lastIndexOf(".");
    return this.file(pathOf(name)).get(name.slice(dot + 1));
  }

  class(name: string): ClassDefinition | undefined {
    const found = this.find(name);
    return found?.kind === "class" ? found : undefined;
  }

  method(className: string, name: string): FunctionDefinition | undefined {
    return this.class(className)?.body.find(
      (statement): statement is FunctionDefinition => statement.kind === "def" && statement.name === name,
    );
  }

  /** Fields of a class in order. */
  fieldsOf(className: string): ReadonlyMap<string, Field> {
    const known = this.fields.get(className);
    if (known) return known;
    const fields = new Map<string, Field>();
    for (const statement of this.class(className)?.body ?? []) {
      const name = fieldName(statement);
      if (statement.kind === "annotation" && name !== undefined)
        fields.set(name, { type: statement.type, value: statement.value });
      if (statement.kind === "assign" && name !== undefined)
        fields.set(name, { type: statement.value, value: undefined });
    }
    this.fields.set(className, fields);
    return fields;
  }

  private file(path: string): ReadonlyMap<string, Definition> {
    const known = this.files.get(path);
    if (known) return known;
    const text = this.archive.code(path);
    const definitions = new Map<string, Definition>();
    for (const statement of text === undefined ? [] : parse(path, text)) {
      if (statement.kind === "class" || statement.kind === "def") definitions.set(statement.name, statement);
    }
    this.files.set(path, definitions);
    return definitions;
  }
}

/** The file in which a qualified name is defined. */
export function pathOf(name: string): string {
  return `${name.slice(0, name.lastIndexOf(".")).replaceAll(".", "/")}.py`;
}

function parse(path: string, text: string): Statement[] {
  try {
    return parseSource(text);
  } catch (error) {
    if (error instanceof BrokenSource)
      throw new Malformed(`code/${path}, line ${error.line},`, error.message);
    throw error;
  }
}

/** `name : Type`, or `__annotations__["0"] = Type` for names that are no identifiers. */
function fieldName(statement: Statement): string | undefined {
  const target = statement.kind === "annotation" ? statement.target : undefined;
  if (target?.kind === "name") return target.name;
  const [entry] = statement.kind === "assign" ? statement.targets : [];
  if (entry?.kind !== "subscript" || entry.object.kind !== "name") return undefined;
  return entry.object.name === "__annotations__" && entry.index.kind === "string"
    ? entry.index.value
    : undefined;
}
