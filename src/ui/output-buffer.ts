import type { Sink } from './io.ts';

const enough = 64 * 1024;

/** A sink that joins small writes. What is written in one turn of the event loop (a page of images) goes out together. */
export interface BufferedSink extends Sink {
  /** Hands on what is left and waits until all is taken. Throws what the sink threw. */
  end(): Promise<void>;
}

/** Joins the writes to a sink. A failure of the sink is thrown by the next `write`, or by `end`. */
export function bufferOutput(sink: Sink): BufferedSink {
  const taken = Promise.resolve();
  let waiting = '';
  let running = Promise.resolve();
  let planned: NodeJS.Immediate | undefined;
  let failure: { readonly error: unknown } | undefined;

  function flush(): void {
    clearImmediate(planned);
    planned = undefined;
    const text = waiting;
    waiting = '';
    if (text !== '') running = running.then(() => (failure ? undefined : sink.write(text))).catch(remember);
  }
  function remember(error: unknown): void {
    failure ??= { error };
  }
  async function settle(): Promise<void> {
    flush();
    await running;
    if (failure) throw failure.error;
  }
  return {
    write(text) {
      if (failure) return settle();
      waiting += text;
      if (waiting.length >= enough) return settle();
      planned ??= setImmediate(flush);
      return taken;
    },
    end: settle,
  };
}
