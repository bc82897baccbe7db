import { expect, it } from 'vitest';
import { poll } from '../../src/core/poll.ts';

const never = new AbortController().signal;

/** Polls what is never there. Gives how long that took, and the times of the looks. */
async function waited(waitTimeout: number, pollInterval: number, againMs = 0) {
  const begun = performance.now();
  const looks: number[] = [];
  const look = async () => {
    looks.push(performance.now() - begun);
    return { seen: looks.length, againMs };
  };
  const late = (): Error => new Error('late');
  const polling = { limits: { waitTimeout, pollInterval }, signal: never, late, interrupted: late };
  await expect(poll(look, polling)).rejects.toThrow('late');
  return { spent: performance.now() - begun, looks };
}

it.each([
  [60, 40],
  [60, 1000],
])('a wait of %d ms with looks every %d ms takes all of its time, and looks once more at its end', async (limit, pause) => {
  const { spent, looks } = await waited(limit, pause);
  expect(spent).toBeGreaterThanOrEqual(limit - 2);
  expect(looks.at(-1)).toBeGreaterThanOrEqual(limit - 2);
});

it('a wait that would end before whoever was asked wants to be asked again ends at once', async () => {
  expect((await waited(5000, 10, 6000)).looks).toHaveLength(1);
});

it('a wait of no time is one look', async () => {
  expect((await waited(0, 1000)).looks).toHaveLength(1);
});
