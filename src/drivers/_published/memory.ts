/** A run that lasts asks again after so many milliseconds. */
const freshMs = 300_000;

/** Keeps what one run reads, so that it is asked for once; what could not be read is asked for again. */
export type Memory<Key, Value> = (signal: AbortSignal, key: Key, read: () => Promise<Value>) => Promise<Value>;

export function createMemory<Key, Value>(): Memory<Key, Value> {
  const runs = new WeakMap<AbortSignal, Map<Key, { readonly value: Promise<Value>; readonly at: number }>>();
  return (signal, key, read) => {
    const run = runs.get(signal) ?? new Map<Key, { readonly value: Promise<Value>; readonly at: number }>();
    runs.set(signal, run);
    const known = run.get(key);
    if (known && performance.now() - known.at < freshMs) return known.value;
    const now = { value: read(), at: performance.now() };
    run.set(key, now);
    now.value.catch(() => void (run.get(key) === now && run.delete(key)));
    return now.value;
  };
}
