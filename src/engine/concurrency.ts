import pLimit from 'p-limit';

/** Begins `work` on every item, at most `limit` at once, in order; the promises come in the order of the items. */
export function inParallel<T, R>(limit: number, items: readonly T[], work: (item: T) => Promise<R>): readonly Promise<R>[] {
  const limited = pLimit(Math.max(1, limit));
  return items.map((item) => limited(() => work(item)));
}

/** As `Promise.all`, but where one fails the others are waited for too: what they have begun is undone before anything ends. */
export async function allOf<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
