import { describe, expect, it } from "vitest";
import { type Axis, type Interpolation, tapsOf } from "./resize-weights.ts";

const LINEAR: Interpolation = {
  mode: "linear",
  coordinates: "half_pixel",
  nearest: "round_prefer_floor",
  cubicCoefficient: -0.75,
  excludeOutside: false,
  antialias: false,
};

/** The axis 1, 2, 3, ... resized. */
function resized(
  from: number,
  to: number,
  how: Partial<Interpolation>,
  axis: Partial<Axis> = {},
): (number | undefined)[] {
  const taps = tapsOf({ from, to, scale: to / from, region: [0, 1], ...axis }, { ...LINEAR, ...how });
  return taps.map((tap) => {
    const sum = tap?.reduce((total, [place, weight]) => total + (place + 1) * weight, 0);
    return sum === undefined ? undefined : Number(sum.toFixed(5));
  });
}

// Expected values: the examples in ONNX's specification of Resize, and PyTorch's interpolate.
describe("tapsOf", () => {
  it("interpolates linearly between centres, corners and edges", () => {
    expect(resized(2, 4, {})).toEqual([1, 1.25, 1.75, 2]);
    expect(resized(2, 4, { coordinates: "align_corners" })).toEqual([1, 1.33333, 1.66667, 2]);
    expect(resized(2, 4, { coordinates: "asymmetric" })).toEqual([1, 1.5, 2, 2]);
    expect(resized(4, 1, { coordinates: "pytorch_half_pixel" })).toEqual([1]);
  });

  it("rounds a coordinate between two places as float32 does", () => {
    const places = resized(
      8,
      13,
      { mode: "nearest", nearest: "round_prefer_ceil" },
      { scale: Math.fround(1.7) },
    );
    expect(places[8]).toBe(6); // (8 + 1/2) / 1.7 - 1/2 is 4.5 there and a little less in float64
  });

  it("takes the cubic kernel of the given coefficient", () => {
    expect(resized(4, 8, { mode: "cubic" })).toEqual([
      0.89453, 1.19141, 1.66797, 2.29688, 2.70313, 3.33203, 3.80859, 4.10547,
    ]);
    expect(resized(4, 2, { mode: "cubic", excludeOutside: true, cubicCoefficient: -0.5 })).toEqual([
      1.41176, 3.58824,
    ]);
  });

  it("stretches the kernel against aliasing, with the border repeated", () => {
    expect(resized(4, 3, { antialias: true })).toEqual([1.27273, 2.5, 3.72727]);
  });

  it("rounds to the nearest in four ways", () => {
    const nearest = (way: string) =>
      resized(2, 4, { mode: "nearest", coordinates: "align_corners", nearest: way });
    expect(nearest("round_prefer_floor")).toEqual([1, 1, 2, 2]);
    expect(nearest("floor")).toEqual([1, 1, 1, 2]);
    expect(nearest("ceil")).toEqual([1, 2, 2, 2]);
    expect(
      resized(4, 7, { mode: "nearest", coordinates: "align_corners", nearest: "round_prefer_ceil" }),
    ).toEqual([1, 2, 2, 3, 3, 4, 4]);
  });

  it("tells what is outside a region", () => {
    const how = { coordinates: "tf_crop_and_resize" };
    expect(resized(4, 3, how, { region: [-0.5, 1] })).toEqual([undefined, 1.75, 4]);
  });
});
