// C functions as TypeScript sees them once they are bound.

/** An address in memory; null is C's NULL. */
export type Address = bigint | null;

/** What may stand for a pointer: an address, or bytes that are used where they lie. */
export type Pointer = Address | ArrayBufferView;

/** A C function. `async` runs it on a thread of libuv's pool; what it points at must stay alive until then. */
export interface CFunction<Parameters extends readonly unknown[], Result> {
  (...parameters: Parameters): Result;
  async(...parameters: [...Parameters, (error: unknown, result: Result) => void]): void;
}

/** Calls on a thread of libuv's pool. What the call points at is held until it is done. */
export function onThread<Parameters extends readonly unknown[], Result>(
  call: CFunction<Parameters, Result>,
  ...parameters: Parameters
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const held: unknown[] = [...parameters]; // by the callback, until C is done
    call.async(...parameters, (error, result) => {
      held.length = 0;
      if (error) reject(error);
      else resolve(result);
    });
  });
}
