/** A thread that joins deflate streams. It answers in the order in which they are done, by the number that they came with. */
import { parentPort } from 'node:worker_threads';
import { joinStreams, type Joined, type Streams } from './deflate-join.ts';

export interface JoinOrder {
  readonly number: number;
  readonly streams: Streams;
}
export interface JoinAnswer {
  readonly number: number;
  readonly joined: Joined | undefined;
}

/** Small results lie in a pool that Node shares out, and does not let go; such a one is copied. */
const isOwn = ({ byteLength, buffer }: Uint8Array): boolean => byteLength * 2 > buffer.byteLength;

parentPort?.on('message', async ({ number, streams }: JoinOrder) => {
  const joined = await joinStreams(streams);
  const answer: JoinAnswer = { number, joined };
  const views = joined === undefined ? [] : [joined.deflated, ...(isOwn(joined.guest) ? [joined.guest] : [])];
  parentPort?.postMessage(
    answer,
    views.map(({ buffer }) => buffer as ArrayBuffer),
  );
});
