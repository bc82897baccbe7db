import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import driver from '../../../src/drivers/oci/index.ts';
import { ownState } from '../../../src/engine/channels/look.ts';
import { movedTo } from '../../../src/engine/channels/move.ts';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { keepManifest } from '../../clouds/oci/store.ts';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { accountOf, usualCall } from '../../conformance/channels.ts';
import { openSession } from '../../support/open-session.ts';

const stage = commandStage();
const channel = { name: 'web', channel: 'stable' };
let cloud: OciCloud;
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  cloud = await startOci({ auth: 'none' });
  env = at({});
  for (const id of ['web-1', 'web-2']) cloud.plant({ name: id }, id);
});
afterEach(() => cloud.stop());

const at = (more: Readonly<Record<string, string>>) => profileVariables('reg', 'oci', { ...cloud.values, places: '', ...more });
const tags = (): Map<string, string> => cloud.store.of(library).tags;
const names = (): readonly string[] => [...tags().keys()].sort();
const run = (...args: readonly string[]) => stage.run([...args, '-p', 'reg', '--yes'], { env });
async function ok(...args: readonly string[]) {
  const result = await run(...args);
  expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
  return result;
}
const set = (id: string) => ok('channel', 'set', 'web@stable', id);
const shown = async (): Promise<unknown> => (await ok('channel', 'show', 'web@stable', '-o', 'json')).json();
const listed = async (): Promise<readonly string[]> => (await ok('list', '-o', 'id')).stdout.trim().split('\n').sort();
const writes = () => cloud.requests().filter(({ method }) => method !== 'GET' && method !== 'HEAD');
const foreign = (tag: string): string =>
  keepManifest(
    cloud.store.of(library),
    tag,
    'application/vnd.docker.distribution.manifest.v2+json',
    Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [], of: tag })),
  );

describe('the tag of a channel', () => {
  it('names the manifest of the target, is shown with the channel, and is no image', async () => {
    for (const id of ['web-1', 'web-2']) {
      await set(id);
      expect(tags().get('web-stable')).toBe(tags().get(id));
      expect(await shown()).toMatchObject({
        id,
        projection: { kind: 'tag', name: `${cloud.values.registry}/${library}:web-stable`, id },
      });
      expect(await shown()).not.toMatchObject({ projection: { lags: true } });
      expect(await listed()).toEqual(['web-1', 'web-2']);
    }
    await ok('patch', 'web-2', '--tag', 'blessed');
    expect(tags().get('web-stable')).toBe(tags().get('web-2'));
    for (const verb of [['show'], ['delete'], ['patch', '--tag', 'x']]) {
      const refused = await run(verb[0] ?? '', 'web-stable', ...verb.slice(1));
      expect([refused.exitCode, refused.stderr]).toEqual([5, expect.stringContaining('web@stable')]);
    }
    await ok('delete', 'web-1');
    expect(names()).toEqual(['web-2', 'web-stable']);
  });

  it('names one of both images at every request of 50 moves', { timeout: 120_000 }, async () => {
    const digests = () => new Set([...tags()].filter(([tag]) => tag !== 'web-stable').map(([, digest]) => digest));
    const opened = openSession(driver, { ...cloud.values, places: '' }, { traced: false });
    const account = accountOf({ open: () => opened });
    const move = async (id: string): Promise<void> => {
      const image = await account.verb('show').run({ id }, usualCall());
      await movedTo(account, await ownState(account, channel, usualCall()), { channel, image, now: 0 }, usualCall());
    };
    await move('web-1');
    const known = new Map([...digests()].map((digest) => [digest, true]));
    const wrong: string[] = [];
    const on = ({ method, path }: { readonly method: string; readonly path: string }): boolean => {
      for (const digest of digests()) known.set(digest, true);
      if (!known.has(tags().get('web-stable') ?? '')) wrong.push(`${method} ${path}`);
      return false;
    };
    cloud.fail({ kind: 'drop', on, times: Infinity });
    for (let turn = 1; turn <= 50; turn += 1) {
      await move(turn % 2 === 0 ? 'web-1' : 'web-2');
      expect(tags().get('web-stable')).toBe(tags().get(turn % 2 === 0 ? 'web-1' : 'web-2'));
    }
    expect([wrong, names()]).toEqual([[], ['web-1', 'web-2', 'web-stable']]);
  });

  it.each([
    ['another tool', () => foreign('web-stable'), /artifact of another tool/],
    ['an image of its own', () => cloud.plant({ name: 'stable' }, 'web-stable'), /image "stable"/],
    ['somebody who has tagged an image so', () => void tags().set('web-stable', tags().get('web-2') ?? ''), /image web-2/],
  ])('that %s has is neither moved nor removed: the channel is not set', async (_who, take, words) => {
    take();
    const held = tags().get('web-stable');
    cloud.forget();
    for (const more of [[], ['--dry-run']]) {
      const refused = await run('channel', 'set', 'web@stable', 'web-1', ...more);
      expect([refused.exitCode, refused.stderr]).toEqual([6, expect.stringMatching(words)]);
      expect(refused.stderr).toContain('channelTags');
    }
    expect([writes(), tags().get('web-stable')]).toEqual([[], held]);
    env = at({ channelTags: 'none' });
    await set('web-1');
    expect(await shown()).not.toHaveProperty('projection');
    env = at({});
    expect(await shown()).toMatchObject({
      id: 'web-1',
      projection: { lags: true, takenBy: expect.stringMatching(words) as string },
    });
    await ok('channel', 'delete', 'web@stable');
    expect(tags().get('web-stable')).toBe(held);
  });

  it('that another channel has is that one’s', async () => {
    await ok('channel', 'set', 'web 1@stable', 'web-1');
    const refused = await run('channel', 'set', 'web-1@stable', 'web-2');
    expect([refused.exitCode, refused.stderr]).toEqual([6, expect.stringContaining('the channel web 1@stable')]);
  });

  it('is what the profile says', async () => {
    env = at({ channelTags: '{{channel}}' });
    await set('web-1');
    expect(names()).toEqual(['stable', 'web-1', 'web-2']);
    for (const wrong of ['web', '{{name}}', '{{channel}}-{{version}}']) {
      env = at({ channelTags: wrong });
      expect((await run('list')).exitCode).toBe(3);
    }
  });

  it.each(['manifest', 'apart', 'tag-first', 'tag-only'] as const)(
    'goes with the channel, and no image with it, where deletion is %s',
    async (deletion) => {
      cloud.switches.deletion = deletion;
      await set('web-1');
      await ok('channel', 'delete', 'web@stable');
      expect(names()).toEqual(['web-1', 'web-2']);
      await ok('show', 'web-1');
      await ok('ops', 'undo', (await ok('ops', 'list', '-o', 'id')).stdout.split('\n')[0] ?? '');
      expect(tags().get('web-stable')).toBe(tags().get('web-1'));
    },
  );

  it('stays, with a warning, where the registry deletes nothing, and is the channel’s again', async () => {
    cloud.switches.deletes = false;
    await set('web-1');
    expect((await ok('channel', 'delete', 'web@stable')).stderr).toMatch(/does not allow deletes/);
    expect([names(), await listed()]).toEqual([
      ['web-1', 'web-2', 'web-stable'],
      ['web-1', 'web-2'],
    ]);
    await set('web-2');
    expect(tags().get('web-stable')).toBe(tags().get('web-2'));
  });

  it('lags, with a warning, where it may not move, and the channel moves all the same', async () => {
    await set('web-1');
    const stuck = tags().get('web-stable');
    const body = JSON.stringify({ errors: [{ code: 'TAG_IMMUTABLE', message: 'tags that end in stable are immutable' }] });
    const on = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
      method === 'PUT' && path.endsWith('/web-stable');
    cloud.fail({ kind: 'answer', status: 409, body, on, times: Infinity });
    expect((await set('web-2')).stderr).toMatch(/does not follow.*immutable/);
    expect([tags().get('web-stable'), await listed()]).toEqual([stuck, ['web-1', 'web-2']]);
    expect(await shown()).toMatchObject({ id: 'web-2', projection: { id: 'web-1', lags: true } });
    expect((await ok('channel', 'list', '-o', 'wide')).stdout).toContain('web-stable (lags: web-1)');
  });

  it('goes with what is revoked, and with an image that it was left at', async () => {
    await set('web-1');
    await ok('channel', 'revoke', 'web-1', '--reason', 'bad');
    expect(names()).toEqual(['web-1', 'web-2']);
    await set('web-2');
    const left = tags().get('web-stable') ?? '';
    cloud.plant({ name: 'web-3' }, 'web-3');
    await set('web-3');
    tags().set('web-stable', left);
    await ok('delete', 'web-2');
    expect(names()).toEqual(['web-1', 'web-3']);
    expect(await shown()).toMatchObject({ id: 'web-3', projection: { lags: true } });
    await set('web-3');
    expect(tags().get('web-stable')).toBe(tags().get('web-3'));
  });

  it('of a name that no channel has is not looked for, nor is told how ids look', async () => {
    const missing = await run('show', 'web@beta');
    expect([missing.exitCode, missing.stderr]).toEqual([5, expect.stringContaining('no such image in reg: web@beta')]);
    expect(missing.stderr).not.toContain('--id');
  });

  it('is a channel’s in another repository too, into which all was copied', async () => {
    await set('web-1');
    const [from, to] = [cloud.store.of(library), cloud.store.of('mirror/library')];
    for (const part of ['blobs', 'manifests', 'tags'] as const)
      for (const [key, value] of from[part]) (to[part] as Map<string, unknown>).set(key, value);
    env = at({ repository: 'mirror/library' });
    expect([await listed(), await shown()]).toEqual([['web-1', 'web-2'], expect.objectContaining({ id: 'web-1' })]);
    await set('web-2');
    expect(to.tags.get('web-stable')).toBe(to.tags.get('web-2'));
    expect(tags().get('web-stable')).toBe(tags().get('web-1'));
  });
});
