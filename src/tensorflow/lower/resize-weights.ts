// Interpolation along one axis as a matrix [out, in]: what every mode of ONNX's Resize is, exactly.
// Source: https://onnx.ai/onnx/operators/onnx__Resize.html; the cubic kernel is R. Keys', 1981.
// Invariant: computed in float64 but for the nearest place; a row's weights sum to 1 but where a window leaves the image and extrapolates.

export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  /** For tf_crop_and_resize: where the region begins and ends, as a share of the axis. */
  readonly region: readonly [number, number];
}

export interface Interpolation {
  readonly mode: string;
  readonly coordinates: string;
  readonly nearest: string;
  readonly cubicCoefficient: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

/** One output element: places in the input and their weights; undefined where it is outside and extrapolated. */
export type Taps = readonly (readonly [place: number, weight: number])[] | undefined;

/** The taps of every output element along an axis. */
export function tapsOf(axis: Axis, interpolation: Interpolation): Taps[] {
  return Array.from({ length: axis.to }, (_, at) => {
    const x = sourceCoordinate(at, axis, interpolation.coordinates);
    if (interpolation.coordinates === "tf_crop_and_resize" && (x < 0 || x > axis.from - 1)) return undefined;
    // In float32, as PyTorch and ONNX Runtime have it: a coordinate between two places goes where theirs goes.
    if (interpolation.mode === "nearest")
      return [[nearestPlace(Math.fround(x), axis.from, interpolation.nearest), 1]];
    return window(x, axis, interpolation);
  });
}

function sourceCoordinate(at: number, { from, to, scale, region }: Axis, coordinates: string): number {
  switch (coordinates) {
    case "asymmetric":
      return at / scale;
    case "align_corners":
      return to === 1 ? 0 : (at * (from - 1)) / (to - 1);
    case "pytorch_half_pixel":
      return to > 1 ? (at + 0.5) / scale - 0.5 : 0;
    case "tf_half_pixel_for_nn":
      return (at + 0.5) / scale;
    case "half_pixel_symmetric": {
      const adjustment = to / (scale * from);
      return (from / 2) * (1 - adjustment) + (at + 0.5) / scale - 0.5;
    }
    case "tf_crop_and_resize": {
      const [start, end] = region;
      if (to === 1) return 0.5 * (start + end) * (from - 1);
      return start * (from - 1) + (at * (end - start) * (from - 1)) / (to - 1);
    }
    default:
      return (at + 0.5) / scale - 0.5;
  }
}

function nearestPlace(x: number, size: number, rounding: string): number {
  const rounded = {
    round_prefer_ceil: Math.floor(x + 0.5),
    floor: Math.floor(x),
    ceil: Math.ceil(x),
  }[rounding];
  return clamp(rounded ?? Math.ceil(x - 0.5), size);
}

function window(x: number, axis: Axis, interpolation: Interpolation): Taps {
  const reach = interpolation.mode === "cubic" ? 2 : 1;
  // Antialiasing stretches the kernel over what a smaller image leaves out.
  const stretch = interpolation.antialias ? Math.min(1, axis.scale) : 1;
  const support = reach / stretch;
  const taps: [number, number][] = [];
  for (let place = Math.ceil(x - support); place <= Math.floor(x + support); place++) {
    const weight = kernel((x - place) * stretch, interpolation);
    if (weight !== 0) taps.push([place, weight]);
  }
  const inside = ([place]: readonly [number, number]) => place >= 0 && place < axis.from;
  const kept = interpolation.excludeOutside ? taps.filter(inside) : taps;
  const normalizes = interpolation.excludeOutside || interpolation.antialias;
  const sum = normalizes ? kept.reduce((total, [, weight]) => total + weight, 0) : 1;
  return kept.map(([place, weight]) => [clamp(place, axis.from), weight / sum]);
}

function kernel(distance: number, { mode, cubicCoefficient: a }: Interpolation): number {
  const x = Math.abs(distance);
  if (mode !== "cubic") return Math.max(0, 1 - x);
  if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
}

function clamp(place: number, size: number): number {
  return Math.min(size - 1, Math.max(0, place));
}
