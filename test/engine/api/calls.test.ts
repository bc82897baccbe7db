import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  create,
  createContext,
  deactivate,
  importImage,
  inspect,
  list,
  members,
  openAccount,
  patch,
  places,
  publish,
  reactivate,
  remove,
  replicate,
  resolve,
  share,
  show,
  unshare,
  upload,
  uses,
  type Account,
  type Context,
  type ContextOptions,
} from '../../../src/index.ts';
import { startOpenstack, type OpenstackCloud } from '../../clouds/openstack/index.ts';
import { projects } from '../../clouds/openstack/keystone.ts';
import { profileVariables, smallDisk } from '../../commands/stage.ts';

const home = mkdtempSync(path.join(tmpdir(), 'imgctl-api-'));
let cloud: OpenstackCloud;
let context: Context;
let account: Account;

const contextWith = (options: ContextOptions): Promise<Context> =>
  createContext({
    configDir: path.join(home, 'config'),
    env: { HOME: home, ...profileVariables('pcd', 'openstack', cloud.values) },
    ...options,
  });

beforeAll(async () => {
  cloud = await startOpenstack();
  context = await contextWith({ confirm: () => true });
  account = await openAccount('pcd', context);
});
afterAll(async () => {
  await cloud.stop();
  rmSync(home, { recursive: true, force: true });
});

const changes = (): readonly string[] =>
  cloud
    .requests()
    .filter(({ method, path: where }) => method !== 'GET' && !where.endsWith('/auth/tokens'))
    .map(({ method }) => method);

const friend = '0123456789abcdef0123456789abcdef';

describe('the calls of the programmatic API', () => {
  it('bring a record from its making to its end', async () => {
    const made = await create(account, { name: 'record', labels: { diskFormat: 'raw', tags: ['x'] } }, context);
    expect(made).toMatchObject({ name: 'record', status: 'queued', tags: ['x'] });
    const changed = await patch(account, { image: made.id, changes: { name: 'other', addTags: ['y'] } }, context);
    expect(changed).toMatchObject({ id: made.id, name: 'other', tags: ['x', 'y'] });
    expect(await resolve(account, { image: 'other' }, context)).toMatchObject({ id: made.id });
    await remove(account, { image: 'other' }, context);
    await expect(show(account, { image: made.id }, context)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('block an image and allow it again', async () => {
    const [id = ''] = await cloud.seed([{ name: 'state', data: smallDisk() }]);
    expect((await deactivate(account, { image: 'state' }, context)).status).toBe('inactive');
    expect((await reactivate(account, { image: id }, context)).status).toBe('active');
  });

  it('give access, tell who has it, and take it away', async () => {
    await cloud.seed([{ name: 'shared', data: smallDisk() }]);
    const wish = { image: 'shared', with: [friend] };
    expect(await share(account, wish, context)).toMatchObject([{ with: friend, state: 'pending' }]);
    expect(await members(account, { image: 'shared' }, context)).toHaveLength(1);
    expect(await unshare(account, wish, context)).toEqual([]);
  });

  it('say what they would do, and change nothing for it', async () => {
    await cloud.seed([{ name: 'planned', data: smallDisk() }]);
    cloud.forget();
    const image = 'planned';
    const plans = await Promise.all([
      remove.plan(account, { image }, context),
      deactivate.plan(account, { image }, context),
      patch.plan(account, { image, changes: { name: 'x' } }, context),
      share.plan(account, { image, with: [friend] }, context),
      importImage.plan(account, { name: 'y', url: 'https://example.org/y', labels: { diskFormat: 'raw' } }, context),
    ]);
    expect(plans.map(([action]) => [action?.verb, action?.risk])).toEqual([
      ['delete', 'delete'],
      ['deactivate', 'deactivate'],
      ['patch', 'property'],
      ['share', 'property'],
      ['import', 'add'],
    ]);
    expect(changes()).toEqual([]);
  });

  it('publish images as files, and tell what became of each', async () => {
    await cloud.seed([{ name: 'published', data: smallDisk() }]);
    const input = { format: 'simplestreams', folder: path.join(home, 'tree'), images: ['published', 'nope'] };
    expect(await publish.plan(account, input, context)).toMatchObject([{ verb: 'publish', risk: 'add' }]);
    const results = async () => (await publish(account, input, context)).map(({ image, result }) => [image, result]);
    expect(await results()).toEqual([
      ['published', 'published'],
      ['nope', 'failed'],
    ]);
    expect(await results()).toEqual([
      ['published', 'already there'],
      ['nope', 'failed'],
    ]);
    await expect(publish(account, { ...input, images: ['nope'] }, context)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('ask nobody for a plan, whatever would be lost', async () => {
    await cloud.seed([{ name: 'old', data: smallDisk() }]);
    const questions: string[] = [];
    for (const options of [{}, { confirm: ({ verb }: { verb: string }) => questions.push(verb) > 0 }]) {
      const where = await contextWith(options);
      const there = await openAccount('pcd', where);
      const from = path.join(home, 'new.raw');
      writeFileSync(from, smallDisk(2));
      expect(await upload.plan(there, { from, name: 'old', ifExists: 'replace' }, where)).toMatchObject([{ risk: 'replace' }]);
      expect(await remove.plan(there, { image: 'old' }, where)).toMatchObject([{ risk: 'delete' }]);
    }
    expect(questions).toEqual([]);
  });

  it('lose nothing that nobody has agreed to', async () => {
    const [id = ''] = await cloud.seed([{ name: 'kept', data: smallDisk() }]);
    const alone = await contextWith({});
    const refusing = await contextWith({ confirm: () => false });
    for (const [where, code] of [
      [alone, 'USAGE'],
      [refusing, 'ABORTED'],
    ] as const)
      await expect(remove(await openAccount('pcd', where), { image: id }, where)).rejects.toMatchObject({ code });
    expect(await show(account, { image: id }, context)).toMatchObject({ id });
  });

  it('say what uses an image, also to whoever is asked whether it may go', async () => {
    const [id = ''] = await cloud.seed([{ name: 'used', data: smallDisk() }]);
    cloud.nova.boot({ name: 'web-1', image: id, project: projects.demo ?? '' });
    const used = { image: id, uses: [expect.objectContaining({ kind: 'instance', name: 'web-1' }) as unknown], unasked: [] };
    expect(await uses(account, { image: 'used' }, context)).toEqual(used);
    const seen: unknown[] = [];
    const asked = await contextWith({ confirm: async (loss) => (seen.push(await loss.uses()), false) });
    await expect(remove(await openAccount('pcd', asked), { image: id }, asked)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(seen).toEqual([[used]]);
    expect(await remove.plan(account, { image: id }, context)).toMatchObject([{ uses: used.uses }]);
    await expect(uses(await openAccount('local', context), { image: 'x' }, context)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });

  it('list images as they come, and stop when nobody wants more', async () => {
    await cloud.seed(Array.from({ length: 30 }, (_, index) => ({ name: `many-${index}`, data: smallDisk() })));
    const names: string[] = [];
    for await (const image of list(account, { filters: { name: 'many-*' } }, context)) {
      names.push(image.name);
      if (names.length === 5) break;
    }
    expect(names).toHaveLength(5);
  });

  it('refuse what the provider cannot do, before any request', async () => {
    cloud.forget();
    const nowhere = replicate(account, { image: 'kept', add: ['nowhere'] }, context);
    await expect(nowhere).rejects.toMatchObject({ code: expect.stringMatching(/NOT_FOUND|USAGE|CONFLICT|UNSUPPORTED/) });
    expect(changes()).toEqual([]);
    expect(await places(account, context)).toBeInstanceOf(Array);
  });

  it('repeat no credentials of an address that is refused', async () => {
    const url = 'https://ada:hunter2secret@example.org/disk.raw?sig=signed-and-secret';
    const once = await contextWith({ retries: 0 });
    const failures = await Promise.all(
      [
        importImage(account, { name: 'y', url, format: 'raw' }, context),
        upload(account, { name: 'y', from: url.replace('example.org', '127.0.0.1:1') }, once),
        inspect({ file: url.replace('example.org', '127.0.0.1:1') }, once),
        show(account, { image: url }, context),
      ].map((work) => work.then(String, (error: Error) => error.message)),
    );
    expect(failures.filter((text) => /hunter2|signed-and/.test(text))).toEqual([]);
    expect(failures.every((text) => text.includes('ada') || text.includes('127.0.0.1'))).toBe(true);
  });

  it('stop when the context is stopped', async () => {
    const stopping = new AbortController();
    const where = await contextWith({ signal: stopping.signal });
    const there = await openAccount('pcd', where);
    stopping.abort();
    await expect(show(there, { image: 'kept' }, where)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
