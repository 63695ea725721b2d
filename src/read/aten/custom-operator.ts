// Which operators are the user's own: those of a namespace that PyTorch and its libraries do not have.

const KNOWN_NAMESPACES: ReadonlySet<string> = new Set([
  "aten",
  "prim",
  "prims",
  "higher_order",
  "_operator",
  "math",
  "torch",
  "builtins",
  "quantized",
  "quantized_decomposed",
  "torchvision",
  "torchaudio",
  "inductor",
  "export",
  "static_runtime",
  "mkldnn",
  "mkldnn_prepacked",
  "prepacked",
]);

/** Whether `demo::snake.default` is one. */
export function isCustom(target: string): boolean {
  const at = target.indexOf("::");
  return at > 0 && !KNOWN_NAMESPACES.has(target.slice(0, at));
}

/** `demo::snake` of `demo::snake.default`: overloads other than the default one keep their name. */
export function customName(target: string): string {
  return target.replace(/\.default$/, "");
}
