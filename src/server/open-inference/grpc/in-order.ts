// Work on a stream of items, several at once, whose results come in the order of the items.

/** The results. At most `limit` items are taken before the first of their results was handed on. */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  limit: number,
): AsyncGenerator<Result> {
  const iterator = items[Symbol.asyncIterator]();
  const running: Promise<Result>[] = [];
  let next: Promise<IteratorResult<Item>> | undefined = iterator.next();
  for (;;) {
    const [first] = running;
    if (!first && !next) return;
    if (next && running.length < limit) {
      const answered = first?.then(() => undefined);
      const item: IteratorResult<Item> | undefined = await Promise.race(answered ? [next, answered] : [next]);
      if (item) {
        if (!item.done) running.push(work(item.value));
        next = item.done ? undefined : iterator.next();
        continue;
      }
    }
    if (first) yield await first;
    running.shift();
  }
}
