import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startIncus } from '../clouds/incus/index.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { publisher } from '../support/publisher.ts';
import '../support/equal-bytes.ts';
import { publishedTree, type PublishedImage } from './published-tree.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const { tree, publish, published, stateOfTree } = publishedTree(stage);
const servers: FakeServer[] = [];
afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.stop()))));

/** Offers the folder as any web server does. Gives the variables of a profile that reads it. */
async function served(more: Readonly<Record<string, string>> = { verify: 'checksum' }) {
  const server = await startFakeServer(({ method, url }) => {
    const file = tree(decodeURIComponent(url.pathname));
    return method === 'GET' && existsSync(file) ? { status: 200, body: readFileSync(file) } : { status: 404, body: '' };
  });
  servers.push(server);
  return { server, env: profileVariables('mirror', 'simplestreams', { url: server.origin, ...more }) };
}

describe('publish', () => {
  it('makes a tree that is read by its alias, and gives the disk back', async () => {
    await stage.image('web', '--property', 'os_distro=debian', '--property', 'os_version=13', '--architecture', 'x86_64');
    const qcow2 = stage.write('disk.qcow2', qcow2Image(smallDisk(2)));
    await stage.ok(['upload', qcow2, '--name', 'a/b']);
    const rows = await published();
    expect(rows.map(({ image, result, product }) => [image, result, product])).toEqual([
      ['web', 'published', 'web:amd64'],
      ['a/b', 'published', expect.stringMatching(/^a_b-[0-9a-f]{8}:amd64$/)],
    ]);
    const { env } = await served();
    const listed = (await stage.ok(['list', '-p', 'mirror', '--sort', 'name:desc', '-o', 'json'], { env })).json() as {
      name: string;
      properties: object;
    }[];
    expect(listed.map(({ name }) => name.replace(/-\d{8}_\d{4}$/, '-SERIAL'))).toEqual(['web-SERIAL', 'a/b-SERIAL']);
    expect(listed[0]).toMatchObject({ architecture: 'x86_64', properties: { os_distro: 'debian', os_version: '13' } });
    await stage.ok(['download', 'mirror:web', stage.file('back.raw'), '--disk-format', 'raw'], { env });
    expect(stage.read('back.raw')).toEqual(smallDisk());
    await stage.ok(['download', 'mirror:a/b', stage.file('back.qcow2')], { env });
    expect(stage.read('back.qcow2')).toEqual(stage.read('disk.qcow2'));
    await stage.ok(['copy', 'mirror:web/amd64', 'local:copied'], { env });
    expect(await stage.names()).toContain('copied');
  });

  it('gives no disk that was changed since', async () => {
    await stage.image('web');
    const [row] = await published();
    const { env } = await served();
    const file = tree(row?.path);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = 1 + (bytes.at(-1) ?? 0);
    writeFileSync(file, bytes);
    const { exitCode } = await stage.run(['download', 'mirror:web', stage.file('back')], { env });
    expect([exitCode, existsSync(stage.file('back'))]).toEqual([11, false]);
  });

  it('writes nothing the second time, and only what is new the third', async () => {
    await stage.image('web');
    const [first] = await published();
    const before = stateOfTree();
    const message = 'same size, not read again (see --check)';
    expect(await published()).toEqual([{ ...first, result: 'already there', compared: 'size', message }]);
    expect(stateOfTree()).toEqual(before);
    await stage.image('db');
    expect((await published()).map(({ image, result }) => [image, result])).toEqual([
      ['web', 'already there'],
      ['db', 'published'],
    ]);
    expect(stateOfTree().filter((line) => line.startsWith('images/web/'))).toEqual(
      before.filter((line) => line.startsWith('images/web/')),
    );
  });

  /** What was done to a file that is published. */
  const damages: Readonly<Record<string, (file: string) => void>> = {
    missing: (file) => rmSync(file),
    empty: (file) => writeFileSync(file, ''),
    short: (file) => truncateSync(file, statSync(file).size - 1),
    long: (file) => appendFileSync(file, 'x'),
  };
  const whole = (): readonly string[] =>
    readdirSync(tree(), { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(tree(name)).isFile())
      .map(
        (name) =>
          `${name} ${createHash('sha256')
            .update(readFileSync(tree(name)))
            .digest('hex')}`,
      )
      .sort();
  const nameOf = (kind: string): string =>
    whole()
      .find((line) => line.includes(`/${kind}-`))
      ?.split(' ')[0] ?? '';

  it.each(['disk', 'metadata'].flatMap((kind) => Object.keys(damages).map((what) => [kind, what] as const)))(
    'writes a %s that is %s once again, under its name, and makes no version for it',
    async (kind, what) => {
      await stage.image('web');
      const [first] = await published();
      const before = whole();
      damages[what]?.(tree(nameOf(kind)));
      const [planned] = [JSON.parse((await publish('--dry-run')).stdout) as { risk: string; steps: string[] }];
      expect([planned.risk, planned.steps.at(-1)]).toEqual(['add', expect.stringContaining(`repair web:amd64 ${first?.serial}`)]);
      const [second] = await published();
      expect(second).toEqual({ ...first, result: 'repaired', compared: 'size', message: expect.stringContaining(`/${kind}-`) });
      expect(whole()).toEqual(before);
      const state = stateOfTree();
      expect((await published()).map(({ result }) => result)).toEqual(['already there']);
      expect(stateOfTree()).toEqual(state);
    },
  );

  it('repairs every version that holds the disk, not the newest alone', async () => {
    await stage.image('web');
    const [first] = await published();
    await stage.ok(['delete', 'web', '--yes']);
    await stage.image('web', '--property', 'os_version=13');
    rmSync(tree(first?.path));
    // The same disk again, as a version of its own: earlier releases have made such ones.
    const document = tree('streams/v1/images.json');
    const body = JSON.parse(readFileSync(document, 'utf8')) as { products: Record<string, { versions: Record<string, object> }> };
    const versions = body.products['web:amd64']?.versions ?? {};
    const serial = `${first?.serial ?? ''}.1`;
    versions[serial] = JSON.parse(
      JSON.stringify(versions[first?.serial ?? '']).replaceAll(/(\d{8}_\d{4})\//g, '$1.1/'),
    ) as object;
    const folder = path.dirname(tree(first?.path));
    mkdirSync(`${folder}.1`);
    writeFileSync(document, JSON.stringify(body));
    const [row] = await published();
    expect([row?.result, row?.serial]).toEqual(['repaired', serial]);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(readdirSync(`${folder}.1`)).toHaveLength(2);
    const after = JSON.parse(readFileSync(document, 'utf8')) as typeof body;
    expect(Object.keys(after.products['web:amd64']?.versions ?? {})).toEqual([first?.serial, serial]);
    expect((await published('--check')).map(({ result }) => result)).toEqual(['already there']);
  });

  describe('--check', () => {
    const flip = (file: string): void => {
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1] = 1 ^ (bytes[bytes.length >> 1] ?? 0);
      writeFileSync(file, bytes);
    };

    it.each(['disk', 'metadata'])('finds a wrong byte in a %s, and repairs it', async (kind) => {
      await stage.image('web');
      await published();
      const before = whole();
      flip(tree(nameOf(kind)));
      expect(await published()).toMatchObject([{ result: 'already there', compared: 'size' }]);
      const message = expect.stringContaining(`/${kind}-`) as string;
      expect(await published('--check')).toMatchObject([{ result: 'repaired', compared: 'sha256', message }]);
      expect(whole()).toEqual(before);
      expect(await published('--check')).toMatchObject([{ result: 'already there', compared: 'sha256' }]);
    });

    it('tells what is damaged of images that are gone, and ends with 12', async () => {
      await stage.image('web');
      await stage.image('db');
      await published();
      await stage.ok(['delete', 'web', '--yes']);
      flip(
        tree(
          whole()
            .find((line) => line.includes('web/amd64') && line.includes('/disk-'))
            ?.split(' ')[0],
        ),
      );
      expect((await stage.ok(['publish', 'simplestreams', tree()])).stderr).not.toContain('damaged');
      const checked = await publish('--check');
      expect([checked.exitCode, checked.json()]).toMatchObject([12, [{ image: 'db', result: 'already there' }]]);
      const [error] = checked.stderr.split('\n').filter((line) => line.includes('INTEGRITY'));
      expect(error).toMatch(/damaged.*web:amd64 .*sha256/);
      await stage.ok(['delete', 'db', '--yes']);
      expect((await publish('--check')).exitCode).toBe(12);
    });
  });

  it('makes no version of a disk that one of another origin has already, and fetches it once for that', async () => {
    await stage.image('web');
    const [first] = await published();
    const document = tree('streams/v1/images.json');
    const text = readFileSync(document, 'utf8');
    const strange = text.replace(/"imgctl.origin": "[^"]*"/, '"imgctl.origin": "id:x"').replace(/ *"imgctl.contentId": .*\n/, '');
    expect(strange.length).toBeLessThan(text.length - 80);
    writeFileSync(document, strange);
    expect(await published()).toMatchObject([{ ...first, result: 'already there', compared: 'sha256' }]);
    expect(await published()).toMatchObject([{ ...first, result: 'already there', compared: 'size' }]);
    expect(readdirSync(tree('images/web/amd64'))).toHaveLength(1);
  });

  it('warns of a file that is gone, and was that of an image that is gone, too', async () => {
    await stage.image('web');
    await stage.image('db');
    const [first] = await published();
    await stage.ok(['delete', 'web', '--yes']);
    rmSync(tree(first?.path));
    const damage = `web:amd64 ${first?.serial ?? ''}: ${first?.path ?? ''} is missing`;
    const { stderr } = await stage.ok(['publish', 'simplestreams', tree()]);
    expect(stderr).toMatch(/^warning: .*--keep-last/m);
    expect(stderr).toContain(damage);
    // Whoever asks how the tree is gets it as a failure.
    const checked = await stage.run(['publish', 'simplestreams', tree(), '--check', '-o', 'json']);
    expect([checked.exitCode, checked.stderr]).toEqual([12, expect.stringMatching(/"INTEGRITY".*is missing.*--keep-last/)]);
    // A newer one takes its place in the index.
    await stage.ok(['upload', stage.write('newer.raw', smallDisk(7)), '--name', 'web']);
    const newer = await stage.ok(['publish', 'simplestreams', tree(), '--keep-last', '1']);
    expect(newer.stderr).not.toContain('is missing');
  });

  it('takes the newest of each name in all profiles, unless each is named', async () => {
    const env = ['one', 'two'].reduce(
      (all, name) => ({ ...all, ...profileVariables(name, 'local', { path: stage.file(name) }) }),
      {},
    );
    for (const [seed, profile] of ['one', 'two'].entries()) {
      await stage.ok(['upload', stage.write('seed.raw', smallDisk(seed + 2)), '--name', `${profile}:web`], { env });
      await stage.ok(['create', `${profile}:half`], { env });
    }
    const rowsOf = async (...words: readonly string[]) => {
      const rows = (await stage.ok(['publish', 'simplestreams', tree(), ...words, '-o', 'json'], { env })).json();
      return (rows as { profile: string; image: string; result: string }[]).map(({ profile, image, result }) =>
        [profile, image, result].join(' '),
      );
    };
    expect(await rowsOf('-p', 'one', '-p', 'two')).toEqual(['two web published']);
    expect(await rowsOf('one:web', 'two:web')).toEqual(['one web published', 'two web already there']);
    const { products } = JSON.parse(readFileSync(tree('streams/v1/images.json'), 'utf8')) as {
      products: Record<string, { versions: object }>;
    };
    expect(Object.keys(products['web:amd64']?.versions ?? {})).toHaveLength(2);
  });

  it('takes names, globs and ids, and tells of each that means none', async () => {
    for (const name of ['web-1', 'web-2', 'db']) await stage.image(name);
    expect((await published('web-*')).map(({ image }) => image)).toEqual(['web-1', 'web-2']);
    const { exitCode, stderr, json } = Object.assign(await publish('db', 'nope', 'x-*'), {});
    expect(exitCode).toBe(12);
    expect((json() as PublishedImage[]).map(({ image, result }) => [image, result])).toEqual([
      ['db', 'published'],
      ['nope', 'failed'],
      ['x-*', 'failed'],
    ]);
    expect(stderr).toContain('no such image in local: nope');
    expect((await publish('nope')).exitCode).toBe(5);
  });

  it('passes over containers among all images, and refuses one that is named', async () => {
    const cloud = await startIncus();
    const env = profileVariables('hosts', 'incus', cloud.values);
    const [machine = '', container = ''] = await cloud.seed([
      { name: 'machine', data: qcow2Image(smallDisk(2)) },
      { name: 'container', data: Buffer.from('files') },
    ]);
    const image = cloud.images.byId.get(container);
    if (image) cloud.images.byId.set(container, { ...image, isVirtualMachine: false });
    const publishAll = await stage.ok(['publish', 'simplestreams', tree(), '-p', 'hosts', '-o', 'json'], { env });
    const results = (publishAll.json() as readonly PublishedImage[]).map(({ id, result }) => [id, result]);
    expect(results.sort()).toEqual(
      [
        [machine, 'published'],
        [container, 'skipped'],
      ].sort(),
    );
    const named = await stage.run(['publish', 'simplestreams', tree(), 'hosts:container'], { env });
    expect(named.exitCode).toBe(7);
    await cloud.stop();
  });

  it('lets two runs into one folder, one after the other', async () => {
    for (const name of ['web', 'db']) await stage.image(name);
    const both = await Promise.all([published('web'), published('db')]);
    expect(both.flat().map(({ image, result }) => [image, result])).toEqual([
      ['web', 'published'],
      ['db', 'published'],
    ]);
    expect((await published()).map(({ result }) => result)).toEqual(['already there', 'already there']);
  });

  it('says what it would write, and makes no folder', async () => {
    const id = await stage.image('web');
    expect(JSON.parse((await publish('--dry-run')).stdout)).toMatchObject({
      dryRun: true,
      verb: 'publish',
      risk: 'add',
      image: id,
    });
    expect(existsSync(tree())).toBe(false);
    await published();
    expect(JSON.parse((await publish('--dry-run')).stdout)).toMatchObject({ risk: 'reuse', image: id });
  });

  it('leaves a folder alone that holds something else', async () => {
    await stage.image('web');
    mkdirSync(tree('streams/v1'), { recursive: true });
    writeFileSync(tree('streams/v1/notes.txt'), 'mine');
    const refused = await publish();
    expect([refused.exitCode, errorOf(refused).message]).toEqual([6, expect.stringContaining('streams/v1/notes.txt')]);
    expect(stateOfTree()).toHaveLength(1);
    expect((await stage.run(['publish', 'simplestreams', stage.write('file', '')])).exitCode).toBe(2);
  });

  it('ends with 14 where the folder cannot be written to', async () => {
    await stage.image('web');
    writeFileSync(stage.file('file'), '');
    const { exitCode } = await stage.run(['publish', 'simplestreams', stage.file('file/tree')]);
    expect(exitCode).toBe(14);
  });

  it('has nothing to do where there is no image', async () => {
    expect(await published()).toEqual([]);
    expect(existsSync(tree())).toBe(false);
  });

  it('stops where it is told to, and leaves nothing half-made', async () => {
    await stage.image('web');
    await published();
    const stop = new AbortController();
    const { server, env } = await served();
    const stops = ({ path: asked }: { readonly path: string }): boolean => {
      if (asked.includes('/disk-')) stop.abort();
      return asked.includes('/disk-');
    };
    server.fail({ kind: 'stall', on: stops });
    const other = stage.file('other');
    const { exitCode } = await stage.run(['publish', 'simplestreams', other, 'mirror:web'], { env, signal: stop.signal });
    expect(exitCode).toBe(130);
    expect(readdirSync(other, { recursive: true }).sort()).toEqual([
      'streams',
      'streams/v1',
      'streams/v1/images.json',
      'streams/v1/index.json',
    ]);
  });
});

/** A program that signs as GnuPG does, by a key of the tests. */
async function signer({ signs = publisher('Signer').clearSigned } = {}) {
  const key = publisher('Signer');
  const server = await startFakeServer(({ url, data }) => {
    if (url.pathname === '/export') return { status: 200, body: key.key };
    return { status: 200, body: signs(data.toString()) };
  });
  servers.push(server);
  mkdirSync(stage.file('bin'), { recursive: true });
  const program = stage.write(
    'bin/gpg',
    `#!${process.execPath}
const { request } = require('node:http');
if (process.argv.includes('--version')) process.exit(0);
const verb = process.argv.includes('--export') ? 'export' : 'sign';
if (!process.argv.includes('signer@example.test')) { console.error('gpg: skipped: No secret key'); process.exit(2); }
request('${server.origin}/' + verb, { method: 'POST' }, (answer) => answer.pipe(process.stdout)).end(require('node:fs').readFileSync(0));
`,
  );
  chmodSync(program, 0o755);
  return { key, env: { PATH: stage.file('bin') } };
}

describe('publish --sign', () => {
  const sign = ['--sign', 'signer@example.test'];

  it('makes a tree that is read where everything must be signed', async () => {
    await stage.image('web');
    const { key, env } = await signer();
    await stage.ok(['publish', 'simplestreams', tree(), ...sign], { env });
    const before = stateOfTree();
    await stage.ok(['publish', 'simplestreams', tree(), ...sign], { env });
    expect(stateOfTree()).toEqual(before);
    const { env: mirror, server } = await served({ keyring: stage.write('key.asc', key.key) });
    await stage.ok(['download', 'mirror:web', stage.file('back.raw'), '--disk-format', 'raw'], { env: mirror });
    expect(stage.read('back.raw')).toEqual(smallDisk());
    const asked = new Set(server.requests().map((request) => request.path));
    expect([...asked].filter((one) => one.startsWith('/streams'))).toEqual([
      '/streams/v1/index.sjson',
      '/streams/v1/images.sjson',
    ]);
    const refused = await publish();
    expect([refused.exitCode, errorOf(refused)]).toEqual([6, expect.objectContaining({ message: 'the tree is signed' })]);
    expect(stateOfTree()).toEqual(before);
  });

  it.each([
    ['another text', (text: string) => publisher('Signer').clearSigned(`${text} `.replace('{', '{ '))],
    ['by another key', (text: string) => publisher('Other').clearSigned(text)],
    ['nothing', (text: string) => Buffer.from(text)],
  ])('puts nothing in place where what was signed is %s', async (_what, signs) => {
    await stage.image('web');
    const { env } = await signer({ signs });
    expect((await stage.run(['publish', 'simplestreams', tree(), ...sign], { env })).exitCode).toBe(11);
    expect(existsSync(tree())).toBe(false);
  });

  it('refuses a key that cannot sign, before anything is written', async () => {
    await stage.image('web');
    const { env } = await signer();
    const unknown = await stage.run(['publish', 'simplestreams', tree(), '--sign', 'x', '-o', 'json'], { env });
    expect([unknown.exitCode, errorOf(unknown).message]).toEqual([3, 'gpg cannot sign with "x": skipped: No secret key']);
    const none = await stage.run(['publish', 'simplestreams', tree(), ...sign, '-o', 'json'], { env: { PATH: stage.file('') } });
    expect([none.exitCode, errorOf(none).message]).toEqual([3, 'gpg is not installed, and signs for --sign']);
    expect(existsSync(tree())).toBe(false);
  });
});
