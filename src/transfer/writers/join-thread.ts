/** A thread that joins deflate streams. It answers in the order in which they are done, by the number that they came with. */
import { parentPort } from 'node:worker_threads';
import { joinStreams, type Joined, type Streams } from './join.ts';

export interface JoinOrder {
  readonly number: number;
  readonly streams: Streams;
}
export interface JoinAnswer {
  readonly number: number;
  readonly joined: Joined | undefined;
}

parentPort?.on('message', async ({ number, streams }: JoinOrder) => {
  const joined = await joinStreams(streams);
  const answer: JoinAnswer = { number, joined };
  const memory = joined === undefined ? [] : [joined.guest.buffer as ArrayBuffer, joined.deflated.buffer as ArrayBuffer];
  parentPort?.postMessage(answer, memory);
});
