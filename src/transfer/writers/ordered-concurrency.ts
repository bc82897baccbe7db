/**
 * Runs jobs side by side and yields their results in the order the jobs came in. At most `ahead` jobs are running or
 * waiting to be taken, and no further job is asked for until one is taken: memory is bounded, a slow consumer slows the source.
 * Throws what a job or the source throws, and `signal.reason` at once when aborted. A consumer that stops early waits for
 * the jobs under way, so that nobody reads from a source that is being closed.
 */
export async function* orderedConcurrency<Result>(
  jobs: AsyncIterable<() => Promise<Result>>,
  ahead: number,
  signal?: AbortSignal,
): AsyncGenerator<Result, void, undefined> {
  const source = jobs[Symbol.asyncIterator]();
  const running: Promise<Result>[] = [];
  let ended = false;
  try {
    for (;;) {
      while (!ended && running.length < ahead) {
        const next = await unlessAborted(source.next(), signal);
        if (next.done === true) ended = true;
        else running.push(quiet(next.value()));
      }
      const oldest = running.shift();
      if (oldest === undefined) return;
      yield await unlessAborted(oldest, signal);
    }
  } finally {
    const closing = Promise.allSettled(running).then(() => (ended ? undefined : source.return?.()));
    // An aborted source may be stuck in a read that never ends.
    if (signal?.aborted === true) quiet(closing);
    else await closing;
  }
}

/** A job may fail before its turn comes; the failure is thrown then, and is no unhandled rejection until then. */
function quiet<T>(job: Promise<T>): Promise<T> {
  job.catch(() => undefined);
  return job;
}

/** Not `Promise.race` with one promise for the signal: that would keep every result alive as long as the signal lives. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
