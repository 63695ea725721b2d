// A number of calls, by several callers at once; nothing is measured.

/** Runs callers, functions of a callback `(error?) => void`, until they have called `count` times together. */
export function callTimes(callers, count) {
  return new Promise((resolve, reject) => {
    let begun = 0;
    let answered = 0;
    const next = (call) => {
      if (begun === count) return;
      begun += 1;
      call((error) => {
        answered += 1;
        if (error) reject(error);
        else if (answered === count) resolve();
        else next(call);
      });
    };
    for (const call of callers) next(call);
  });
}
