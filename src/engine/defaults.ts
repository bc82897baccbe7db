/** What holds where nothing else was asked for. */
export const defaults = { retries: 3, timeoutMs: 30_000, concurrency: 8 } as const;
