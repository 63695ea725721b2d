// Operator schemas: argument names, types and defaults, so that arguments which the file omits get PyTorch's defaults.
// Source: https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/README.md ("func")
// Layout of a line: `name.overload(Type name=default, *, Type? name=None) -> Result`; `(a!)` after a type means written to,
// `(a)` that the result may share its memory.
// Not here: the lines themselves (schema-table.ts, generated).
import { SCHEMA_LINES } from "./schema-table.ts";
import { splitList } from "./text/split-list.ts";

export interface SchemaArgument {
  readonly name: string;
  /** The type without annotations, such as `Tensor`, `SymInt[2]`, `Scalar?`. */
  readonly type: string;
  /** The literal of the default as it is written, if there is one. */
  readonly fallback: string | undefined;
  /** The operator writes into this tensor. */
  readonly written: boolean;
  /** It is given by its name only. */
  readonly keyword: boolean;
}

export interface Schema {
  /** Such as `aten::conv2d.default`. */
  readonly target: string;
  readonly arguments: readonly SchemaArgument[];
  /** What follows the arrow. */
  readonly returns: string;
}

let lines: Map<string, string> | undefined;
let overloads: Map<string, string[]> | undefined;
const parsed = new Map<string, Schema>();

/** The schema of a target such as `aten::add.Tensor`; undefined for operators that are not ATen's. */
export function schemaOf(target: string): Schema | undefined {
  const known = parsed.get(target);
  if (known) return known;
  lines ??= indexLines();
  const line = lines.get(target);
  if (line === undefined) return undefined;
  const schema = parseSchema(target, line);
  parsed.set(target, schema);
  return schema;
}

/** All schemas of an operator such as `aten::add`, sorted by overload. */
export function overloadsOf(operator: string): Schema[] {
  lines ??= indexLines();
  overloads ??= groupTargets(lines.keys());
  return (overloads.get(operator) ?? []).flatMap((target) => schemaOf(target) ?? []);
}

function groupTargets(targets: Iterable<string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const target of targets) {
    const operator = target.slice(0, target.indexOf("."));
    const group = groups.get(operator);
    if (group) group.push(target);
    else groups.set(operator, [target]);
  }
  return groups;
}

function indexLines(): Map<string, string> {
  const index = new Map<string, string>();
  for (const line of SCHEMA_LINES.split("\n")) {
    const name = line.slice(0, line.indexOf("("));
    if (name) index.set(withNamespace(withOverload(name)), line);
  }
  return index;
}

function withOverload(name: string): string {
  return name.includes(".") ? name : `${name}.default`;
}

function withNamespace(name: string): string {
  return name.includes("::") ? name : `aten::${name}`;
}

/** A schema as PyTorch prints it, with or without the operator's name: `(Tensor x, float beta=1.0) -> Tensor`. */
export function parseSchemaText(target: string, text: string): Schema | undefined {
  return /^[^()]*\(.*\) -> .+$/s.test(text.trim()) ? parseSchema(target, text.trim()) : undefined;
}

function parseSchema(target: string, line: string): Schema {
  const end = line.lastIndexOf(") -> ");
  const inner = line.slice(line.indexOf("(") + 1, end);
  const parts = splitList(inner).filter((part) => part !== "");
  const star = parts.indexOf("*");
  const args = parts.flatMap((part, at) =>
    at === star ? [] : [parseArgument(part, star >= 0 && at > star)],
  );
  return { target, arguments: args, returns: line.slice(end + 5) };
}

function parseArgument(part: string, keyword: boolean): SchemaArgument {
  const match = /^(.*?) (\w+)(?:=(.*))?$/.exec(part);
  const type = match?.[1] ?? part;
  return {
    name: match?.[2] ?? "",
    type: type.replace(/\([^)]*\)/g, ""),
    fallback: match?.[3],
    written: type.includes("!"),
    keyword,
  };
}
