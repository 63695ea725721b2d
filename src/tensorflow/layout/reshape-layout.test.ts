import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { symbol } from "../../graph/dim.ts";
import { permuteBytes } from "../../tensor/transpose.ts";
import { channelsLast, identityLayout, inLayout, type Layout, unfold } from "./layout.ts";
import { reshapeLayout } from "./reshape-layout.ts";

/** The bytes of 0, 1, 2, ... of a logical shape, as they stand in a layout. */
function bytesIn(shape: readonly number[], layout: Layout): string {
  const count = shape.reduce((product, size) => product * size, 1);
  const logical = new Uint8Array(count).map((_, index) => index);
  const folds = layout.folded ? [layout.folded] : [];
  const apart = unfold(shape, layout, folds);
  return Buffer.from(permuteBytes(logical, 1, apart.shape as number[], apart.perm)).toString("hex");
}

/** A shape with as many elements, cut and merged at random. */
const factors = fc.array(fc.constantFrom(1, 2, 3), { minLength: 1, maxLength: 6 });
const cuts = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });

function merged(sizes: readonly number[], joins: readonly boolean[]): number[] {
  const shape: number[] = [];
  for (const [index, size] of sizes.entries()) {
    if (index > 0 && joins[index]) shape[shape.length - 1] = (shape.at(-1) ?? 1) * size;
    else shape.push(size);
  }
  return shape;
}

describe("reshapeLayout", () => {
  it("never says that bytes can stay when they cannot", () => {
    let kept = 0;
    fc.assert(
      fc.property(factors, cuts, cuts, fc.infiniteStream(fc.nat()), (sizes, a, b, stream) => {
        const [from, to] = [merged(sizes, a), merged(sizes, b)];
        const keys = from.map(() => stream.next().value as number);
        const perm = [...from.keys()].sort((x, y) => (keys[x] ?? 0) - (keys[y] ?? 0) || x - y);
        const result = reshapeLayout(from, to, { perm });
        if (!result) return;
        kept += 1;
        expect(bytesIn(to, result)).toBe(bytesIn(from, { perm }));
      }),
    );
    expect(kept).toBeGreaterThan(20);
  });

  it("keeps the logical order logical", () => {
    fc.assert(
      fc.property(factors, cuts, cuts, (sizes, a, b) => {
        const [from, to] = [merged(sizes, a), merged(sizes, b)];
        const result = reshapeLayout(from, to, identityLayout(from.length));
        expect(result && bytesIn(to, result)).toBe(bytesIn(to, identityLayout(to.length)));
      }),
    );
  });

  const batch = symbol("batch");
  it.each([
    ["a pooled feature map", [batch, 512, 1, 1], [batch, 512], { perm: [0, 1] }],
    [
      "a flattened feature map, folded",
      [batch, 16, 4, 5],
      [batch, 320],
      { perm: [0, 1], folded: { axis: 1, sizes: [16, 4, 5], order: [1, 2, 0] } },
    ],
    ["pixels in a row", [batch, 16, 4, 5], [batch, 16, 20], { perm: [0, 2, 1] }],
    ["channels in groups", [batch, 16, 4, 5], [batch, 2, 8, 4, 5], { perm: [0, 3, 4, 1, 2] }],
  ])("takes %s as it stands channels-last", (_, from, to, expected) => {
    expect(reshapeLayout(from, to, channelsLast(4))).toEqual(expected);
  });

  it("gives up where the batch is merged with what stands behind it", () => {
    expect(reshapeLayout([batch, 16, 4, 5], [320, batch], channelsLast(4))).toBeUndefined();
    expect(inLayout(["n", "c", "h", "w"], channelsLast(4))).toEqual(["n", "h", "w", "c"]);
  });
});
