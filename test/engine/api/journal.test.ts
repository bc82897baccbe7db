import { describe, expect, it } from 'vitest';
import * as api from '../../../src/index.ts';
import type { Account, Context, ContextOptions } from '../../../src/index.ts';
import { disk, useOpenstackCli } from '../../clouds/openstack/cli.ts';
import { startLinode } from '../../clouds/linode/index.ts';
import { rancherCloud } from '../../clouds/rancher/index.ts';
import type { RunningCloud, Seed } from '../../conformance/cloud.ts';
import { profileVariables } from '../../commands/stage.ts';
import { journalFiles, journalText, killedBehind } from '../../support/killed-run.ts';
import type { RunEntry } from '../../../src/engine/journal/entry.ts';

const cli = useOpenstackCli();
const home = (): string => cli.file('');
const friend = '0123456789abcdef0123456789abcdef';
const quick = { pollMs: 1 };

const contextWith = (options: ContextOptions = {}): Promise<Context> =>
  api.createContext({
    configDir: cli.file('config'),
    confirm: () => true,
    ...options,
    env: { HOME: home(), ...profileVariables('demo', 'openstack', cli.cloud().values), ...options.env },
  });

async function stage(options: ContextOptions = {}): Promise<{ readonly at: Account; readonly context: Context }> {
  const context = await contextWith(options);
  return { at: await api.openAccount('demo', context), context };
}

interface RunJson {
  readonly id: string;
  readonly state: string;
  readonly verb: string;
  readonly command: string;
  readonly code?: string;
  readonly left: readonly { readonly id?: string }[];
}
const runs = async (...more: readonly string[]): Promise<readonly RunJson[]> =>
  (await cli.ok(['ops', 'list', '-o', 'json', ...more])).json() as readonly RunJson[];

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => (error as { code?: string }).code ?? error,
  );

/** Calls that change nothing at an account, though they have a plan: they write files. */
const writingFiles = ['convert', 'download', 'publish'];
const changing = Object.entries(api)
  .filter(([name, call]) => typeof call === 'function' && 'plan' in call && !writingFiles.includes(name))
  .map(([name]) => name);

type Made = (at: Account, context: Context) => Promise<unknown>;

/** Every call that changes something, and how it is typed. */
const calls: Readonly<Record<string, { readonly verb: string; readonly make: Made }>> = {
  create: { verb: 'create', make: (at, context) => api.create(at, { name: 'new' }, context) },
  upload: {
    verb: 'upload',
    make: (at, context) => api.upload(at, { from: cli.write('disk.raw', disk()), name: 'new', ...quick }, context),
  },
  importImage: {
    verb: 'import',
    make: (at, context) =>
      api.importImage(at, { name: 'new', url: 'https://site.example/disk.raw', format: 'raw', ...quick }, context),
  },
  copy: {
    verb: 'copy',
    make: (at, context) => api.copy(at, { image: 'web', to: at, name: 'new', ...quick }, context),
  },
  patch: { verb: 'patch', make: (at, context) => api.patch(at, { image: 'web', changes: { addTags: ['x'] } }, context) },
  deactivate: { verb: 'deactivate', make: (at, context) => api.deactivate(at, { image: 'web' }, context) },
  reactivate: {
    verb: 'reactivate',
    async make(at, context) {
      cli.image('off', { status: 'deactivated' });
      await api.reactivate(at, { image: 'off' }, context);
    },
  },
  prune: {
    verb: 'prune',
    async make(at, context) {
      cli.image('web-2');
      const managed: string[] = [];
      for await (const { id } of api.list(at, { scope: 'own' }, context)) managed.push(id);
      await api.prune(at, { images: ['web*'], keep: 1, managed, unused: true, pollMs: 1 }, context);
    },
  },
  apply: {
    verb: 'apply',
    async make(_at, context) {
      const images = [{ name: 'new', source: cli.write('disk.raw', disk()), targets: ['demo'] }];
      const manifest = cli.write('images.json', Buffer.from(JSON.stringify({ manifest: 'fleet', images })));
      await api.apply({ manifest, ...quick }, context);
    },
  },
  remove: { verb: 'delete', make: (at, context) => api.remove(at, { image: 'web' }, context) },
  share: { verb: 'share', make: (at, context) => api.share(at, { image: 'web', with: [friend] }, context) },
  unshare: {
    verb: 'unshare',
    make: async (at, context) => {
      const quiet = await contextWith({ journal: false });
      await api.share(at, { image: 'web', with: [friend] }, quiet);
      await api.unshare(at, { image: 'web', with: [friend] }, context);
    },
  },
  setChannel: {
    verb: 'channel set',
    make: (at, context) => api.setChannel(at, { channel: 'web@stable', image: 'web' }, context),
  },
  rollbackChannel: {
    verb: 'channel rollback',
    async make(at, context) {
      cli.image('next');
      const quiet = await contextWith({ journal: false });
      for (const image of ['web', 'next']) await api.setChannel(at, { channel: 'web@stable', image }, quiet);
      await api.rollbackChannel(at, { channel: 'web@stable' }, context);
    },
  },
  deleteChannel: {
    verb: 'channel delete',
    async make(at, context) {
      await api.setChannel(at, { channel: 'web@stable', image: 'web' }, await contextWith({ journal: false }));
      await api.deleteChannel(at, { channel: 'web@stable' }, context);
    },
  },
  revoke: { verb: 'channel revoke', make: (at, context) => api.revoke(at, { image: 'web', reason: 'bad' }, context) },
};

/** Those for which it takes another cloud. */
const elsewhere = {
  restore: {
    provider: 'rancher',
    start: () => rancherCloud({ version: '1.5' }).start(),
    seed: { name: 'gone', status: 'removed' },
    make: (at, image, context) => api.restore(at, { image, ...quick }, context),
  },
  replicate: {
    provider: 'linode',
    start: () => startLinode({ listsPerMinute: 1_000_000 }),
    seed: { name: 'web' },
    make: (at, image, context) => api.replicate(at, { image, add: ['us-iad'], ...quick }, context),
  },
} satisfies Readonly<Record<string, Elsewhere>>;

interface Elsewhere {
  readonly provider: string;
  readonly seed: Seed;
  start(): Promise<RunningCloud>;
  make(at: Account, image: string, context: Context): Promise<unknown>;
}

/** An upload whose program was killed before its data was sent: a queued record is left. */
async function killedUpload(from: api.UploadInput['from'], input: Partial<api.UploadInput> = {}): Promise<string> {
  const { at, context } = await stage();
  const { id } = await api.upload(at, { from, name: 'web', ...quick, ...input }, context);
  const kept = cli.cloud().one.store.images.get(id);
  if (!kept) throw new Error('nothing was uploaded');
  Object.assign(kept.wire, { status: 'queued', size: null, checksum: null, os_hash_algo: null, os_hash_value: null, stores: '' });
  kept.data = Buffer.alloc(0);
  return killedBehind(home(), 'created');
}

describe('a program that changes something', () => {
  it('has a journal of every call that there is', () => {
    expect(Object.keys({ ...calls, ...elsewhere }).sort()).toEqual(changing.sort());
  });

  it.each(Object.keys(calls))('leaves one run of each %s', async (name) => {
    const call = calls[name];
    cli.image('web', { visibility: 'shared' });
    const { at, context } = await stage();
    await call?.make(at, context);
    const [run, ...others] = await runs();
    expect(others).toEqual([]);
    expect(run).toMatchObject({ state: 'done', verb: call?.verb, left: [], profiles: ['demo'], exitCode: 0 });
    expect(run?.command).toMatch(new RegExp(String.raw`^${name}\((?:"demo", )?\{.*\}\)$`));
  });

  it.each(Object.entries<Elsewhere>(elsewhere))('leaves one run of a %s', async (verb, { provider, seed, start, make }) => {
    const cloud = await start();
    try {
      const [id = ''] = await cloud.seed([seed]);
      const context = await contextWith({ env: profileVariables('else', provider, cloud.values) });
      await make(await api.openAccount('else', context), id, context);
      expect(await runs()).toMatchObject([{ state: 'done', verb, profiles: ['else'], images: [id] }]);
    } finally {
      await cloud.stop();
    }
  });

  it('leaves none where it wants none, nor for a plan, nor for what changes nothing', async () => {
    cli.image('web');
    const off = [await stage({ journal: false }), await stage({ env: { IMGCTL_JOURNAL: 'off' } })];
    for (const { at, context } of off) await api.patch(at, { image: 'web', changes: { addTags: ['x'] } }, context);
    const { at, context } = await stage();
    await api.patch.plan(at, { image: 'web', changes: { addTags: ['y'] } }, context);
    await api.download(at, { image: 'web', to: cli.file('out') }, context);
    await api.convert({ from: cli.file('out'), to: cli.file('out.qcow2') }, context);
    await api.show(at, { image: 'web' }, context);
    await codeOf(api.patch(at, { image: 'nothing', changes: {} }, context));
    expect(journalFiles(home())).toEqual([]);
    expect(await codeOf(stage({ env: { IMGCTL_JOURNAL: 'perhaps' } }))).toBe('USAGE');
    const wanted = await stage({ journal: true, env: { IMGCTL_JOURNAL: 'off' } });
    await api.patch(wanted.at, { image: 'web', changes: { addTags: ['z'] } }, wanted.context);
    expect(journalFiles(home())).toHaveLength(1);
  });

  it('keeps calls at the same time apart, through one account', async () => {
    const { at, context } = await stage();
    const names = ['a', 'b', 'c', 'd'];
    const made = await Promise.all(names.map((name) => api.create(at, { name }, context)));
    const images = (await runs()).map((run) => (run as unknown as { readonly images: readonly string[] }).images);
    expect(images).toHaveLength(names.length);
    expect(images.flat().sort()).toEqual(made.map(({ id }) => id).sort());
  });

  it('has the failure of a call in its run, and what was stopped as interrupted', async () => {
    cli.image('web', { protected: true });
    const { at, context } = await stage();
    expect(await codeOf(api.remove(at, { image: 'web' }, context))).toBe('CONFLICT');
    const stopping = new AbortController();
    const stopped = await stage({ signal: stopping.signal });
    const isSent = ({ path }: { readonly path: string }): boolean => {
      if (path.endsWith('/file')) stopping.abort();
      return path.endsWith('/file');
    };
    cli.cloud().fail({ kind: 'stall', on: isSent });
    const cut = api.upload(stopped.at, { from: cli.write('disk.raw', disk()), name: 'cut' }, stopped.context);
    expect(await codeOf(cut)).toBe('ABORTED');
    const [second, first] = (await runs()).map(({ state, code }) => [state, code]);
    expect([first, second]).toEqual([
      ['failed', 'CONFLICT'],
      ['interrupted', 'ABORTED'],
    ]);
  });

  it('writes no secret of its profile, of an address, nor of what it asks', async () => {
    const { at, context } = await stage();
    const url = 'https://ada:hunter2secret@site.example/disk.raw?sig=signed-and-secret';
    await api.importImage(at, { name: 'new', url, format: 'raw', ...quick }, context);
    await api.create(at, { name: 'other', labels: { properties: { admin_password: 'pass-word-of-admin' } } }, context);
    const text = journalText(home());
    expect(text).toContain('"name":"importImage"');
    for (const secret of ['hunter2', 'signed-and-secret', 'pass-word-of-admin', cli.cloud().values.password ?? ''])
      expect(text).not.toContain(secret);
    expect(text.match(/"isMasked":true/g)).toHaveLength(2);
  });

  it('is told once where the journal cannot be written, and changes what it was to change', async () => {
    cli.write('.local', new Uint8Array());
    const told: string[] = [];
    const { at, context } = await stage({ tell: (event) => event.kind === 'warning' && told.push(event.message) });
    await api.create(at, { name: 'new' }, context);
    expect(told.filter((message) => message.includes('the journal cannot be written'))).toHaveLength(1);
    expect(cli.wires()).toHaveLength(1);
  });
});

describe('what a program that was killed has left', () => {
  it('is undone by ops undo', async () => {
    const id = await killedUpload(cli.write('disk.raw', disk()));
    expect(await runs('--left')).toMatchObject([{ id, state: 'interrupted' }]);
    await cli.ok(['ops', 'undo', '--yes']);
    expect(cli.wires()).toEqual([]);
    expect(await runs()).toMatchObject([{ state: 'done' }, { id, state: 'undone' }]);
  });

  it('is gone on with by ops resume, from the file that it named', async () => {
    const file = cli.write('disk.raw', disk());
    const id = await killedUpload(file, { labels: { tags: ['blessed'], visibility: 'private' } });
    const { folder, call } = JSON.parse(journalText(home()).split('\n')[0] ?? '') as RunEntry;
    expect(call).toMatchObject({ name: 'upload', profile: 'demo', input: { from: file, name: 'web' } });
    expect(folder).toBe(process.cwd());
    const planned = await cli.ok(['ops', 'resume', '--dry-run', '-o', 'json']);
    expect(planned.json()).toMatchObject({ verb: 'upload', dryRun: true });
    expect((await cli.ok(['ops', 'resume', '--poll-interval', '1ms', '-o', 'json'])).json()).toMatchObject({ status: 'active' });
    const [image, ...others] = [...cli.cloud().one.store.images.values()];
    expect(others).toEqual([]);
    expect(image?.wire).toMatchObject({ status: 'active', name: 'web', tags: ['blessed'] });
    expect(image?.data.equals(disk())).toBe(true);
    expect((await runs()).find((run) => run.id === id)?.state).toBe('resumed');
  });

  it('can be gone on with where it was a copy, to the account that it named', async () => {
    cli.image('web');
    const { at, context } = await stage();
    const { image } = await api.copy(at, { image: 'web', to: at, name: 'new', relay: true, ...quick }, context);
    cli.cloud().one.store.images.delete(image.id);
    killedBehind(home(), (entry) => entry.kind === 'action' && entry.verb === 'upload');
    await cli.ok(['ops', 'resume', '--poll-interval', '1ms']);
    expect(cli.wires().map(({ name, status }) => [name, status])).toEqual([
      ['web', 'active'],
      ['new', 'active'],
    ]);
  });

  it('can be gone on with where it was an import, or a replication', async () => {
    const { at, context } = await stage();
    const { id } = await api.importImage(at, { name: 'new', url: 'https://site.example/disk', format: 'raw', ...quick }, context);
    const kept = cli.cloud().one.store.images.get(id);
    Object.assign(kept?.wire ?? {}, { status: 'queued', size: null, checksum: null, os_hash_algo: null, os_hash_value: null });
    Object.assign(kept ?? {}, { data: Buffer.alloc(0), tasks: [] });
    killedBehind(home(), 'created');
    await cli.ok(['ops', 'resume', '--poll-interval', '1ms']);
    expect(cli.wires().map((wire) => [wire.id, wire.status])).toEqual([[id, 'active']]);

    const cloud = await startLinode({ listsPerMinute: 1_000_000 });
    try {
      const [image = ''] = await cloud.seed([{ name: 'web' }]);
      const env = profileVariables('lin', 'linode', cloud.values);
      const where = await contextWith({ env });
      await api.replicate(await api.openAccount('lin', where), { image, add: ['us-iad'], ...quick }, where);
      killedBehind(home(), 'adding');
      expect((await cli.ok(['ops', 'resume', '--poll-interval', '1ms', '-o', 'json'], { env })).json()).toMatchObject({
        id: image,
      });
    } finally {
      await cloud.stop();
    }
  });

  it('is told to be undone where its bytes were its own, or a secret was in what it asked', async () => {
    async function* bytes() {
      yield disk();
    }
    await killedUpload(bytes(), { fromFormat: 'raw' });
    const bytesGone = await cli.run(['ops', 'resume']);
    expect(bytesGone.exitCode).toBe(7);
    expect(bytesGone.stderr).toContain('the bytes that its program gave are not kept');
    expect(bytesGone.stderr).toMatch(/Undo it with: imgctl ops undo \S+\nMake the call again in its program: upload\(…\)/);
    await cli.ok(['ops', 'undo', '--yes']);
    await killedUpload(cli.write('disk.raw', disk()), { labels: { properties: { api_key: 'abcdefgh' } } });
    const masked = await cli.run(['ops', 'resume']);
    expect([masked.exitCode, masked.stderr]).toEqual([2, expect.stringContaining('its input had a secret in it')]);
  });

  it('is told to be called again where it was one step', async () => {
    cli.image('web');
    const { at, context } = await stage();
    await api.patch(at, { image: 'web', changes: { addTags: ['x'] } }, context);
    const id = killedBehind(home(), 'action');
    const { exitCode, stderr } = await cli.run(['ops', 'resume', id]);
    expect([exitCode, stderr]).toEqual([7, expect.stringContaining('Make the call again in its program: patch(…)')]);
  });
});

describe('a program and the command line', () => {
  it('learn from the journal of the other which job an image waits for', async () => {
    const { at, context } = await stage();
    const input = { name: 'new', url: 'https://site.example/disk.raw', format: 'raw', wait: false, ...quick } as const;
    const { id } = await api.importImage(at, input, context);
    const kept = cli.cloud().one.store.images.get(id);
    if (!kept) throw new Error('nothing was imported');
    // The image says nothing of it.
    Object.assign(kept.tasks.at(-1) ?? {}, { status: 'failure', message: 'Task failed due to Internal Error', left: 9 });
    const waited = api.wait(at, { image: id, ...quick, timeoutMs: 2000 }, context);
    await expect(waited).rejects.toMatchObject({ code: 'PROVIDER', message: expect.stringContaining('Internal Error') });
    const typed = await cli.run(['wait', `demo:${id}`, '--poll-interval', '1ms', '--wait-timeout', '2s']);
    expect([typed.exitCode, typed.stderr]).toEqual([10, expect.stringContaining('Internal Error')]);
  });
});
