// Where a node comes from, out of its metadata: the module's path and the user's line.
import type { Origin } from "../../graph/graph.ts";
import { userLine } from "../source-line.ts";
import type { JsonValue } from "./json-value.ts";

/** Scopes of torch 2.5 and 2.6 are Python expressions: `getattr(L['self'].features, '1')`. */
const GETATTR = /getattr\(((?:[^()]|\([^()]*\))*), '([^']*)'\)/;
/** Nested getattr calls resolved per scope; a module path has some ten parts. */
const MAX_PARTS = 100;

export function originOf(node: JsonValue, operator: string): Origin {
  const metadata = node.get("metadata");
  if (!metadata.present) return { scope: "", operator, line: "" };
  const text = (key: string) => (metadata.get(key).present ? metadata.get(key).string() : "");
  return { scope: scopeOf(text("nn_module_stack")), operator, line: userLine(text("stack_trace")) };
}

/** The path of the innermost module: entries are `key,path,type`, separated by semicolons. */
function scopeOf(stack: string): string {
  const innermost = stack.slice(stack.lastIndexOf(";") + 1);
  const start = innermost.indexOf(",");
  const end = innermost.lastIndexOf(",");
  if (start < 0 || end <= start) return "";
  const path = innermost.slice(start + 1, end);
  return path.startsWith("_empty_nn_module_stack") ? "" : plainPath(path);
}

function plainPath(path: string): string {
  let plain = path;
  for (let part = 0; part < MAX_PARTS && GETATTR.test(plain); part++) plain = plain.replace(GETATTR, "$1.$2");
  return plain
    .replace(/^L\['[^']*'\]\.?/, "")
    .replace(/\._modules\['([^']*)'\]/g, ".$1")
    .replace(/\[(?:'([^']*)'|(\d+))\]/g, (_, name?: string, index?: string) => `.${name ?? index}`);
}
