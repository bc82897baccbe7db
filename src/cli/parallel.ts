import pLimit from 'p-limit';

/** Begins `work` on every item, at most `limit` at once, in order; the promises come in the order of the items. */
export function inParallel<T, R>(limit: number, items: readonly T[], work: (item: T) => Promise<R>): readonly Promise<R>[] {
  const limited = pLimit(Math.max(1, limit));
  return items.map((item) => limited(() => work(item)));
}
