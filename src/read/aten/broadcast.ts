// Shapes that meet by broadcasting, as far as symbols tell.
import { type Dim, sameDim } from "../../graph/dim.ts";
import { Refusal } from "./argument.ts";

/** The common shape; where two different symbols meet, they must be equal, and the first is taken. */
export function broadcastShapes(shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.flatMap((shape) => {
      const at = axis - (rank - shape.length);
      return at < 0 ? [] : [shape[at] as Dim];
    });
    const wide = sizes.filter((size) => size !== 1);
    const [first] = wide;
    if (first === undefined) return 1;
    const fixed = wide.filter((size) => typeof size === "number");
    if (fixed.some((size) => !sameDim(size, fixed[0] as Dim)))
      throw new Refusal(`sizes ${wide.join(" and ")} do not broadcast`);
    return fixed[0] ?? first;
  });
}
