import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appendFileSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../clouds/openstack/cli.ts';
import { projects } from '../clouds/openstack/keystone.ts';
import { journalFiles, journalText, killedBehind } from '../support/killed-run.ts';

const cli = useOpenstackCli();
const home = (): string => cli.file('');
const quick = ['--poll-interval', '1ms'];
const upload = (...more: readonly string[]) =>
  cli.ok(['upload', cli.write('disk.raw', disk()), '--name', 'demo:web', ...quick, ...more]);
const named = (name: string) => cli.wires().filter((wire) => wire.name === name);
const only = () => [...cli.cloud().one.store.images.values()][0];
interface RunJson {
  readonly id: string;
  readonly state: string;
  readonly left: readonly { readonly id?: string; readonly now?: string }[];
}
const listed = async (...more: readonly string[]) =>
  (await cli.ok(['ops', 'list', '-o', 'json', ...more])).json() as readonly RunJson[];

/** An upload that was killed before its data was sent: a queued record is left. */
async function killedUpload(...more: readonly string[]): Promise<string> {
  await upload(...more);
  const kept = only();
  if (!kept) throw new Error('nothing was uploaded');
  Object.assign(kept.wire, { status: 'queued', size: null, checksum: null, os_hash_algo: null, os_hash_value: null, stores: '' });
  kept.data = Buffer.alloc(0);
  return killedBehind(home(), 'created');
}

describe('the journal of a run', () => {
  it('is not made by what changes nothing, nor without --journal, nor in a dry run', async () => {
    cli.image('web');
    const none = ['--no-journal'];
    for (const line of [
      ['list', '-p', 'demo'],
      ['show', 'demo:web'],
      ['download', 'demo:web', cli.file('x')],
      ['share', 'demo:web'],
      ['ops', 'list'],
      ['patch', 'demo:web', '--name', 'other', '--dry-run'],
      ['patch', 'demo:web', '--tag', 'a', ...none],
    ])
      await cli.ok(line);
    await cli.ok(['patch', 'demo:web', '--tag', 'b'], { env: { IMGCTL_JOURNAL: 'off' } });
    expect(journalFiles(home())).toEqual([]);
    await cli.ok(['patch', 'demo:web', '--tag', 'c']);
    expect(journalFiles(home())).toHaveLength(1);
    expect((await cli.run(['list', '-p', 'demo'], { env: { IMGCTL_JOURNAL: 'perhaps' } })).exitCode).toBe(2);
  });

  it.each([[[]], [['-q']], [['-o', 'json', '-q']]])('that cannot be written is told of, with %j too, once', async (more) => {
    cli.write('.local', Buffer.from('no folder'));
    const { stderr } = await cli.ok(['create', 'demo:empty', ...more]);
    expect(stderr.match(/the journal cannot be written/g)).toHaveLength(1);
  });

  it('holds no bytes and no secret of the profile', async () => {
    await upload();
    const secrets = Object.values(cli.cloud().valuesFor('demo'));
    const text = journalText(home());
    expect(text).toContain('"verb":"upload"');
    expect(
      secrets.filter((value) => value.length > 5 && !value.startsWith('http')).filter((value) => text.includes(value)),
    ).toEqual([]);
    expect(text.length).toBeLessThan(5000);
  });
});

describe('ops list', () => {
  it('shows what was changed, the newest first, with what is left', async () => {
    await cli.ok(['create', 'demo:empty']);
    const id = await killedUpload();
    const [first, second, ...others] = await listed();
    expect(first).toMatchObject({
      id,
      state: 'interrupted',
      verb: 'upload',
      profiles: ['demo'],
      images: [only()?.wire.id].slice(1).concat(first?.left[0]?.id),
      left: [{ profile: 'demo', provider: 'openstack', name: 'web' }],
    });
    expect(second).toMatchObject({ state: 'done', verb: 'create', left: [] });
    expect(others).toEqual([]);
    expect((await listed('--left')).map((run) => run.id)).toEqual([id]);
    expect((await listed('--state', 'done')).map(({ state }) => state)).toEqual(['done']);
    expect((await listed('--limit', '1')).map((run) => run.id)).toEqual([id]);
    expect((await cli.ok(['ops', 'list', '-o', 'id'])).stdout.split('\n')[0]).toBe(id);
    expect((await cli.run(['ops', 'list', '--state', 'odd'])).exitCode).toBe(2);
  });

  it('says nothing where nothing was ever changed', async () => {
    expect(await listed()).toEqual([]);
  });
});

describe('ops show', () => {
  it('tells what a run did, and what there is now of what it left', async () => {
    const id = await killedUpload();
    const run = (await cli.ok(['ops', 'show', '-o', 'json'])).json();
    expect(run).toMatchObject({
      id,
      left: [{ now: 'unfinished', message: 'queued' }],
      actions: [{ verb: 'upload', result: 'interrupted', name: 'web' }],
    });
    expect((await cli.ok(['ops', 'show', id.slice(0, -1)])).stdout).toContain('unfinished: queued');
    expect((await cli.run(['ops', 'show', 'nothing'])).exitCode).toBe(5);
  });

  it('shows the failure of a run with its hint', async () => {
    expect((await cli.run(['patch', 'demo:nothing', '--name', 'x'])).exitCode).toBe(5);
    cli.image('web', { protected: true });
    expect((await cli.run(['delete', 'demo:web', '--yes'])).exitCode).toBe(6);
    expect((await cli.ok(['ops', 'show', '-o', 'json'])).json()).toMatchObject({
      state: 'failed',
      exitCode: 6,
      hint: expect.stringContaining('--unprotect'),
    });
  });
});

describe('ops undo', () => {
  it('removes what was made and not finished, once', async () => {
    const id = await killedUpload();
    const image = String(only()?.wire.id);
    const unasked = await cli.run(['ops', 'undo', id]);
    expect([unasked.exitCode, unasked.stderr]).toEqual([2, expect.stringContaining(`Delete ${image} (web) (profile demo)?`)]);
    expect(named('web')).toHaveLength(1);
    expect((await cli.ok(['ops', 'undo', id, '--dry-run', '-o', 'json'])).json()).toMatchObject([
      { result: 'planned', message: 'would remove' },
    ]);
    expect(named('web')).toHaveLength(1);
    expect((await cli.ok(['ops', 'undo', '--yes', '-o', 'json'])).json()).toMatchObject([{ result: 'ok', message: 'removed' }]);
    expect(named('web')).toEqual([]);
    const undone = (await listed()).find((run) => run.id === id);
    expect(undone).toMatchObject({ undoneBy: (await listed())[0]?.id });
    expect(undone).toMatchObject({ state: 'undone', left: [] });
    expect((await cli.ok(['ops', 'undo', id, '--yes', '-o', 'json'])).json()).toEqual([]);
    expect((await cli.run(['ops', 'undo', '--yes'])).exitCode).toBe(5);
  });

  it('that was killed once it had undone the latest run leaves the one before that alone when it is typed again', async () => {
    const before = await killedUpload();
    const image = only()?.wire.id;
    cli.cloud().one.store.images.clear();
    const latest = await killedUpload();
    await cli.ok(['ops', 'undo', '--yes']);
    const undo = killedBehind(home(), 'outcome');
    const again = await cli.ok(['ops', 'undo', '--yes', '-o', 'json']);
    expect([again.json(), again.stderr]).toEqual([[], expect.stringContaining(`run ${undo}, which was broken off, is finished`)]);
    expect((await listed('--left')).map(({ id }) => id)).toEqual([before]);
    expect(await listed()).toMatchObject([
      { id: undo, state: 'resumed' },
      { id: latest, state: 'undone' },
      { id: before, state: 'interrupted', left: [{ id: image }] },
    ]);
    await cli.ok(['ops', 'undo', '--yes']);
    expect(await listed('--left')).toEqual([]);
  });

  it('is done where somebody else has removed it', async () => {
    const id = await killedUpload();
    cli.cloud().one.store.images.clear();
    expect((await cli.ok(['ops', 'undo', id, '--yes', '-o', 'json'])).json()).toMatchObject([{ message: 'already gone' }]);
    expect((await listed('--left')).length).toBe(0);
  });

  it('keeps what is complete by now, and keeps it in mind, until it is forced', async () => {
    await upload();
    const id = killedBehind(home(), 'created');
    const run = await cli.run(['ops', 'undo', id, '--yes']);
    expect(run.exitCode).toBe(6);
    expect(run.stderr).toMatch(/active and may be in use: it is kept\n.*imgctl delete demo:/s);
    expect(named('web')).toHaveLength(1);
    expect((await cli.ok(['ops', 'show', id, '-o', 'json'])).json()).toMatchObject({ left: [{ now: 'complete' }] });
    expect((await listed('--left')).map((one) => one.id)).toEqual([id]);
    expect((await cli.run(['ops', 'undo', '--yes'])).exitCode).toBe(6);
    const forced = await cli.ok(['ops', 'undo', id, '--yes', '--force', '-o', 'json']);
    expect(forced.json()).toMatchObject([{ result: 'ok', message: 'removed' }]);
    expect(named('web')).toEqual([]);
    expect(await listed('--left')).toEqual([]);
  });

  it('keeps a record that was there before the run', async () => {
    const into = ((await cli.ok(['create', 'demo:web', '-o', 'json'])).json() as { id: string }).id;
    await cli.ok(['upload', cli.write('disk.raw', disk()), '--into', `demo:${into}`]);
    Object.assign(only()?.wire ?? {}, { status: 'queued' });
    const id = killedBehind(home(), (entry) => entry.kind === 'action' && entry.verb === 'upload');
    const run = await cli.run(['ops', 'undo', id, '--yes']);
    expect(run.stderr).toContain('was there before the run');
    expect(named('web')).toHaveLength(1);
  });

  it('names what the run may have made, and removes none of it', async () => {
    await cli.ok(['create', 'demo:web']);
    const id = killedBehind(home(), 'action');
    const candidate = String(only()?.wire.id);
    const run = await cli.run(['ops', 'undo', id, '--yes']);
    expect(run.exitCode).toBe(6);
    expect(run.stderr).toContain(candidate);
    expect(named('web')).toHaveLength(1);
    expect((await listed('--left')).map((one) => one.id)).toEqual([id]);
  });

  it('touches nothing while the run is alive, nor at another account', async () => {
    const id = await killedUpload();
    const [file = ''] = journalFiles(home());
    const elsewhere = { env: { IMGCTL_PROFILE_DEMO_REGION: 'RegionTwo' } };
    const other = await cli.run(['ops', 'undo', id, '--yes'], elsewhere);
    expect(other.stderr).toContain('profile demo was changed since that run');
    expect(readFileSync(file, 'utf8')).not.toContain('undone');
    expect(named('web')).toHaveLength(1);
  });

  it('takes back the places that a replication has begun to fill, and no others', async () => {
    const image = cli.image('web', {}, disk(), projects.admin);
    await cli.ok(['replicate', 'root:web', '--to', 'fast,cheap', ...quick]);
    expect(image.wire.stores).toBe('fast,cheap');
    const id = killedBehind(home(), (entry) => entry.kind === 'adding');
    await cli.ok(['ops', 'undo', id, '--yes']);
    expect(image.wire.stores).toBe('fast');
  });
});

/** What is left of the record of `web` at the cloud by a run that was killed before its data was sent. */
function emptied(): void {
  const kept = only();
  if (!kept) throw new Error('nothing was made');
  Object.assign(kept.wire, { status: 'queued', size: null, checksum: null, os_hash_algo: null, os_hash_value: null, stores: '' });
  kept.data = Buffer.alloc(0);
}

describe('ops resume', () => {
  it('imports what is staged in a record of before, where the import was never begun', async () => {
    const kept = cli.image('web');
    const id = String(kept.wire.id);
    const stage = (): void => {
      kept.staged = disk();
      Object.assign(kept.wire, { status: 'uploading', size: null, checksum: null, os_hash_algo: null, os_hash_value: null });
    };
    stage();
    await cli.ok(['import', '--into', `demo:${id}`, '--method', 'glance-direct', ...quick]);
    const run = killedBehind(home(), 'action');
    kept.tasks.splice(0);
    stage();
    await cli.ok(['ops', 'resume', run, '--wait-timeout', '2s', ...quick]);
    expect(kept.wire.status).toBe('active');
  });

  it('takes no other image that bears the name of the source by now', async () => {
    await cli.ok(['upload', cli.write('one.raw', disk()), '--name', 'local:src']);
    await cli.ok(['copy', 'local:src', 'demo:web']);
    emptied();
    const id = killedBehind(home(), 'created');
    await cli.ok(['delete', 'local:src', '--yes']);
    await cli.ok(['upload', cli.write('two.raw', Buffer.concat([disk(), disk()])), '--name', 'local:src']);
    const run = await cli.run(['ops', 'resume', id]);
    expect([run.exitCode, run.stderr]).toEqual([6, expect.stringMatching(/local:\S+ is not what run \S+ took/)]);
    expect(only()?.wire.status).toBe('queued');
  });

  it('takes the same image again', async () => {
    await cli.ok(['upload', cli.write('one.raw', disk()), '--name', 'local:src']);
    await cli.ok(['copy', 'local:src', 'demo:web']);
    emptied();
    await cli.ok(['ops', 'resume', killedBehind(home(), 'created')]);
    expect(only()?.data.equals(disk())).toBe(true);
  });

  it.each([['etag'], ['last-modified']])('takes no URL whose content is another one by its %s', async (header) => {
    const values = { etag: ['"1"', '"2"'], 'last-modified': ['Sat, 28 Nov 2026 10:00:00 GMT', 'Sat, 28 Nov 2026 11:00:00 GMT'] };
    let now = 0;
    const server = createServer((_request, response) => {
      response.setHeader(header, values[header as keyof typeof values][now] ?? '');
      response.end(disk());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      await cli.ok(['upload', `http://127.0.0.1:${port}/disk.raw`, '--name', 'demo:web']);
      emptied();
      const id = killedBehind(home(), 'created');
      now = 1;
      const run = await cli.run(['ops', 'resume', id]);
      expect([run.exitCode, run.stderr]).toEqual([6, expect.stringContaining('is not what run')]);
      now = 0;
      await cli.ok(['ops', 'resume', id]);
      expect(only()?.data.equals(disk())).toBe(true);
    } finally {
      server.close();
    }
  });

  it('fills the record of an upload that was broken off', async () => {
    const id = await killedUpload('--tag', 'blessed', '--visibility', 'community', '--protect');
    const before = String(only()?.wire.id);
    const image = (await cli.ok(['ops', 'resume', id, '-o', 'json'])).json();
    expect(image).toMatchObject({ id: before, status: 'active', tags: ['blessed'], visibility: 'community', protected: true });
    expect(only()?.data.equals(disk())).toBe(true);
    expect(cli.wires()).toHaveLength(1);
    const [second] = await listed();
    expect(second).toMatchObject({ resumes: id });
    expect((await listed()).find((run) => run.id === id)).toMatchObject({ state: 'resumed', left: [], resumedBy: second?.id });
    expect((await cli.ok(['ops', 'show', id])).stdout).toContain(`resumedBy\t${second?.id}`);
    expect((await cli.run(['ops', 'resume', id])).stderr).toContain('is resumed: there is nothing to resume');
  });

  it('finishes an image whose data is there', async () => {
    await upload('--visibility', 'community');
    Object.assign(only()?.wire ?? {}, { visibility: 'private' });
    await cli.ok(['ops', 'resume', killedBehind(home(), 'created')]);
    expect(only()?.wire).toMatchObject({ status: 'active', visibility: 'community' });
    expect(cli.wires()).toHaveLength(1);
  });

  it('is done where the run died with nothing left to do', async () => {
    const into = ((await cli.ok(['create', 'demo:web', '-o', 'json'])).json() as { id: string }).id;
    await cli.ok(['upload', cli.write('disk.raw', disk()), '--into', `demo:${into}`]);
    const id = killedBehind(home(), 'outcome');
    expect((await cli.ok(['ops', 'resume', id, '-o', 'json'])).json()).toMatchObject({ id: into, status: 'active' });
    expect((await listed()).find((run) => run.id === id)).toMatchObject({ state: 'resumed' });
  });

  it('makes anew what is not there', async () => {
    const id = await killedUpload();
    cli.cloud().one.store.images.clear();
    await cli.ok(['ops', 'resume', id]);
    expect(named('web')).toMatchObject([{ status: 'active' }]);
  });

  it('says what is not what was to be uploaded', async () => {
    await upload();
    const kept = only();
    Object.assign(kept?.wire ?? {}, { os_hash_value: '0'.repeat(128), checksum: '0'.repeat(32) });
    delete kept?.wire['imgctl.contentId'];
    const run = await cli.run(['ops', 'resume', killedBehind(home(), 'created')]);
    expect(run.exitCode).toBe(6);
    expect(run.stderr).toContain('different (or unknown) content');
  });

  it('refuses a source that has changed, a run that is done, and what is done in one step', async () => {
    const id = await killedUpload();
    cli.write('disk.raw', disk(2));
    const changed = await cli.run(['ops', 'resume', id]);
    expect(changed.stderr).toMatch(/disk.raw has changed since run .*\n.*imgctl ops undo/);
    await cli.ok(['ops', 'undo', id, '--yes']);
    await upload();
    const [{ id: done } = { id: '' }] = await listed('--state', 'done', '--limit', '1');
    expect((await cli.run(['ops', 'resume', done])).stderr).toContain('is done: there is nothing to resume');
    await cli.ok(['patch', 'demo:web', '--name', 'other']);
    const patch = await cli.run(['ops', 'resume', killedBehind(home(), 'action')]);
    expect(patch.exitCode).toBe(7);
    expect(patch.stderr).toMatch(/done in one step\n.*imgctl patch demo:web --name other/);
  });

  it('says of apply that the same command goes on, before it says how all is undone', async () => {
    const images = [{ name: 'fleet', source: cli.write('disk.raw', disk()), targets: ['demo'] }];
    const manifest = cli.write('images.json', Buffer.from(JSON.stringify({ manifest: 'm', images })));
    await cli.ok(['apply', '-f', manifest, '--yes', ...quick]);
    const run = await cli.run(['ops', 'resume', killedBehind(home(), 'created')]);
    expect(run.exitCode).toBe(7);
    expect(run.stderr).toMatch(
      /goes on with what is left\n(?:.*\n)?Run it again: imgctl apply .*\n(?:.*\n)?Undo it with: imgctl ops undo/,
    );
  });
});

describe('wait', () => {
  const late = ['--poll-interval', '1ms', '--wait-timeout', '150ms'];

  it('says why a copy failed that another run has begun, although the record does not tell of it', async () => {
    const image = cli.image('web', {}, disk(), projects.admin);
    cli.cloud().one.site.broken = ['cheap'];
    await cli.ok(['replicate', 'root:web', '--to', 'cheap', '--no-wait']);
    for (let look = 0; look < 4; look += 1) await cli.ok(['show', 'root:web']);
    delete image.wire.os_glance_failed_import;
    delete image.wire.os_glance_importing_to_stores;
    const waited = await cli.run(['wait', 'root:web', '--for', 'replicated=cheap', ...late]);
    expect(waited.exitCode, waited.stderr).toBe(10);
    expect(waited.stderr).toContain('Task failed due to Internal Error');
  });

  it.each([
    ['a new image', async () => killedUpload()],
    [
      'a record that was there',
      async () => {
        await cli.ok(['create', 'demo:web', '--disk-format', 'raw']);
        await cli.ok(['upload', cli.write('disk.raw', disk()), '--into', `demo:${String(only()?.wire.id)}`, ...quick]);
        emptied();
        return killedBehind(home(), (entry) => entry.kind === 'action' && entry.verb === 'upload');
      },
    ],
  ])('ends at once where the run that was to fill %s is dead, and says how to go on', async (_what, killed) => {
    const id = await killed();
    for (const goal of ['active', 'replicated=cheap']) {
      const waited = await cli.run(['wait', 'demo:web', '--for', goal, '--wait-timeout', '1h']);
      expect([waited.exitCode, waited.stderr]).toEqual([
        6,
        expect.stringMatching(
          new RegExp(`is queued, and run ${id}, .* was interrupted\nResume it with: imgctl ops resume ${id}`),
        ),
      ]);
    }
    await cli.ok(['ops', 'resume', id]);
    await cli.ok(['wait', 'demo:web', ...late]);
  });

  it('goes on where another run has filled it since, or the provider has taken the work over', async () => {
    const id = await killedUpload();
    const image = `demo:${String(only()?.wire.id)}`;
    const code = async () => (await cli.run(['wait', image, ...late])).exitCode;
    expect(await code()).toBe(6);
    const began = { kind: 'began', action: 1, job: { verb: 'upload', image: String(only()?.wire.id), ref: 'x' } };
    appendFileSync(journalFiles(home()).find((file) => file.includes(id)) ?? '', `${JSON.stringify(began)}\n`);
    expect(await code()).toBe(13);
    await cli.ok(['upload', cli.write('disk.raw', disk()), '--into', image, ...quick]);
    emptied();
    expect(await code()).toBe(13);
  });

  it('does not mind a job that ended before other data came', async () => {
    cli.cloud().one.site.broken = ['fast'];
    const id = ((await cli.ok(['create', 'demo:web', '--disk-format', 'raw', '-o', 'json'])).json() as { id: string }).id;
    const elsewhere = ['--method', 'glance-download', '--set', 'glanceRegion=RegionTwo', '--set', 'glanceImageId=x'];
    expect((await cli.run(['import', '--into', `demo:${id}`, ...elsewhere, ...quick])).exitCode).toBe(10);
    cli.cloud().one.site.broken = [];
    await cli.ok(['upload', cli.write('disk.raw', disk()), '--into', `demo:${id}`]);
    Object.assign(only()?.wire ?? {}, { status: 'saving' });
    expect((await cli.run(['wait', `demo:${id}`, ...late])).exitCode).toBe(13);
  });
});
