import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startIncus, type Product, type RunningIncus } from '../clouds/incus/index.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const products: readonly Product[] = ['incus', 'lxd'];
let clouds: readonly RunningIncus[] = [];
let env: Readonly<Record<string, string>> = {};
let id = '';

/** Two servers: the first has an image of a container under two names, the second has none. */
async function servers(from: Product = 'incus', to: Product = 'incus'): Promise<readonly [RunningIncus, RunningIncus]> {
  const [source, target] = [await startIncus({ product: from }), await startIncus({ product: to })];
  clouds = [source, target];
  env = { ...profileVariables('here', 'incus', source.values), ...profileVariables('there', 'incus', target.values) };
  [id = ''] = await source.seed([{ name: 'alpine', properties: { os: 'Alpine' }, data: Buffer.from('a file system') }]);
  const image = source.images.byId.get(id);
  if (image) source.images.byId.set(id, { ...image, isVirtualMachine: false });
  source.images.aliases.set('alpine/edge', { target: id, description: '' });
  return [source, target];
}
beforeEach(() => void (env = {}));
afterEach(async () => void (await Promise.all(clouds.map((cloud) => cloud.stop()))));

const copy = (...args: readonly string[]) => stage.run(['copy', ...args], { env });
const copied = (...args: readonly string[]) => stage.ok(['copy', ...args], { env });

describe.each(products.flatMap((from) => products.map((to) => [from, to] as const)))(
  'an image of a container, %s to %s',
  (from, to) => {
    it.each([false, true])('is fetched by the target as it is, and as itself (one archive: %s)', async (isUnified) => {
      const [source, target] = await servers(from, to);
      const image = source.images.byId.get(id);
      if (image) source.images.byId.set(id, { ...image, isUnified });
      const planned = await copied('here:alpine', 'there', '--property', 'tier=1', '-n', '-o', 'json');
      expect(planned.json()).toMatchObject({
        route: 'pull',
        risk: 'add',
        source: { name: `here:${id}` },
        labels: { properties: { os: 'Alpine', tier: '1' } },
        steps: ['the target fetches the data', 'verify'],
      });
      expect([target.images.byId.size, source.operations.secrets.size]).toEqual([0, 0]);
      const made = await copied(
        'here:alpine',
        'there',
        '--property',
        'tier=1',
        '--set',
        'expiresAt=2031-01-31',
        '--set',
        'alias=al',
        '-o',
        'json',
      );
      expect(made.json()).toMatchObject({ id, name: 'al', route: 'pull', properties: { os: 'Alpine', tier: '1' } });
      const there = target.images.byId.get(id);
      expect(there).toMatchObject({ isVirtualMachine: false, isUnified, disk: image?.disk, expires_at: '2031-01-31T00:00:00Z' });
      expect([...target.images.aliases.keys()].sort()).toEqual(['al', 'alpine']);
      expect(made.stderr).not.toContain('not verified');
    });
  },
);

describe('an image that is no disk', () => {
  it('is there already by its id, for whatever is to happen with a name that is taken', async () => {
    const [, target] = await servers();
    await copied('here:alpine', 'there');
    target.forget();
    for (const choice of ['skip', 'replace']) {
      const again = await copied('here:alpine', 'there', '--if-exists', choice, '--yes');
      expect(again.stderr).toContain(`already up to date: ${id} has the same content`);
    }
    expect((await copied('here:alpine', 'there', '--if-exists', 'skip', '-n', '-o', 'json')).json()).toMatchObject({
      risk: 'reuse',
    });
    expect((await copy('here:alpine', 'there')).exitCode).toBe(6);
    expect(target.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
    const labelled = await copied(
      'here:alpine',
      'there',
      '--if-exists',
      'replace',
      '--yes',
      '--description',
      'own',
      '-o',
      'json',
    );
    expect(labelled.json()).toMatchObject({ id, description: 'own' });
    const renamed = await copy('here:alpine', 'there:other');
    expect([renamed.exitCode, renamed.stderr]).toEqual([6, expect.stringContaining('has this image already, as "alpine"')]);
  });

  it('that has lost its name to nobody is in the way of none of that name', async () => {
    const [, target] = await servers();
    await copied('here:alpine', 'there');
    target.images.aliases.clear();
    const again = await copy('here:alpine', 'there');
    expect([again.exitCode, again.stderr]).toEqual([6, expect.stringContaining('--if-exists')]);
    await copied('here:alpine', 'there', '--if-exists', 'replace', '--yes', '--property', 'tier=1');
    expect([target.images.aliases.get('alpine')?.target, target.images.byId.get(id)?.properties.tier]).toEqual([id, '1']);
  });

  it('takes the place of another one of its name, which goes', async () => {
    const [, target] = await servers();
    const [old = ''] = await target.seed([{ name: 'alpine', data: Buffer.from('an old one') }]);
    expect((await copy('here:alpine', 'there', '--if-exists', 'skip')).exitCode).toBe(6);
    const planned = await copied('here:alpine', 'there', '--if-exists', 'replace', '-n', '-o', 'json');
    expect(planned.json()).toMatchObject({ risk: 'replace' });
    const made = await copied('here:alpine', 'there', '--if-exists', 'replace', '--yes', '--visibility', 'public', '-o', 'json');
    expect(made.json()).toMatchObject({ id, name: 'alpine', visibility: 'public' });
    expect([target.images.byId.has(old), target.images.aliases.get('alpine')?.target]).toEqual([false, id]);
  });

  it('goes to several servers, and is refused by those that are none', async () => {
    await servers();
    env = { ...env, ...profileVariables('folder', 'local', { path: stage.file('folder') }) };
    const both = await copy('here:alpine', 'there', 'folder', '-o', 'json');
    expect(both.exitCode).toBe(12);
    expect(both.json()).toMatchObject([
      { result: 'ok', id, route: 'pull' },
      { result: 'failed', code: 'UNSUPPORTED', message: expect.stringContaining('file system') },
    ]);
  });

  it.each([
    ['download', ['download', 'here:alpine', 'FILE'], 'imgctl copy here:'],
    ['download to be planned', ['download', 'here:alpine', 'FILE', '-n'], 'imgctl copy here:'],
    ['copy to another provider', ['copy', 'here:alpine', 'folder'], 'imgctl copy here:'],
    ['copy through this machine', ['copy', 'here:alpine', 'there', '--relay'], 'Omit --relay'],
    ['copy in another format', ['copy', 'here:alpine', 'there', '--disk-format', 'raw', '-n'], 'Omit --disk-format'],
    ['copy against a digest', ['copy', 'here:alpine', 'there', '--checksum', `sha256:${'0'.repeat(64)}`], 'Omit --checksum'],
    ['copy as another architecture', ['copy', 'here:alpine', 'there', '--architecture', 'arm64'], 'architecture'],
  ])('has no %s: that is refused with what works', async (_what, args, hint) => {
    const [, target] = await servers();
    env = { ...env, ...profileVariables('folder', 'local', { path: stage.file('folder') }) };
    const refused = await stage.run(
      args.map((word) => (word === 'FILE' ? stage.file('out') : word)),
      { env },
    );
    expect([refused.exitCode, refused.stderr]).toEqual([7, expect.stringContaining(hint)]);
    expect(target.images.byId.size).toBe(0);
  });

  it.each([
    ['listens on no address', (cloud: RunningIncus) => void (cloud.listensAt = []), 'core.https_address'],
    ['cannot be reached', (cloud: RunningIncus) => void (cloud.listensAt = ['127.0.0.1:1']), 'cannot reach the source'],
  ])('of a server that %s stays where it is', async (_what, hide, words) => {
    const [source, target] = await servers();
    hide(source);
    const refused = await copy('here:alpine', 'there');
    expect([refused.exitCode, refused.stderr]).toEqual([7, expect.stringContaining(words)]);
    expect([target.images.byId.size, source.operations.secrets.size]).toEqual([0, 0]);
  });

  it('of a manifest is made once, and is as it is wanted from then on', async () => {
    const [, target] = await servers();
    const images = [{ name: 'base', source: 'here:alpine', targets: ['there'] }];
    const file = stage.write('fleet.yaml', JSON.stringify({ manifest: 'fleet', images }));
    const applied = await stage.ok(['apply', '-f', file, '--yes', '-o', 'json'], { env });
    expect(applied.json()).toMatchObject([{ action: 'add', id, result: 'ok' }]);
    expect(target.images.aliases.get('base')?.target).toBe(id);
    expect((await stage.ok(['plan', '-f', file, '-o', 'json'], { env })).json()).toEqual([]);
  });
});

it('what is said of a disk that is fetched is said of it, or it is sent', async () => {
  const [source, target] = await servers();
  await stage.ok(['upload', stage.write('disk', qcow2Image(smallDisk())), '--name', 'here:vm'], { env });
  const pulled = await copied('here:vm', 'there', '--set', 'alias=other', '-o', 'json');
  expect(pulled.json()).toMatchObject({ route: 'pull', name: 'vm', aliases: ['other'] });
  const sent = await copied('here:vm', 'there:arm', '--architecture', 'aarch64', '-o', 'json');
  expect(sent.json()).toMatchObject({ route: 'relay', architecture: 'aarch64' });
  expect([source.images.byId.size, target.images.byId.size]).toEqual([2, 2]);
});
