// Functions of a graph's library: the bodies of branches and loops. What a body needs from outside is captured: it
// becomes a further input, the same for all bodies that share a `Captures`, since TensorFlow hands both branches of an
// If, and the condition and the body of a While, the same inputs.
import type { TfBuilder } from "./builder.ts";
import type { TfFunction, TfNode, TfType, TfValue } from "./graph.ts";

/** Values of the graph around that bodies use, each once. */
export class Captures {
  readonly values: TfValue[] = [];

  /** The place of `value` among them. */
  placeOf(value: TfValue): number {
    const known = this.values.findIndex(({ node, index }) => node === value.node && index === value.index);
    return known >= 0 ? known : this.values.push(value) - 1;
  }
}

interface Parameter {
  readonly name: string;
  readonly dtype: TfType;
}

/** A function being built. Its parameters come first, then what it captures. */
export class FunctionBody {
  readonly name: string;
  readonly tf: TfBuilder;
  private readonly captures: Captures;
  private readonly parameters: Parameter[] = [];
  private readonly captured = new Map<number, TfValue>();
  private outputs: readonly TfValue[] = [];

  constructor(outer: TfBuilder, name: string, captures: Captures) {
    this.name = outer.functionName(name);
    this.tf = outer.inner();
    this.captures = captures;
  }

  parameter(dtype: TfType): TfValue {
    const name = `argument_${this.parameters.length}`;
    this.parameters.push({ name, dtype });
    return argument(name, dtype);
  }

  /** A value of the graph around, as this body sees it. */
  capture(outer: TfValue): TfValue {
    const place = this.captures.placeOf(outer);
    const known = this.captured.get(place) ?? argument(`capture_${place}`, outer.dtype);
    this.captured.set(place, known);
    return known;
  }

  returns(outputs: readonly TfValue[]): void {
    this.outputs = outputs;
  }

  /** Puts the function into the library; for when all that share the captures are built. */
  finish(passCaptures = false): void {
    const captures = this.captures.values.map(({ dtype }, place) => ({ name: `capture_${place}`, dtype }));
    const passed = passCaptures ? captures.map(({ name, dtype }) => argument(name, dtype)) : [];
    const outputs = [...this.outputs, ...passed];
    this.tf.addFunction({
      name: this.name,
      inputs: [...this.parameters, ...captures],
      outputs: outputs.map((value, index) => ({ name: `output_${index}`, value })),
      nodes: usedNodes(this.tf.nodes, outputs),
    } satisfies TfFunction);
  }
}

/** An input of a function, as a value. */
function argument(name: string, dtype: TfType): TfValue {
  const node: TfNode = { name, op: "_Arg", inputs: [], controls: [], attributes: new Map() };
  return { node, index: 0, dtype, port: "" };
}

function usedNodes(nodes: readonly TfNode[], outputs: readonly TfValue[]): TfNode[] {
  const used = new Set<TfNode>();
  const pending = outputs.map((output) => output.node);
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (used.has(node)) continue;
    used.add(node);
    pending.push(...node.inputs.map((input) => input.node));
  }
  return nodes.filter((node) => used.has(node));
}
