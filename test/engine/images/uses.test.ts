import { expect, it } from 'vitest';
import { abortedError, networkError } from '../../../src/core/errors.ts';
import type { Image } from '../../../src/core/image.ts';
import type { Call, ImageUses } from '../../../src/core/operation.ts';
import type { Account } from '../../../src/engine/account/account.ts';
import { plannedUses, usesOf } from '../../../src/engine/images/uses.ts';
import { testCall } from '../../conformance/stage.ts';

const image = { id: 'i-1', name: 'web' } as Image;
/** An account whose provider answers so. */
const answering = (run: (call: Call) => Promise<readonly ImageUses[]>): Pick<Account, 'maybe'> => ({
  maybe: () => ({ knows: ['instance', 'volume'], run: (_request: unknown, call: Call) => run(call) }) as never,
});
const untilStopped = answering(
  ({ signal }) =>
    new Promise((_resolve, reject) => {
      const stop = (): void => reject(abortedError('interrupted'));
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop);
    }),
);

it('a provider that cannot be asked says nothing', async () => {
  const mute: Pick<Account, 'maybe'> = { maybe: () => undefined };
  expect(await usesOf(mute, [image], testCall())).toBeUndefined();
  expect(await plannedUses(mute, image, testCall())).toEqual({});
});

it('one that fails has told of no kind', async () => {
  const failing = answering(() => Promise.reject(networkError('no route')));
  const unasked = [
    { kind: 'instance', reason: 'no route', code: 'NETWORK' },
    { kind: 'volume', reason: 'no route', code: 'NETWORK' },
  ];
  expect(await usesOf(failing, [image], testCall())).toEqual([{ image: 'i-1', uses: [], unasked }]);
  expect(await plannedUses(failing, image, testCall())).toEqual({ uses: [], unasked });
});

it('one that does not answer is not waited for long, nor asked again and again', async () => {
  const [found] = (await usesOf(untilStopped, [image], testCall(), 20)) ?? [];
  expect(found?.unasked).toEqual([
    { kind: 'instance', reason: 'no answer within 20 ms', code: 'NETWORK' },
    { kind: 'volume', reason: 'no answer within 20 ms', code: 'NETWORK' },
  ]);
  let left = 99;
  await usesOf(
    answering(async ({ retries }) => {
      left = retries.left;
      return [];
    }),
    [image],
    { ...testCall(), retries: { left: 5 } },
  );
  expect(left).toBe(1);
});

it('a call that is stopped ends', async () => {
  const stopped: Call = { ...testCall(), signal: AbortSignal.abort() };
  await expect(usesOf(untilStopped, [image], stopped)).rejects.toMatchObject({ code: 'ABORTED' });
});
