// Values that are mostly there at once: a promise and the turns of its queue cost a tiny request as much as its run.
// Invariant: what is there is handed on here and now; only what has to be waited for makes a promise.

/** A value, or a promise of it. */
export type Soon<T> = T | Promise<T>;

/** What follows from a value. */
export function soon<T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** What is made, or what follows from its failing, now or later. */
export function attempt<T>(make: () => Soon<T>, failed: (error: unknown) => Soon<T>): Soon<T> {
  try {
    const value = make();
    return value instanceof Promise ? value.catch(failed) : value;
  } catch (error) {
    return failed(error);
  }
}
