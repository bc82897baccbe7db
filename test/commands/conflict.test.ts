import { afterEach, describe, expect, it } from 'vitest';
import { looksAt, overNetwork, stageOf, withVerbs } from '../clouds/index.ts';
import type { ProviderStage } from '../clouds/stage.ts';
import { commandStage, profileVariables } from './stage.ts';

const stage = commandStage();
const ends: (() => Promise<void>)[] = [];
afterEach(async () => void (await Promise.all(ends.splice(0).map((end) => end()))));

/** An image in a cloud, and somebody else who sets one of its fields before the second look at it. */
interface Shared {
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  /** `field` by the provider's own name. */
  meanwhile(field: string, value: unknown): void;
  now(): Readonly<Record<string, unknown>>;
  writes(): number;
  /** Refuses the next POST for a moment, so that it is tried twice. */
  refuseOnce(): void;
}

async function start({ driver, cloud: place, wire }: ProviderStage): Promise<Shared> {
  const cloud = await place.start();
  ends.push(() => cloud.stop());
  const stored = (id: string): Record<string, unknown> => cloud.stored?.(id) ?? {};
  const [id = ''] = await cloud.seed([{ name: 'web', description: 'before', tags: ['first'] }]);
  const state: { looks: number; change?: readonly [string, unknown] } = { looks: 0 };
  // A fault that never comes about: it only watches requests go by.
  const on = ({ method, path }: { method: string; path: string }): boolean => {
    if (looksAt(wire, { method, path }, id)) state.looks += 1;
    if (state.looks === 2 && state.change) stored(id)[state.change[0]] = state.change[1];
    return false;
  };
  cloud.fail({ kind: 'drop', times: 1, on });
  return {
    id,
    env: profileVariables('x', driver.name, cloud.values),
    meanwhile: (field, value) => void (state.change = [field, value]),
    now: () => stored(id),
    refuseOnce: () =>
      cloud.fail({ kind: 'answer', status: 429, headers: { 'retry-after': '0.1' }, on: ({ method }) => method === 'POST' }),
    writes: () => cloud.requests().filter(({ method }) => method === 'PUT' || method === 'PATCH').length,
  };
}

/** What is named by its digest cannot change under anybody. */
const changing = withVerbs(overNetwork, 'patch').filter(([, { wire }]) => !wire.documents);

describe.each(changing)('a patch document while somebody else writes, at %s', (_provider, at) => {
  const [name = ''] = at.hostileRecord.texts;
  const document = JSON.stringify([
    { op: 'test', path: '/description', value: 'before' },
    { op: 'replace', path: '/description', value: 'ours' },
  ]);

  it('is refused with 6, and what has changed, where both set the same field', async () => {
    const image = await start(at);
    image.meanwhile('description', 'theirs');
    const patched = await stage.run(['patch', `x:${image.id}`, '--json-patch', '-', '-o', 'json'], {
      env: image.env,
      stdin: document,
    });
    expect([patched.exitCode, patched.stdout]).toEqual([6, '']);
    expect(JSON.parse(patched.stderr)).toMatchObject({
      error: { code: 'CONFLICT', message: expect.stringContaining('description was "before" and is "theirs" now') as string },
    });
    expect([image.now().description, image.writes()]).toEqual(['theirs', 0]);
  });

  it('leaves what they did to other fields', async () => {
    const image = await start(at);
    image.meanwhile(name, 'theirs');
    await stage.ok(['patch', `x:${image.id}`, '--merge-patch', '-'], { env: image.env, stdin: '{"description":"ours"}' });
    expect(image.now()).toMatchObject({ [name]: 'theirs', description: 'ours' });
  });

  if (at.driver.facts.patch?.fields.includes('tags') !== true) return;
  it('or to other tags', async () => {
    const image = await start(at);
    image.meanwhile('tags', ['first', 'theirs']);
    await stage.ok(['patch', `x:${image.id}`, '--tag', 'ours'], { env: image.env });
    expect([...(image.now().tags as readonly string[])].sort()).toEqual(['first', 'ours', 'theirs']);
  });
});

describe('regions of an image while somebody else replicates it', () => {
  const there = (...names: readonly string[]) => names.map((region) => ({ region, status: 'available' }));

  it('are added to theirs, where the write has to be tried again', async () => {
    const image = await start(stageOf('linode'));
    image.refuseOnce();
    image.meanwhile('regions', there('us-ord', 'us-sea'));
    await stage.ok(['replicate', `x:${image.id}`, '--to', 'us-iad', '--no-wait'], { env: image.env });
    expect(image.now().regions).toMatchObject([{ region: 'us-ord' }, { region: 'us-sea' }, { region: 'us-iad' }]);
  });

  it('are not dropped by an exact set that was made up without them', async () => {
    const image = await start(stageOf('linode'));
    image.meanwhile('regions', there('us-ord', 'us-sea'));
    const args = ['replicate', `x:${image.id}`, '--exactly', 'us-ord,us-iad', '--no-wait', '--yes'];
    // The first look is for the question what goes.
    const { exitCode } = await stage.run(args, { env: image.env });
    expect([exitCode, image.now().regions]).toEqual([6, there('us-ord', 'us-sea')]);
  });
});
