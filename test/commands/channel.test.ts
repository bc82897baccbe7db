import { beforeEach, describe, expect, it } from 'vitest';
import type { ChannelChangeRow, ChannelHistoryRow, ChannelRow } from '../../src/core/channel-row.ts';
import { disk, useOpenstackCli } from '../clouds/openstack/cli.ts';
import { killedBehind } from '../support/killed-run.ts';
import { errorOf } from './stage.ts';

const cli = useOpenstackCli();
const ids = new Map<string, string>();
const idOf = (name: string): string => ids.get(name) ?? '';
const nameOf = (id: string | undefined): string => [...ids].find(([, one]) => one === id)?.[0] ?? '-';
const wire = (name: string): Readonly<Record<string, unknown>> => cli.cloud().one.store.images.get(idOf(name))?.wire ?? {};

beforeEach(() => {
  ids.clear();
  for (const [index, name] of ['web-1', 'web-2', 'web-3'].entries()) {
    const created = `2026-11-0${index + 1}T08:00:00Z`;
    ids.set(name, String(cli.image(name, { created_at: created }, disk(index + 1)).wire.id));
  }
});

const set = (name: string, ...more: readonly string[]) => cli.ok(['channel', 'set', 'web@stable', `demo:${name}`, ...more]);
const target = async (): Promise<string> => nameOf((await cli.ok(['resolve', 'demo:web@stable'])).stdout.trim());
/** Names of the images that say that they are the target, as any other tool sees it. */
const pointed = (): readonly string[] => [...ids.keys()].filter((name) => wire(name)['imgctl.channel.stable'] === 'web');
const change = async (...args: readonly string[]): Promise<readonly ChannelChangeRow[]> =>
  (await cli.ok(['channel', ...args, '-o', 'json'])).json() as ChannelChangeRow[];
const history = async (): Promise<readonly string[]> =>
  ((await cli.ok(['channel', 'history', 'demo:web@stable', '-o', 'json'])).json() as ChannelHistoryRow[]).map(
    ({ number, name, restores, isTarget }) =>
      `${number} ${name}${restores === undefined ? '' : ` as ${restores}`}${isTarget ? ' now' : ''}`,
  );

describe('a channel', () => {
  it('points to an image, and to another one after it moved: one says so, for any tool to see', async () => {
    expect(await change('set', 'web@stable', 'demo:web-1')).toEqual([
      { channel: 'web@stable', profile: 'demo', id: idOf('web-1'), name: 'web-1', result: 'ok' },
    ]);
    expect([await target(), pointed()]).toEqual(['web-1', ['web-1']]);
    expect(await change('set', 'web@stable', 'demo:web-2')).toMatchObject([{ id: idOf('web-2'), from: idOf('web-1') }]);
    expect([await target(), pointed()]).toEqual(['web-2', ['web-2']]);
    expect(await change('set', 'web@stable', 'demo:web-2')).toMatchObject([{ result: 'ok', message: 'nothing to change' }]);
    expect(await history()).toEqual(['2 web-2 now', '1 web-1']);
  });

  it('is taken wherever a name is, unless an image bears that name', async () => {
    await set('web-2');
    expect((await cli.ok(['show', 'demo:web@stable', '-o', 'json'])).json()).toMatchObject({ name: 'web-2' });
    await cli.ok(['download', 'demo:web@stable', cli.file('got.raw')]);
    expect(cli.read('got.raw')).toEqual(disk(2));
    await cli.ok(['copy', 'demo:web@stable', 'local:web']);
    await cli.ok(['channel', 'set', 'web@next', 'demo:web@stable']);
    await cli.ok(['patch', 'demo:web@stable', '--tag', 'blessed']);
    expect(wire('web-2').tags).toEqual(['fast', 'blessed'].slice(1));
    ids.set('odd', String(cli.image('web@stable').wire.id));
    expect(await target()).toBe('odd');
  });

  it('is shown, and listed, with who has set it when and why', async () => {
    await set('web-1', '--reason', ' passed\n1204 ');
    const row = (await cli.ok(['channel', 'show', 'demo:web@stable', '-o', 'json'])).json() as ChannelRow;
    expect(row).toMatchObject({
      channel: 'web@stable',
      profile: 'demo',
      id: idOf('web-1'),
      reason: 'passed 1204',
      status: 'active',
    });
    expect(Date.parse(row.since ?? '')).toBeGreaterThan(0);
    await cli.ok(['channel', 'set', 'api@stable', 'demo:web-3']);
    const listed = async (...args: readonly string[]) =>
      ((await cli.ok(['channel', 'list', ...args, '-o', 'json'])).json() as ChannelRow[]).map(
        ({ channel, name }) => `${channel} ${name ?? ''}`,
      );
    expect(await listed('-p', 'demo')).toEqual(['api@stable web-3', 'web@stable web-1']);
    expect(await listed('demo:web@*')).toEqual(['web@stable web-1']);
    expect(await listed('-p', 'local')).toEqual([]);
    const none = await cli.run(['channel', 'show', 'demo:web@next', '--json']);
    expect(errorOf(none)).toMatchObject({ code: 'NOT_FOUND', hint: expect.stringContaining('imgctl channel list -p demo') });
  });

  it('goes back to the one before, twice to the one before that, and never to what is out of use', async () => {
    for (const name of ['web-1', 'web-2', 'web-3']) await set(name);
    expect(await change('rollback', 'demo:web@stable')).toMatchObject([{ id: idOf('web-2'), from: idOf('web-3') }]);
    expect(await target()).toBe('web-2');
    await change('rollback', 'demo:web@stable');
    expect([await target(), await history()]).toEqual([
      'web-1',
      ['5 web-1 as 1 now', '4 web-2 as 2', '3 web-3', '2 web-2', '1 web-1'],
    ]);
    const first = await cli.run(['channel', 'rollback', 'demo:web@stable', '--json']);
    expect(errorOf(first)).toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringMatching(/channel history web@stable -p demo$/),
    });
    await set('web-3');
    await cli.ok(['deactivate', `demo:${idOf('web-2')}`]);
    await set('web-3');
    expect(await change('rollback', 'demo:web@stable')).toMatchObject([{ id: idOf('web-1') }]);
  });

  it('goes back to what was the target before, and not to what was gone back from already', async () => {
    for (const name of ['web-1', 'web-2']) await set(name);
    await change('rollback', 'demo:web@stable', '--reason', 'web-2 does not boot');
    await set('web-3');
    expect(await change('rollback', 'demo:web@stable')).toMatchObject([{ id: idOf('web-1'), from: idOf('web-3') }]);
  });

  it('leads on in the profile that was meant, and in the region that was typed', async () => {
    await set('web-1');
    await cli.ok(['deactivate', `demo:${idOf('web-2')}`]);
    const refused: readonly (readonly [args: readonly string[], next: string])[] = [
      [['rollback', 'web@stable'], 'channel history web@stable -p demo'],
      [['rollback', 'web@none'], 'channel list -p demo'],
      [['show', 'web@none'], 'channel list -p demo'],
      [['history', 'web@none'], 'channel list -p demo'],
      [['set', 'web@stable', idOf('web-2')], `show demo:${idOf('web-2')}`],
    ];
    for (const [args, next] of refused)
      for (const region of [[], ['--region', 'RegionOne']]) {
        const result = await cli.run(['channel', ...args, '-p', 'demo', ...region, '--json']);
        expect(errorOf(result).hint, args.join(' ')).toMatch(new RegExp(`imgctl ${[next, ...region].join(' ')}$`));
      }
    const several = await cli.run(['channel', 'rollback', 'web@stable', '-p', 'demo', '-p', 'local', '-o', 'json']);
    expect(several.json()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ profile: 'demo', hint: expect.stringMatching(/imgctl channel history web@stable -p demo$/) }),
        expect.objectContaining({ profile: 'local', hint: expect.stringMatching(/imgctl channel list -p local$/) }),
      ]),
    );
  });

  it('is kept by its target: that is neither deleted, deactivated, replaced nor pruned', async () => {
    await set('web-1');
    for (const args of [
      ['delete', 'demo:web-1', '--yes'],
      ['delete', `demo:${idOf('web-1')}`, '--yes'],
      ['delete', 'demo:web-1', '--dry-run'],
      ['deactivate', 'demo:web-1'],
      ['deactivate', 'demo:web-1', '--dry-run'],
      ['upload', cli.write('new.raw', disk(9)), '--name', 'demo:web-1', '--if-exists', 'replace', '--yes'],
    ]) {
      const refused = await cli.run([...args, '--json']);
      expect([args[0], errorOf(refused)]).toEqual([
        args[0],
        expect.objectContaining({ code: 'CONFLICT', message: `image ${idOf('web-1')} is web@stable` }),
      ]);
    }
    await cli.ok(['patch', ...['web-1', 'web-2', 'web-3'].map((name) => `demo:${name}`), '--manage']);
    const rows = (await cli.ok(['prune', 'demo:web-*', '--keep', '1', '--yes', '-o', 'json'])).json() as {
      name: string;
      reason: string;
    }[];
    expect(rows.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      'web-3: the newest',
      'web-2: 1 newer is active',
      'web-1: web@stable',
    ]);
    expect(wire('web-1').status).toBe('active');
  });

  it('whose target was deleted by hand says so, and goes back', async () => {
    await set('web-1');
    await set('web-2');
    cli.cloud().one.store.images.delete(idOf('web-2'));
    const lost = await cli.run(['resolve', 'demo:web@stable', '--json']);
    expect(errorOf(lost)).toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('channel rollback web@stable -p demo'),
    });
    await change('rollback', 'demo:web@stable');
    expect(await target()).toBe('web-1');
  });

  it('does not point to what cannot be used, nor to one image under two names', async () => {
    await cli.ok(['deactivate', 'demo:web-1']);
    expect(errorOf(await cli.run(['channel', 'set', 'web@stable', 'demo:web-1', '--json'])).code).toBe('CONFLICT');
    await set('web-2');
    expect(errorOf(await cli.run(['channel', 'set', 'api@stable', 'demo:web-2', '--json'])).code).toBe('CONFLICT');
    for (const odd of ['web', 'web@', '@stable', 'web@Stable', 'web@a b'])
      expect((await cli.run(['channel', 'set', odd, 'demo:web-2'])).exitCode, odd).toBe(2);
  });

  it('is made under no name that somebody may take for a path or an option', async () => {
    for (const odd of ['../x', './x', '/x', 'a/../b', 'a//b', '-x', 'a\\b', 'a\u0007b', '\u202Ex', ' x']) {
      const refused = await cli.run(['channel', 'set', '-p', 'demo', '--json', '--', `${odd}@stable`, 'web-1']);
      expect([refused.exitCode, errorOf(refused).message], odd).toEqual([2, expect.stringContaining('name of a channel')]);
    }
    for (const good of ['debian:12', 'Ubuntu 24.04', 'ubuntu/24.04', 'münchen']) {
      await cli.ok(['channel', 'set', '-p', 'demo', `${good}@stable`, 'web-1']);
      await cli.ok(['channel', 'delete', '-p', 'demo', `${good}@stable`, '--yes']);
    }
  });

  it('is deleted after a yes, is nowhere then but in its history, and can be set again', async () => {
    await set('web-1');
    const unasked = await cli.run(['channel', 'delete', 'demo:web@stable']);
    expect([unasked.exitCode, await target()]).toEqual([2, 'web-1']);
    expect(await change('delete', 'demo:web@stable', '--dry-run')).toMatchObject([{ result: 'planned' }]);
    expect(await target()).toBe('web-1');
    expect(await change('delete', 'demo:web@stable', '--yes', '--reason', 'mistyped')).toMatchObject([
      { channel: 'web@stable', profile: 'demo', from: idOf('web-1'), result: 'ok' },
    ]);
    expect(pointed()).toEqual([]);
    expect((await cli.ok(['channel', 'list', '-p', 'demo', '-o', 'json'])).json()).toEqual([]);
    for (const gone of [['channel', 'show'], ['channel', 'delete'], ['show']])
      expect((await cli.run([...gone, 'demo:web@stable', ...(gone[1] === 'delete' ? ['--yes'] : [])])).exitCode).toBe(5);
    expect(await history()).toEqual(['2 web-1 as 1', '1 web-1']);
    await cli.ok(['deactivate', 'demo:web-1', '--yes']);
    await set('web-2');
    expect(await target()).toBe('web-2');
  });

  it('moves in a dry run not at all', async () => {
    await set('web-1');
    expect(await change('set', 'web@stable', 'demo:web-2', '--dry-run')).toMatchObject([
      { result: 'planned', from: idOf('web-1') },
    ]);
    expect(await target()).toBe('web-1');
  });
});

/** What imgctl has sent itself can be told to be the same. */
const sent = async (name: string, seed: number): Promise<void> => {
  const made = await cli.ok(['upload', cli.write(`${name}.raw`, disk(seed)), '--name', `demo:${name}`, '-o', 'json']);
  ids.set(name, (made.json() as { id: string }).id);
};

describe('in several profiles', () => {
  beforeEach(async () => {
    for (const seed of [11, 12, 13]) await sent(`app-${seed}`, seed);
  });

  it('it points to the same content, and one that has it not is a failure of its own', async () => {
    await cli.ok(['copy', 'demo:app-11', 'local:other-name']);
    expect(await change('set', 'web@stable', 'demo:app-11', '-p', 'demo', '-p', 'local')).toMatchObject([
      { profile: 'demo', name: 'app-11', result: 'ok' },
      { profile: 'local', name: 'other-name', result: 'ok' },
    ]);
    expect((await cli.ok(['show', 'local:web@stable', '-o', 'json'])).json()).toMatchObject({ name: 'other-name' });
    const partial = await cli.run(['channel', 'set', 'web@stable', 'demo:app-12', '-p', 'demo', '-p', 'local', '-o', 'json']);
    expect(partial.exitCode).toBe(12);
    expect(partial.json()).toMatchObject([{ result: 'ok' }, { profile: 'local', result: 'failed', code: 'NOT_FOUND' }]);
    await cli.ok(['channel', 'set', 'web@stable', 'demo:app-12', '-p', '{demo,local}']);
  });

  it('it goes back in none where that is not the same content in all', async () => {
    await cli.ok(['copy', 'demo:app-11', 'local:one']);
    await cli.ok(['copy', 'demo:app-12', 'local:two']);
    for (const [here, there] of [
      ['app-11', 'two'],
      ['app-13', 'one'],
    ]) {
      await set(here ?? '');
      await cli.ok(['channel', 'set', 'web@stable', `local:${there ?? ''}`]);
    }
    const refused = await cli.run(['channel', 'rollback', 'web@stable', '-p', 'demo', '-p', 'local', '--json']);
    expect(errorOf(refused).code).toBe('CONFLICT');
    expect(await target()).toBe('app-13');
  });

  it('a run that went back in one of them alone is gone on with by the next one', async () => {
    await cli.ok(['copy', 'demo:app-11', 'local:app-11']);
    await cli.ok(['copy', 'demo:app-12', 'local:app-12']);
    const both = ['-p', 'demo', '-p', 'local'];
    for (const name of ['app-11', 'app-12']) await cli.ok(['channel', 'set', 'web@stable', `demo:${name}`, ...both]);
    await change('rollback', 'web@stable', '-p', 'demo');
    expect(await change('rollback', 'web@stable', ...both)).toMatchObject([
      { profile: 'demo', name: 'app-11', result: 'ok', message: 'nothing to change' },
      { profile: 'local', name: 'app-11', result: 'ok' },
    ]);
  });
});

const why = ['--reason', 'CVE-2026-1234', '--yes'];

describe('a run that was killed before it could say that it was done', () => {
  const killed = (): string => killedBehind(cli.file('.'), 'outcome');

  it('and had gone back is finished by the next one; who goes back then goes further back', async () => {
    for (const name of ['web-1', 'web-2', 'web-3']) await set(name);
    await change('rollback', 'web@stable', '-p', 'demo');
    const run = killed();
    const message = `run ${run} had gone back to it, and was broken off`;
    expect(await change('rollback', 'web@stable', '-p', 'demo', '--dry-run')).toMatchObject([{ name: 'web-2', message }]);
    expect(await change('rollback', 'web@stable', '-p', 'demo')).toMatchObject([{ name: 'web-2', result: 'ok', message }]);
    expect(await target()).toBe('web-2');
    await change('rollback', 'web@stable', '-p', 'demo');
    expect(await target()).toBe('web-1');
  });

  it('and had gone back, as one does whose last answer was lost', async () => {
    for (const name of ['web-1', 'web-2', 'web-3']) await set(name);
    const path = `/v2/images/${idOf('web-3')}`;
    const isLast = (request: { readonly method: string; readonly path: string }) =>
      request.method === 'PATCH' && request.path.endsWith(path);
    cli.cloud().fail({ kind: 'answer afterwards', status: 502, body: '', times: 1, on: isLast });
    expect((await cli.run(['channel', 'rollback', 'web@stable', '-p', 'demo', '--retries', '0'])).exitCode).not.toBe(0);
    expect([await target(), pointed()]).toEqual(['web-2', ['web-2']]);
    await change('rollback', 'web@stable', '-p', 'demo');
    expect(await target()).toBe('web-2');
  });

  it('and had gone back is none to go on with where somebody has moved the channel since', async () => {
    for (const name of ['web-1', 'web-2', 'web-3']) await set(name);
    await change('rollback', 'web@stable', '-p', 'demo');
    killed();
    await set('web-3');
    await change('rollback', 'web@stable', '-p', 'demo');
    expect(await target()).toBe('web-2');
    await change('rollback', 'web@stable', '-p', 'demo');
    expect(await target()).toBe('web-1');
  });

  it('and had revoked what a channel pointed to is finished by the next one: what was before that stays', async () => {
    for (const name of ['web-1', 'web-2', 'web-3']) await set(name);
    await change('revoke', 'demo:web@stable', ...why);
    killed();
    expect(await change('revoke', 'demo:web@stable', ...why)).toMatchObject([{ id: idOf('web-3'), result: 'ok' }]);
    expect([await target(), wire('web-2').status]).toEqual(['web-2', 'active']);
    await change('revoke', 'demo:web@stable', ...why);
    expect([await target(), wire('web-2').status]).toEqual(['web-1', 'deactivated']);
  });
});

describe('what is revoked', () => {
  it('goes out of use with the reason, and its channels go back', async () => {
    await set('web-1');
    await set('web-2');
    const rows = await change('revoke', 'demo:web@stable', ...why);
    expect(rows).toMatchObject([
      { channel: 'web@stable', id: idOf('web-1'), from: idOf('web-2'), result: 'ok' },
      { profile: 'demo', id: idOf('web-2'), message: 'revoked, and deactivated', result: 'ok' },
    ]);
    expect([await target(), pointed()]).toEqual(['web-1', ['web-1']]);
    expect(wire('web-2').status).toBe('deactivated');
    expect((await cli.ok(['show', `demo:${idOf('web-2')}`])).stdout).toContain('CVE-2026-1234');
    expect(errorOf(await cli.run(['channel', 'set', 'web@stable', 'demo:web-2', '--json'])).message).toContain('CVE-2026-1234');
    expect(await change('revoke', `demo:${idOf('web-2')}`, ...why)).toHaveLength(1);
  });

  it('is no target any more where a run that was killed had not told it so', async () => {
    await set('web-2');
    const before = { ...wire('web-2') };
    await set('web-1');
    Object.assign(wire('web-2'), before);
    expect(pointed()).toEqual(['web-1', 'web-2']);
    await change('revoke', `demo:${idOf('web-2')}`, ...why);
    expect([await target(), pointed()]).toEqual(['web-1', ['web-1']]);
  });

  it('and was the only one is refused to whoever asks, and can be deleted', async () => {
    await set('web-1');
    expect((await change('revoke', 'demo:web-1', ...why))[0]).toMatchObject({ message: 'nothing to go back to: it is refused' });
    const refused = await cli.run(['resolve', 'demo:web@stable', '--json']);
    expect(errorOf(refused)).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('CVE-2026-1234') });
    await cli.ok(['delete', 'demo:web-1', '--yes']);
  });

  it('leaves the one before, also where the logs have lost when that was the target', async () => {
    const undo = async (): Promise<void> => {
      const [run] = (await cli.ok(['ops', 'list', '--all', '-o', 'json'])).json() as readonly { readonly id: string }[];
      await cli.ok(['ops', 'undo', run?.id ?? '', '--yes']);
    };
    for (const name of ['web-1', 'web-2', 'web-3']) await set(name);
    await change('rollback', 'web@stable', '-p', 'demo', '--reason', 'does not boot');
    await set('web-3');
    for (const expected of ['web-2', 'web-3']) {
      await undo();
      expect(await target()).toBe(expected);
    }
    await change('revoke', `demo:${idOf('web-3')}`, ...why);
    await undo();
    await change('revoke', `demo:${idOf('web-3')}`, ...why);
    expect(await target()).toBe('web-2');
  });

  it('goes in every profile, also under other names', async () => {
    await sent('bad', 7);
    await cli.ok(['copy', 'demo:bad', 'local:other-name']);
    const rows = await change('revoke', 'demo:bad', '-p', 'demo', '-p', 'local', ...why);
    expect(rows.map(({ profile, name }) => `${profile} ${name ?? ''}`).sort()).toEqual(['demo bad', 'local other-name']);
  });

  it('needs a reason, and a yes', async () => {
    expect((await cli.run(['channel', 'revoke', 'demo:web-1', '--yes'])).exitCode).toBe(2);
    expect((await cli.run(['channel', 'revoke', 'demo:web-1', '--reason', 'x'])).exitCode).toBe(2);
    expect(wire('web-1').status).toBe('active');
  });
});
