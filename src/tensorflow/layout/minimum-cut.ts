// The minimum cut of a directed network: which vertices stay on the source's side.
// Method: Dinic's algorithm (level graph, blocking flow); capacities are non-negative doubles holding integers.
// Source: E. A. Dinic, Algorithm for solution of a problem of maximum flow, 1970.

export class FlowNetwork {
  private readonly heads: number[] = [];
  private readonly capacities: number[] = [];
  private readonly edges: number[][] = [];

  /** A new vertex. */
  vertex(): number {
    this.edges.push([]);
    return this.edges.length - 1;
  }

  /** Cutting the edge costs `capacity` when `from` is on the source's side and `to` is not. */
  edge(from: number, to: number, capacity: number): void {
    this.edges[from]?.push(this.heads.length);
    this.heads.push(to);
    this.capacities.push(capacity);
    this.edges[to]?.push(this.heads.length);
    this.heads.push(from);
    this.capacities.push(0);
  }

  /** Saturates the network; returns for each vertex whether it stands on the source's side of a cheapest cut. */
  cut(source: number, sink: number): boolean[] {
    for (;;) {
      const levels = this.levelsFrom(source);
      if (levels[sink] === -1) return levels.map((level) => level >= 0);
      const next = this.edges.map(() => 0);
      while (this.push(source, sink, levels, next) > 0);
    }
  }

  /** Breadth-first distances along edges that have capacity left; -1 where there is no way. */
  private levelsFrom(source: number): number[] {
    const levels = this.edges.map(() => -1);
    levels[source] = 0;
    const queue = [source];
    for (const at of queue) {
      for (const edge of this.edges[at] as number[]) {
        const head = this.heads[edge] as number;
        if (levels[head] !== -1 || this.capacities[edge] === 0) continue;
        levels[head] = (levels[at] as number) + 1;
        queue.push(head);
      }
    }
    return levels;
  }

  /** Sends as much as one path takes; without recursion, since a network of layers is as deep as the model. */
  private push(source: number, sink: number, levels: readonly number[], next: number[]): number {
    const path: number[] = [];
    let at = source;
    while (at !== sink) {
      const edges = this.edges[at] as number[];
      const edge = edges[next[at] as number];
      if (edge === undefined) {
        const last = path.pop();
        if (last === undefined) return 0;
        at = this.heads[last ^ 1] as number;
        next[at] = (next[at] as number) + 1;
        continue;
      }
      const head = this.heads[edge] as number;
      if ((this.capacities[edge] as number) > 0 && levels[head] === (levels[at] as number) + 1) {
        path.push(edge);
        at = head;
      } else next[at] = (next[at] as number) + 1;
    }
    const flow = Math.min(...path.map((edge) => this.capacities[edge] as number));
    for (const edge of path) {
      this.capacities[edge] = (this.capacities[edge] as number) - flow;
      this.capacities[edge ^ 1] = (this.capacities[edge ^ 1] as number) + flow;
    }
    return flow;
  }
}
