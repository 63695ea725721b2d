// A histogram that is made once: counting one value allocates nothing.

export class Histogram {
  /** Upper ends of the buckets, increasing; the last bucket, without an end, is not among them. */
  readonly bounds: Float64Array;
  /** Values of each bucket, not of those below it. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: Float64Array) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((bounds[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    counts[low] = (counts[low] ?? 0) + 1;
    this.sum += value;
  }
}

/** `first * factor ** i` for `count` buckets. */
export function exponential(first: number, factor: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => first * factor ** i);
}
