import { expect, it } from "vitest";
import { printGraph } from "../../../graph/text.ts";
import { lowerAten } from "../lower.ts";
import { parseProgram } from "../text/parse-program.ts";

const lowered = (args: string) =>
  printGraph(
    lowerAten(
      parseProgram(`
        input x: float32[batch, time]
        fft: complex64[batch, time] = aten::fft_fft.default(self=%x${args})
        return output_0=%fft
      `),
    ),
  );

it("transforms an axis of free size", () => {
  expect(lowered("")).toContain("= DFT(");
});

it("asks for a fixed size where the size is a factor", () => {
  expect(() => lowered(', norm="ortho"')).toThrow("it transforms time elements; a fixed number is wanted");
});
