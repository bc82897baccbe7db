/** Does nothing for so many milliseconds. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks every 10 ms until it is as wanted; throws after a minute and more. */
export async function until<T>(look: () => Promise<T>, done: (seen: T) => boolean): Promise<T> {
  for (let n = 0; n < 6000; n += 1) {
    const seen = await look();
    if (done(seen)) return seen;
    await pause(10);
  }
  throw new Error('it never came to be');
}
