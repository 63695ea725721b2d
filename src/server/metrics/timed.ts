// An answer with its code and time told, whatever comes of it.
// Not here: what is counted by it (request-metrics.ts).
import { attempt, type Soon, soon } from "../soon.ts";

/** The gRPC code of a handler that throws. */
const INTERNAL = 13;

/** What is made; `tell` hears its gRPC code and how many microseconds it took, also if it fails. */
export function timed<T>(
  make: () => Soon<T>,
  codeOf: (answer: T) => number,
  tell: (code: number, microseconds: number) => void,
): Soon<T> {
  const began = performance.now();
  const ended = (code: number): void => tell(code, (performance.now() - began) * 1000);
  const answer = attempt(make, (error) => {
    ended(INTERNAL);
    throw error;
  });
  return soon(answer, (made) => {
    ended(codeOf(made));
    return made;
  });
}
