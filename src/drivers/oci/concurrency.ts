/** How much is asked for at once. Registries bear far more; hosted ones count. */
const atOnce = 16;

/** The results of some work on each item, in order and in portions: no work goes on while a portion is being looked at. */
export async function* inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  for (let at = 0; at < items.length; at += atOnce) yield* await Promise.all(items.slice(at, at + atOnce).map(work));
}
