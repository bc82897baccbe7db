/** How many blobs go through this machine at once: more of them wait for the same network. */
const blobsAtOnce = 4;

/** How much is asked for at once. Registries bear far more; hosted ones count. */
const atOnce = 16;

/** The results of some work on each item, in order and in portions: no work goes on while a portion is being looked at. */
export async function* inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  for (let at = 0; at < items.length; at += atOnce) yield* await Promise.all(items.slice(at, at + atOnce).map(work));
}

/** Does some work on each item that moves bytes, side by side. Once one has failed no more are begun; throws that when all have ended. */
export async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const item of left) {
      if (failures.length > 0) return;
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: blobsAtOnce }, worker));
  if (failures.length > 0) throw failures[0];
}
