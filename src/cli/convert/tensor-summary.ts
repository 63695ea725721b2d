// A tensor in a few words: its elements where there are few, else what they are alike in.
import { hasNumbers, numbersOf } from "../../tensor/numbers.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";

/** More elements than this are told by their range. */
const MAX_SHOWN_ELEMENTS = 8;
/** Larger tensors are not read for a line of text. */
const MAX_READ_ELEMENTS = 2 ** 24;

/** Such as `int64[] 0`, `float32[2, 64] zeros`, `float32[3, 4] from -1.5 to 2`. */
export function tensorSummary(tensor: Tensor): string {
  const type = `${tensor.dtype}[${tensor.shape.join(", ")}]`;
  const count = elementCount(tensor.shape);
  if (count === 0) return `${type} empty`;
  if (!hasNumbers(tensor.dtype) || count > MAX_READ_ELEMENTS) return type;
  const numbers = numbersOf(tensor);
  if (tensor.shape.length === 0) return `${type} ${shown(numbers[0] ?? 0)}`;
  const [low, high] = rangeOf(numbers);
  if (low === 0 && high === 0) return `${type} zeros`;
  if (count <= MAX_SHOWN_ELEMENTS) return `${type} [${numbers.map(shown).join(", ")}]`;
  return low === high ? `${type} all ${shown(low)}` : `${type} from ${shown(low)} to ${shown(high)}`;
}

function rangeOf(numbers: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const number of numbers) {
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  return [low, high];
}

function shown(number: number): string {
  return String(Number(number.toPrecision(6)));
}
