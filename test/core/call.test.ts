import { describe, expect, it } from 'vitest';
import { makeCall, type CallParts } from '../../src/core/call.ts';
import { ImgctlError } from '../../src/core/errors.ts';
import { backoff } from '../../src/core/poll.ts';

const made = (parts: Partial<CallParts> = {}) =>
  makeCall({ signal: new AbortController().signal, retries: 0, limits: { pollInterval: 1 }, note: () => undefined, ...parts });

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => (error instanceof ImgctlError ? [error.code, error.message] : error),
  );

describe('waiting in the middle of a verb', () => {
  it('looks until there is something, even if that is nothing much', async () => {
    const answers = [undefined, undefined, 0];
    expect(await made().until('a number', async () => answers.shift())).toBe(0);
    expect(answers).toEqual([]);
  });

  it('passes on what a look throws, and looks no more', async () => {
    let looks = 0;
    const broken = made().until('a number', () => Promise.reject(new Error(`look ${(looks += 1)}`)));
    await expect(broken).rejects.toThrow('look 1');
  });

  it('ends with the user’s limit, or with that of the driver where it is shorter', async () => {
    const never = async (): Promise<undefined> => undefined;
    const short = made({ limits: { waitTimeout: 20, pollInterval: 5 } });
    expect(await codeOf(short.until('the snapshot to be complete', never))).toEqual([
      'WAIT_TIMEOUT',
      'timed out after 20 ms while waiting for the snapshot to be complete',
    ]);
    expect(await codeOf(short.until('it', never, 5))).toEqual(['WAIT_TIMEOUT', 'timed out after 5 ms while waiting for it']);
    expect(await codeOf(short.until('it', never, 60_000))).toEqual([
      'WAIT_TIMEOUT',
      'timed out after 20 ms while waiting for it',
    ]);
  });

  it('ends when it is stopped; under another signal it is that one that counts', async () => {
    const stop = new AbortController();
    const call = made({ signal: stop.signal, limits: { pollInterval: 60_000 } });
    const waiting = codeOf(call.until('it', async () => undefined));
    stop.abort();
    expect(await waiting).toEqual(['ABORTED', 'interrupted while waiting for it (it continues at the provider)']);
    const tidying = { ...call, signal: AbortSignal.timeout(10_000) };
    const answers = [1];
    expect(await tidying.until('it', async () => answers.pop())).toBe(1);
    const late = { ...made(), signal: stop.signal };
    expect(await codeOf(late.until('it', async () => undefined))).toMatchObject(['ABORTED', expect.anything()]);
  });

  it('is shown from the second look on, and no longer than it takes', async () => {
    const shown: string[] = [];
    const task = (title: string) => ({
      step: () => undefined,
      advance: () => undefined,
      fail: () => undefined,
      message: (text: string) => void shown.push(`${title}: ${text}`),
      done: () => void shown.push('done'),
    });
    const call = made({ task, limits: { waitTimeout: 60_000, pollInterval: 1 } });
    await call.until('it', async () => true);
    expect(shown).toEqual([]);
    const answers = [undefined, true];
    await call.until('it', async () => answers.shift());
    expect(shown).toEqual(['wait for it: 0 s of 1 min', 'done']);
  });
});

it('the pauses of a back-off grow up to the longest, and stay there', () => {
  const pauses = backoff(1000);
  expect(Array.from({ length: 6 }, () => pauses.next().value)).toEqual([250, 400, 640, 1000, 1000, 1000]);
  expect(backoff(10).next().value).toBe(10);
});
