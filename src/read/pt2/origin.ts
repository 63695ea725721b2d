// Where a node comes from, out of its metadata: the module's path and the line of the user's own code.
import type { Origin } from "../../graph/graph.ts";
import type { JsonValue } from "./json-value.ts";

const FRAME = /^\s*File "[^"\n]*", line \d+(?:, in [^\n]*)?$/gm;
/** Frames inside PyTorch say how a layer is built, not where the model uses it. */
const LIBRARY = /(?:"|site-packages\/|dist-packages\/)torch\//;
/** Scopes of torch 2.5 and 2.6 are Python expressions: `getattr(L['self'].features, '1')`. */
const GETATTR = /getattr\(((?:[^()]|\([^()]*\))*), '([^']*)'\)/;
/** Nested getattr calls resolved per scope; a module path has some ten parts. */
const MAX_PARTS = 100;

export function originOf(node: JsonValue, operator: string): Origin {
  const metadata = node.get("metadata");
  if (!metadata.present) return { scope: "", operator, line: "" };
  const text = (key: string) => (metadata.get(key).present ? metadata.get(key).string() : "");
  return { scope: scopeOf(text("nn_module_stack")), operator, line: lineOf(text("stack_trace")) };
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

/** The innermost frame outside PyTorch, such as `File "net.py", line 12, in forward`. */
function lineOf(trace: string): string {
  const frames = trace.match(FRAME) ?? [];
  return (frames.findLast((frame) => !LIBRARY.test(frame)) ?? frames.at(-1) ?? "").trim();
}
