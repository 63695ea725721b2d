// How messages call a node: by its name and by where in the PyTorch model it comes from.
import type { Node } from "./graph.ts";

/** `'layer1.0/Conv' of layer1.0, aten.conv2d.default, File "net.py", line 12`, as far as it is known. */
export function whereIs(node: Node): string {
  const name = node.name || node.outputs.find((output) => output?.name)?.name;
  const { scope, operator, line } = node.origin;
  const origin = [scope && `of ${scope}`, operator && `from ${operator}`, line && `at ${line}`].filter(
    Boolean,
  );
  return [name ? `'${name}'` : "an unnamed node", ...origin].join(" ");
}
