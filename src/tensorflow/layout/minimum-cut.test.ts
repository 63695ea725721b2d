import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlowNetwork } from "./minimum-cut.ts";

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly capacity: number;
}

function costOf(edges: readonly Edge[], onSource: readonly boolean[]): number {
  return edges
    .filter(({ from, to }) => onSource[from] && !onSource[to])
    .reduce((sum, { capacity }) => sum + capacity, 0);
}

/** Vertex 0 is the source, 1 the sink. */
function cheapest(edges: readonly Edge[], vertices: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let bits = 0; bits < 1 << (vertices - 2); bits++) {
    const sides = Array.from(
      { length: vertices },
      (_, at) => at === 0 || (at > 1 && (bits >> (at - 2)) % 2 === 1),
    );
    best = Math.min(best, costOf(edges, sides));
  }
  return best;
}

describe("FlowNetwork", () => {
  it("finds a cut as cheap as the best of all", () => {
    const vertices = 7;
    const vertex = fc.nat(vertices - 1);
    const edge = fc.record({ from: vertex, to: vertex, capacity: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 25 }), (edges) => {
        const network = new FlowNetwork();
        for (let at = 0; at < vertices; at++) network.vertex();
        for (const { from, to, capacity } of edges) network.edge(from, to, capacity);
        const sides = network.cut(0, 1);
        expect([sides[0], sides[1]]).toEqual([true, false]);
        expect(costOf(edges, sides)).toBe(cheapest(edges, vertices));
      }),
    );
  });

  it("cuts a chain of ten thousand at its thinnest edge", () => {
    const network = new FlowNetwork();
    const chain = Array.from({ length: 10_000 }, () => network.vertex());
    for (let at = 0; at + 1 < chain.length; at++) network.edge(at, at + 1, at === 7000 ? 1 : 5);
    const sides = network.cut(0, chain.length - 1);
    expect([sides[7000], sides[7001]]).toEqual([true, false]);
  });
});
