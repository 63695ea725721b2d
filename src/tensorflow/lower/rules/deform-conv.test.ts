import { describe, expect, it } from "vitest";
import { lowered, loweredText } from "../../testing/lower-text.ts";

const text = (attributes: string, mask = "") =>
  `graph main(x: float32[n, 4, 8, 8], w: float32[6, ${attributes.includes("group = 2") ? 2 : 4}, 3, 3],
              o: float32[n, 18, 6, 6]${mask ? ", b: float32[6], m: float32[n, 9, 6, 6]" : ""}) -> (y) {
    y = DeformConv(x, w, o${mask}) {${attributes}}
  }`;

describe("DeformConv", () => {
  it("reads between four pixels for every tap, then multiplies", () => {
    const lines = loweredText(text("strides = [1, 1]"));
    expect(lines.filter((line) => line.startsWith("GatherV2") && line.includes("batch_dims=2"))).toHaveLength(
      4,
    );
    expect(lines.filter((line) => line.startsWith("MatMul"))).toHaveLength(1);
  });

  it("multiplies group by group", () => {
    const lines = loweredText(text("group = 2"));
    expect(lines.filter((line) => line.startsWith("BatchMatMulV2"))).toHaveLength(1);
  });

  it("weighs every tap by the mask", () => {
    const count = (mask: string) =>
      loweredText(text("strides = [1, 1]", mask)).filter((line) => line.startsWith("Mul")).length;
    expect(count(", b, m")).toBeGreaterThan(count(""));
  });

  it("refuses volumes", () => {
    const volume = `graph main(x: float32[1, 1, 4, 4, 4], w: float32[1, 1, 1, 1, 1], o: float32[1, 3, 4, 4, 4]) -> (y) {
      y = DeformConv(x, w, o)
    }`;
    expect(() => lowered(volume)).toThrow("3 spatial dimensions");
  });
});
