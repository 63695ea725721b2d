// Legal, unique names of TensorFlow nodes, made from PyTorch's module paths: `layer1.0.conv1` -> `layer1/0/conv1`.
// Source of the pattern: tensorflow/core/framework/node_def_util.cc, [A-Za-z0-9.][A-Za-z0-9_.\\/>-]*

export class NodeNames {
  private readonly taken = new Set<string>();
  private readonly next = new Map<string, number>();

  /** `wanted` made legal, with `_1`, `_2`, ... where it is taken. Names that differ only in case count as equal. */
  unique(wanted: string): string {
    const base = legalName(wanted);
    let name = base;
    let count = this.next.get(base.toLowerCase()) ?? 1;
    while (this.taken.has(name.toLowerCase())) name = `${base}_${count++}`;
    this.next.set(base.toLowerCase(), count);
    this.taken.add(name.toLowerCase());
    return name;
  }
}

/** A module path as a scope: dots part its levels, `/` stays. */
export function scopeOf(modulePath: string): string {
  return modulePath.split(/[./]+/).filter(Boolean).join("/");
}

function legalName(wanted: string): string {
  const legal = wanted.replace(/[^A-Za-z0-9_.\\/>-]/g, "_").replace(/^[^A-Za-z0-9.]+/, "");
  return legal === "" ? "node" : legal;
}
