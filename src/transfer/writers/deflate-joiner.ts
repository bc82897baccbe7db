import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { joinStreams, type Joined, type Streams } from './deflate-join.ts';
import type { JoinAnswer, JoinOrder } from './join-worker.ts';

/** Joins deflate streams, several at once. */
export interface DeflateJoiner {
  /** As `joinStreams`; takes `memory` away. Rejects when a thread has died. */
  join(streams: Streams): Promise<Joined | undefined>;
  /** Lets go of everything; harmless at any time. */
  stop(): void;
}

/** The thread's program, which a build puts beside this one. Run from its sources there is none: then all is done in this thread. */
const builtThread = fileURLToPath(new URL('./join-worker.cjs', import.meta.url));
/** A thread takes some 30 ms to start: what is short never pays for it. */
const joinedHere = 4;
const mostThreads = 2;

/** Joins in threads beside this one, as many as there are further cores, once there is enough to do. */
export function startDeflateJoiner(program = builtThread): DeflateJoiner {
  const most = existsSync(program) ? Math.min(mostThreads, Math.max(1, availableParallelism() - 1)) : 0;
  const threads: JoinThread[] = [];
  let orders = 0;
  return {
    join(streams) {
      orders += 1;
      if (orders <= joinedHere || most === 0) return joinStreams(streams);
      const idle = threads.find((thread) => thread.pending() === 0);
      if (idle) return idle.join(streams);
      if (threads.length < most) threads.push(startThread(program));
      return leastBusy(threads).join(streams);
    },
    stop: () => threads.forEach((thread) => thread.stop()),
  };
}

interface JoinThread extends DeflateJoiner {
  pending(): number;
}

const leastBusy = (threads: readonly JoinThread[]): JoinThread =>
  threads.reduce((best, thread) => (thread.pending() < best.pending() ? thread : best));

interface Waiting {
  resolve(joined: Joined | undefined): void;
  reject(error: unknown): void;
}

function startThread(program: string): JoinThread {
  const worker = new Worker(program);
  const waiting = new Map<number, Waiting>();
  let number = 0;
  let failure: unknown;
  worker.on('message', (answer: JoinAnswer) => {
    waiting.get(answer.number)?.resolve(answer.joined);
    waiting.delete(answer.number);
  });
  const died = (why: unknown): void => {
    failure ??= why;
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  worker.on('error', died);
  worker.on('exit', () => died(new Error('a thread that joins deflate data ended too early')));
  return {
    pending: () => waiting.size,
    join: (streams) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        number += 1;
        waiting.set(number, { resolve, reject });
        const order: JoinOrder = { number, streams };
        worker.postMessage(order, [streams.memory.buffer]);
      }),
    stop: () => void worker.terminate(),
  };
}
