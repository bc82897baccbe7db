import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { overNetwork } from '../clouds/index.ts';
import type { RunningCloud, SeenRequest } from '../conformance/cloud.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();

/** The disk that is asked for. */
const given = smallDisk(3);

type Asked = Pick<SeenRequest, 'method' | 'path'>;
/** Providers that take a disk, each with what tells a request that carries it, and one that asks for it. */
const carriers = overNetwork.flatMap(([provider, { cloud, wire }]) => {
  const { sends, fetches } = wire;
  const down = fetches && ((request: Asked) => fetches(request, given));
  return sends ? [[provider, { start: () => cloud.start(), up: (request: Asked) => sends(request), down }] as const] : [];
});

/** What a request is answered with, and how long the next one must wait at least. */
const refusals: readonly (readonly [status: number, headers: Readonly<Record<string, string>>, leastMs: number])[] = [
  [429, { 'retry-after': '0.5' }, 480],
  [503, {}, 200],
];

describe.each(inTurns(carriers, 2))('a disk that %s does not take, or give, at once', (provider, { start, up, down }) => {
  let cloud: RunningCloud;
  beforeEach(async () => {
    cloud = await start();
  });
  afterEach(() => cloud.stop());
  const run = (...args: readonly string[]) => stage.run([...args], { env: profileVariables('x', provider, cloud.values) });
  const count = (on: (request: Asked) => boolean): number => cloud.requests().filter(on).length;

  it.each(refusals)('%i: is sent again after the pause that is due', async (status, headers, leastMs) => {
    cloud.fail({ kind: 'answer', status, headers, body: '', on: up });
    const since = performance.now();
    const sent = await run('upload', stage.write('d.raw', smallDisk()), '--name', 'web', '-p', 'x', '-o', 'json');
    expect(sent.exitCode, sent.stderr).toBe(0);
    expect(performance.now() - since).toBeGreaterThan(leastMs);
    const list = (await run('list', '-p', 'x', '-o', 'json')).json() as readonly object[];
    expect(list).toHaveLength(1);
    const lines = sent.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('retrying'));
    expect(lines).toEqual([...new Set(lines)]);
  });

  it('is not sent more often than --retries says, nor after a refusal', async () => {
    const file = stage.write('d.raw', smallDisk());
    for (const [status, headers, most, exits] of [
      [503, { 'retry-after': '0.01' }, 3, [10]],
      [403, {}, 1, [4]],
    ] as const) {
      cloud.forget();
      cloud.fail({ kind: 'answer', status, headers, body: '', on: up, times: 100 });
      const { exitCode } = await run('upload', file, '--name', `w${status}`, '-p', 'x', '--retries', '2', '-j', '1');
      expect([exits, count(up)]).toEqual([[exitCode], most]);
      await cloud.stop();
      cloud = await start();
    }
  });

  if (!down) return;
  it.each(refusals)('%i: is asked for again after the pause that is due', async (status, headers, leastMs) => {
    const [id = ''] = await cloud.seed([{ name: 'web', data: given }]);
    cloud.fail({ kind: 'answer', status, headers, body: '', on: down });
    const since = performance.now();
    const got = await run('download', `x:${id}`, stage.file('out.raw'));
    expect(got.exitCode, got.stderr).toBe(0);
    expect(performance.now() - since).toBeGreaterThan(leastMs);
    expect(stage.read('out.raw').equals(given)).toBe(true);
  });
});
