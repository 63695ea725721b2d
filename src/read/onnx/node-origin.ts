// Where a node comes from: torch.onnx notes module paths and source lines; its older exporter puts them into names.
import type { NodeProto } from "../../bytes/protobuf/generated/onnx_pb.ts";
import type { Origin } from "../../graph/graph.ts";
import { userLine } from "../source-line.ts";

const SCOPES = "pkg.torch.onnx.name_scopes";
const CLASSES = "pkg.torch.onnx.class_hierarchy";
/** Stands in for the path of a call that PyTorch's own decompositions made without one. */
const NO_SCOPE = "empty_nn_module_stack_from_metadata_hook";
const TRACE = "pkg.torch.onnx.stack_trace";

export function originOf(node: NodeProto): Origin {
  const metadata = new Map(node.metadataProps.map(({ key, value }) => [key, value]));
  const scopes = pythonStrings(metadata.get(SCOPES));
  const classes = pythonStrings(metadata.get(CLASSES));
  const aten = classes.at(-1);
  return {
    // The last scope is the call itself.
    scope: scopes.length > 0 ? modulePath(scopes.at(-2)) : scopeInName(node.name),
    operator: aten !== undefined && /^\w+\.\w+/.test(aten) ? aten : node.opType,
    line: userLine(metadata.get(TRACE) ?? ""),
  };
}

function modulePath(scope = ""): string {
  return scope === NO_SCOPE ? "" : scope;
}

/** The items of a Python list of strings as repr prints it, such as `['', 'layer1', 'layer1.0']`. */
function pythonStrings(text = ""): string[] {
  return [...text.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double ?? "");
}

/** `/layer1/layer1.0/conv1/Conv` is `layer1.0.conv1`: a part that repeats its parent's name stands for both. */
function scopeInName(name: string): string {
  if (!name.startsWith("/")) return "";
  const path: string[] = [];
  for (const part of name.split("/").slice(1, -1)) {
    const parent = path.at(-1);
    if (parent !== undefined && part.startsWith(`${parent}.`)) path.pop();
    path.push(part);
  }
  return path.join(".");
}
