import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationName } from '../../src/core/operation.ts';
import { changes, stages, statusFor } from '../clouds/index.ts';
import type { ProviderStage } from '../clouds/stage.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const friend = '0123456789abcdef0123456789abcdef';
const clouds = new Map<string, RunningCloud>();
beforeAll(async () => {
  for (const [name, { cloud }] of Object.entries(stages)) clouds.set(name, await cloud.start());
});
afterAll(() => Promise.all([...clouds.values()].map((cloud) => cloud.stop())));

/** Verbs after which an image is as it was asked to be, and what they are given. */
const verbs: Readonly<Partial<Record<OperationName, (from: ProviderStage) => readonly string[]>>> = {
  patch: ({ driver }) => [
    ...(driver.facts.patch?.fields.includes('name') ? ['--name', 'web'] : []),
    ...(driver.facts.patch?.fields.includes('description') ? ['--description', 'told'] : []),
    ...(driver.facts.patch?.fields.includes('tags') ? ['--tag', 'blessed'] : []),
  ],
  deactivate: () => ['--yes'],
  reactivate: () => [],
  replicate: ({ samples }) => ['--to', samples.place ?? ''],
  share: ({ samples }) => ['--with', samples.partner ?? friend],
};

/** What is sent all the same, since to look first would cost a request each time. */
const sentAgain: readonly string[] = ['linode patch'];

const cases = Object.entries(stages).flatMap(([provider, from]) =>
  Object.entries(verbs).flatMap(([verb, options]) =>
    from.driver.facts[verb as OperationName] ? [[provider, verb as OperationName, options(from)] as const] : [],
  ),
);

describe('what is so already', () => {
  it.each(cases)('at %s is not done again by %s, and a dry run plans nothing', async (provider, verb, options) => {
    const from = stages[provider as keyof typeof stages];
    const cloud = clouds.get(provider)!;
    const env = profileVariables('x', provider, cloud.values);
    const [id = ''] = await cloud.seed([{ name: 'old', status: statusFor(from.driver, verb), data: smallDisk() }]);
    const line = [verb, `x:${id}`, ...options];
    const sent = () => cloud.requests().filter((request) => changes(from, request));
    const record = async () => (await stage.ok(['show', `x:${id}`, '-o', 'json'], { env })).stdout;
    await stage.ok([...line, '--poll-interval', '5ms'].slice(0, verb === 'patch' || verb === 'share' ? -2 : undefined), { env });
    const before = await record();

    cloud.forget();
    const planned = await stage.ok([...line, '-n', '-o', 'json'], { env });
    expect(sent()).toEqual([]);
    const isNothing = JSON.stringify(planned.json()).includes('"steps":["nothing to change"]');
    await stage.ok([...line, '-q'], { env });
    expect(isNothing).toBe(sent().length === 0 && (await record()) === before);
    expect(isNothing).toBe(!sentAgain.includes(`${provider} ${verb}`));
  });

  it('by unshare is refused as in the real run, or planned as nothing where that is no failure', async () => {
    const cloud = clouds.get('openstack')!;
    const env = profileVariables('x', 'openstack', cloud.values);
    const [id = ''] = await cloud.seed([{ name: 'alone', data: smallDisk() }]);
    const line = ['unshare', `x:${id}`, '--with', friend];
    for (const more of [[], ['-n']]) expect((await stage.run([...line, ...more], { env })).exitCode, more.join()).toBe(5);
    const planned = await stage.ok([...line, '-n', '--ignore-missing', '-o', 'json'], { env });
    expect(planned.json()).toMatchObject({ verb: 'unshare', steps: ['nothing to change'] });
    await stage.ok([...line, '--ignore-missing'], { env });
  });
});
