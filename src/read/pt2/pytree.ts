// PyTorch's descriptions of nested inputs and outputs (pytree specs), flattened to one path a leaf.
// Source: https://github.com/pytorch/pytorch/blob/main/torch/utils/_pytree.py (treespec_dumps, protocol 1)
// Layout: `[1, {type, context, children_spec}]` as JSON in a string; a leaf has type null.
import type { EndpointPath } from "../endpoint-names.ts";
import type { JsonValue } from "./json-value.ts";
import { parseJson } from "./parse-json.ts";

/** Field names of the named tuples that the file registers. */
export type NamedTupleFields = ReadonlyMap<string, readonly string[]>;

/** Deeper nesting than any signature of a model. */
const MAX_DEPTH = 64;
/** A dict of a hundred thousand keys. */
const MAX_CONTEXT_LENGTH = 10_000_000;

/** The path of each leaf in order. `spec` is the string that holds the JSON. */
export function leavesOf(spec: JsonValue, fields: NamedTupleFields): EndpointPath[] {
  const bytes = new TextEncoder().encode(spec.string());
  const [, root] = parseJson(spec.file, spec.path, bytes).list();
  const paths: EndpointPath[] = [];
  if (root) collect(root, [], fields, paths);
  return paths;
}

function collect(node: JsonValue, path: EndpointPath, fields: NamedTupleFields, paths: EndpointPath[]): void {
  if (path.length > MAX_DEPTH) node.wrong(`a structure nested at most ${MAX_DEPTH} deep`);
  if (!node.get("type").present) {
    paths.push(path);
    return;
  }
  const children = node.get("children_spec").list();
  const names = childNames(node, fields);
  for (const [index, child] of children.entries())
    collect(child, [...path, names[index] ?? index], fields, paths);
}

function childNames(node: JsonValue, fields: NamedTupleFields): readonly string[] {
  const type = node.get("type").string();
  const context = contextOf(node);
  if (type === "builtins.tuple" || type === "builtins.list" || type === "collections.deque") return [];
  if (type === "collections.namedtuple")
    return typeof context === "string" ? (fields.get(context) ?? []) : [];
  const keys = hasDictContext(context) ? context.dict_context : context;
  if (!Array.isArray(keys)) return [];
  // A data class has two lists: its fields, and the names of those that are None and have no leaf.
  const [first] = keys;
  return (Array.isArray(first) ? first : keys).map(String);
}

/** A default dict's context holds its keys beside its factory. */
function hasDictContext(context: unknown): context is { readonly dict_context: unknown } {
  return typeof context === "object" && context !== null && Object.hasOwn(context, "dict_context");
}

/** JSON in a string, an object (default dicts), or the plain name of a named tuple. */
function contextOf(node: JsonValue): unknown {
  const context = node.get("context");
  if (!context.present) return undefined;
  const text = context.optionalString() ?? context.text(MAX_CONTEXT_LENGTH);
  try {
    return JSON.parse(text);
  } catch {
    return text; // the plain name
  }
}
