// Squeezes that take the batch away because it is 1 in the file. At any other size PyTorch leaves that axis where it is, so
// that from there on its shapes have an axis more than ours, where the batch is joined with a neighbour. Where it is parted
// from that again before it comes out, rows are what one sample gives; where it is not, the result is none of PyTorch's.
import type { Node, Value } from "../graph/graph.ts";
import type { BatchAxis } from "./batch-axis.ts";

/** Operators of PyTorch; the `squeeze` in `unsqueeze` is none. */
const SQUEEZE = /(?<!un)squeeze/;

/** `batchIn` tells where the batch stands in a value. */
export class SqueezedBatch {
  readonly #batchIn: (value: Value) => BatchAxis | undefined;
  /** Values with a joined batch, and the node that took its axis away. */
  readonly #by = new Map<Value, Node>();

  constructor(batchIn: (value: Value) => BatchAxis | undefined) {
    this.#batchIn = batchIn;
  }

  /** Takes note of what a node gives, which is known by now. */
  learn(node: Node, isSqueeze: boolean): void {
    const from = node.inputs.filter((input) => input !== undefined);
    const takesAway = isSqueeze && from.some((value) => this.#batchIn(value)?.factor === 1);
    const by = takesAway ? node : from.map((value) => this.#by.get(value)).find((found) => found);
    if (!by) return;
    for (const output of node.outputs) if (output && this.#isJoined(output)) this.#by.set(output, by);
  }

  /** The squeeze that an output's batch was taken away by. */
  heldBy(outputs: readonly Value[]): Node | undefined {
    return outputs.map((output) => this.#by.get(output)).find((found) => found);
  }

  #isJoined(value: Value): boolean {
    const batch = this.#batchIn(value);
    return batch !== undefined && batch.factor !== 1;
  }
}

/** Whether the node, as the file has it, drops axes of size 1. */
export function isSqueeze({ op, domain, origin }: Node): boolean {
  if (domain !== "") return false;
  return op === "Squeeze" || (op === "Reshape" && SQUEEZE.test(origin.operator));
}
