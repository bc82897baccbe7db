/** The items of several streams, each in the given order already, in that order. */
export async function* mergeSorted<T>(
  streams: readonly AsyncGenerator<T>[],
  before: (one: T, other: T) => boolean,
): AsyncGenerator<T> {
  try {
    const heads = await Promise.all(streams.map(async (stream) => ({ stream, next: await stream.next() })));
    for (;;) {
      let first: (typeof heads)[number] | undefined;
      for (const head of heads) {
        if (head.next.done) continue;
        if (!first || first.next.done || before(head.next.value, first.next.value)) first = head;
      }
      if (!first || first.next.done) return;
      yield first.next.value;
      first.next = await first.stream.next();
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  }
}
