import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { elementCount } from "./tensor.ts";
import { type PieceMemory, permuteBytes, permutedPieces } from "./transpose.ts";
import { TurningMemory } from "./turning-memory.ts";

function joined(
  memory: PieceMemory,
  bytes: Uint8Array,
  width: number,
  shape: readonly number[],
  perm: readonly number[],
  pieceBytes: number,
): Buffer {
  const pieces = permutedPieces(bytes, width, shape, perm, pieceBytes, memory);
  return Buffer.concat(Array.from(pieces, (piece) => piece.slice()));
}

/** Every byte tells where it stands, and the words' highest bit is set in half of them. */
function filled(bytes: Uint8Array): Uint8Array {
  for (let index = 0; index < bytes.byteLength; index++) bytes[index] = (index * 37 + (index >> 8)) % 251;
  return bytes;
}

describe("TurningMemory", () => {
  it("turns what JavaScript turns, at every size and for tensors of any order", () => {
    const memory = new TurningMemory();
    const turned = vi.fn();
    const shapes = fc.oneof(
      fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 2, maxLength: 2 }),
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 4 }),
    );
    const cases = shapes.chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        perm: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
        width: fc.constantFrom(1, 2, 4, 8),
        cut: fc.nat(4),
        pieceBytes: fc.integer({ min: 1, max: 9000 }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ shape, perm, width, cut, pieceBytes }) => {
        const byteLength = elementCount(shape) * width;
        const bytes = filled(memory.tensor(cut + byteLength)).subarray(cut); // also where words may not lie
        const wanted = permuteBytes(bytes.slice(), width, shape, perm);
        expect(joined(memory, bytes, width, shape, perm, pieceBytes).equals(wanted)).toBe(true);
        turned(memory.turner?.memory.buffer === bytes.buffer);
      }),
      { numRuns: 400 },
    );
    expect(turned).not.toHaveBeenCalledWith(false);
  });

  it("keeps a tensor while its pieces are made, whatever was there before", () => {
    const memory = new TurningMemory();
    for (const rows of [3, 300, 20, 1000]) {
      const bytes = filled(memory.tensor(rows * 90 * 4));
      const wanted = permuteBytes(bytes.slice(), 4, [rows, 90], [1, 0]);
      for (const pieceBytes of [1, 30_000, bytes.byteLength])
        expect(joined(memory, bytes, 4, [rows, 90], [1, 0], pieceBytes).equals(wanted)).toBe(true);
      expect(Buffer.compare(bytes, filled(new Uint8Array(bytes.byteLength)))).toBe(0);
    }
  });

  it("takes bytes from elsewhere, and writes nothing behind a piece", () => {
    const memory = new TurningMemory();
    memory.tensor(4000);
    const bytes = filled(new Uint8Array(37 * 5 * 4));
    const wanted = permuteBytes(bytes, 4, [37, 5], [1, 0]);
    expect(joined(memory, bytes, 4, [37, 5], [1, 0], 1).equals(wanted)).toBe(true);
    expect(joined(memory, filled(new Uint8Array(9000 * 4)), 4, [9000], [0], 1).byteLength).toBe(36_000);

    const within = memory.tensor(37 * 5 * 4);
    const behind = new Uint8Array(
      within.buffer,
      memory.piece(within.byteLength).byteOffset + within.byteLength,
      64,
    );
    behind.fill(170);
    joined(memory, filled(within), 4, [37, 5], [1, 0], within.byteLength);
    expect(behind.every((byte) => byte === 170)).toBe(true);
  });

  it("is memory of JavaScript's where WebAssembly has none", () => {
    const { WebAssembly } = globalThis as unknown as { WebAssembly: object }; // Node's types leave it out
    const memory = new TurningMemory();
    vi.stubGlobal("WebAssembly", {
      ...WebAssembly,
      Module: function refuse() {
        throw new RangeError("could not allocate memory");
      },
    });
    try {
      const bytes = filled(memory.tensor(37 * 5 * 4));
      expect(memory.turner).toBeUndefined();
      const wanted = permuteBytes(bytes, 4, [37, 5], [1, 0]);
      expect(joined(memory, bytes, 4, [37, 5], [1, 0], 64).equals(wanted)).toBe(true);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
