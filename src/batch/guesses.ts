// Choices that were made where a shape can be read in several ways, and taking them back: the one nearest before the node
// where things went wrong is made anew first, and those after it are forgotten.
import { type Graph, type Node, usesOf } from "../graph/graph.ts";

interface Guess {
  /** The node in this attempt's copy of the graph. */
  readonly node: Node;
  readonly count: number;
}

export class Guesses {
  /** What was chosen, by the node's place in the file's graph. */
  private readonly choices = new Map<number, number>();
  private places = new Map<Node, number>();
  private made = new Map<number, Guess>();

  /** Starts an attempt on a copy of the graph; nodes are told apart by their place in it. */
  begin(graph: Graph): void {
    this.places = new Map(graph.nodes.map((node, place) => [node, place]));
    this.made = new Map();
  }

  /** The choice whose turn it is, out of `count`. */
  choice(node: Node, count: number): number {
    const place = this.places.get(node);
    if (place === undefined || count < 2) return 0;
    this.made.set(place, { node, count });
    return Math.min(this.choices.get(place) ?? 0, count - 1);
  }

  /** Moves on to the next choice before the node, or at all without one; false if there is none left. */
  takeBack(node: Node | undefined): boolean {
    const before = node && nodesBefore(node);
    for (const [place, guess] of [...this.made].sort(([a], [b]) => b - a)) {
      const next = (this.choices.get(place) ?? 0) + 1;
      const isBefore =
        !before || guess.node.outputs.some((output) => output?.producer && before.has(output.producer));
      if (!isBefore || next >= guess.count) continue;
      for (const later of [...this.choices.keys()]) if (later > place) this.choices.delete(later);
      this.choices.set(place, next);
      return true;
    }
    return false;
  }
}

/** The node and everything that it is computed from. */
function nodesBefore(node: Node): Set<Node> {
  const found = new Set<Node>([node]);
  for (const next of found) for (const value of usesOf(next)) if (value.producer) found.add(value.producer);
  return found;
}
