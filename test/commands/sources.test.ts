import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import type { Arg } from '../../src/cli/program/shape.ts';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { publisher } from '../support/publisher.ts';
import { startSignedStreams, type SignedStreams } from '../support/signed-streams.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();
const [newest, older, arm] = [smallDisk(), smallDisk(2), smallDisk(3)];
let server: SignedStreams;
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  server = await startSignedStreams([
    { arch: 'amd64', serial: '20260102', data: newest },
    { arch: 'amd64', serial: '20260101', data: older },
    { arch: 'arm64', serial: '20260102', data: arm },
  ]);
  env = server.env('ubuntu');
});
afterEach(() => server.stop());
const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  stage.run(args, { env: { ...env, ...more } });
const ok = (args: readonly string[], more: Readonly<Record<string, string>> = {}) => stage.ok(args, { env: { ...env, ...more } });
const names = (listed: { json(): unknown }): readonly string[] => (listed.json() as { name: string }[]).map(({ name }) => name);

/** Writes the user's own file of publishers. */
function ownSources(content: unknown): string {
  mkdirSync(stage.file('.config/imgctl'), { recursive: true });
  return stage.write('.config/imgctl/sources.json', typeof content === 'string' ? content : JSON.stringify(content));
}

describe('a publisher that is known by name', () => {
  it('needs no profile: its images are listed, shown, resolved, waited for, downloaded and copied, and who signed them is kept', async () => {
    expect(names(await ok(['list', 'ubuntu:', '-o', 'json']))).toEqual(['noble-amd64-20260102']);
    expect(names(await ok(['list', '-p', 'ubuntu', '-o', 'json']))).toEqual(['noble-amd64-20260102']);
    expect(names(await ok(['list', 'ubuntu:*-20260101', '-o', 'json', '--all']))).toEqual(['noble-amd64-20260101']);
    for (const words of [
      ['ubuntu:noble'],
      ['-p', 'ubuntu', 'lts'],
      ['ubuntu:noble', 'ubuntu:24.04'],
      ['ubuntu:noble', 'ubuntu:*'],
    ])
      expect(names(await ok(['list', ...words, '-o', 'json'])), words.join(' ')).toEqual(['noble-amd64-20260102']);
    expect(names(await ok(['list', 'ubuntu:noble', '--arch', 'arm64', '-o', 'json']))).toEqual(['noble-arm64-20260102']);
    expect(names(await ok(['list', 'ubuntu:noble/20260101', '-o', 'json']))).toEqual(['noble-amd64-20260101']);
    expect(names(await ok(['list', 'ubuntu:noble', '--status', 'failed', '-o', 'json']))).toEqual([]);
    expect(names(await ok(['list', 'ubuntu:nothing', '-o', 'json']))).toEqual([]);
    const shown = (await ok(['show', 'ubuntu:noble', '-o', 'json'])).json() as {
      id: string;
      profile: string;
      properties: object;
    };
    expect(shown).toMatchObject({
      id: 'com.example:server:24.04:amd64/20260102/disk1.img',
      profile: 'ubuntu',
      properties: { 'imgctl.source.signer': server.by.fingerprint },
    });
    for (const line of [
      ['resolve', 'ubuntu:lts'],
      ['resolve', '-p', 'ubuntu', 'lts'],
      ['wait', 'ubuntu:24.04', '-o', 'id'],
    ])
      expect((await ok(line)).stdout.trim(), line.join(' ')).toBe(shown.id);
    await ok(['download', 'ubuntu:24.04', stage.file('down.img'), '--verify', 'auto']);
    expect(stage.read('down.img').equals(newest)).toBe(true);
    const copied = (await ok(['copy', 'ubuntu:noble', 'local:ubuntu-24.04', '-o', 'json'])).json();
    expect(copied).toMatchObject({ properties: { 'imgctl.source.signer': server.by.fingerprint, os_distro: 'ubuntu' } });
    expect((await ok(['profile', 'list', '-o', 'id'])).stdout.trim()).toBe('local');
  });

  it('is not believed when somebody else signs', async () => {
    const { key, fingerprint } = publisher('Somebody');
    const stranger = { IMGCTL_PROFILE_UBUNTU_KEYRING: key, IMGCTL_PROFILE_UBUNTU_SIGNER: fingerprint };
    for (const line of [
      ['list', 'ubuntu:'],
      ['show', 'ubuntu:noble'],
      ['download', 'ubuntu:noble', stage.file('x')],
      ['copy', 'ubuntu:noble', 'local:x'],
    ]) {
      const refused = await run([...line, '-o', 'json'], stranger);
      expect([refused.exitCode, refused.stdout], line.join(' ')).toEqual([11, '']);
    }
    expect(await stage.names()).toEqual([]);
  });

  it('stands behind a profile of that name, whatever that is', async () => {
    await ok(['profile', 'add', 'ubuntu', '--provider', 'local', '--set', `path=${stage.file('mine')}`], {});
    const file = stage.write('seed.raw', smallDisk(4));
    await stage.ok(['upload', file, '--name', 'ubuntu:noble']);
    expect(names(await stage.ok(['list', 'ubuntu:', '-o', 'json']))).toEqual(['noble']);
    await stage.ok(['download', 'ubuntu:noble', stage.file('own.raw')]);
    expect(stage.read('own.raw').equals(smallDisk(4))).toBe(true);
    expect(server.requests()).toEqual([]);
  });

  it('is asked by nobody who has not typed it: not by a variable, all profiles, a glob, or what was once used', async () => {
    await stage.image('web');
    const forgotten = { IMGCTL_PROFILE: 'ubuntu' };
    const refused = await run(['list', '--json'], forgotten);
    expect([refused.exitCode, errorOf(refused).message]).toEqual([
      3,
      'ubuntu is a publisher, and no profile: it cannot be the default',
    ]);
    for (const line of [['list'], ['show', 'noble'], ['copy', 'noble', 'local:x'], ['profile', 'check']])
      expect((await run(line, forgotten)).exitCode, line.join(' ')).toBe(3);
    expect(names(await ok(['list', '-A', '-o', 'json'], forgotten))).toEqual(['web']);
    expect(names(await ok(['list', '-A', '-o', 'json']))).toEqual(['web']);
    expect((await run(['list', '-p', 'ub*'])).exitCode).toBe(3);
    await ok(['profile', 'check', '-A'], forgotten);
    expect((await run(['profile', 'use', 'ubuntu'])).exitCode).toBe(3);
    ownSources({ version: 1, sources: { mine: { provider: 'simplestreams', fields: { url: `${server.origin}/` } } } });
    await ok(['profile', 'add', 'mine', '--provider', 'local', '--set', `path=${stage.file('mine')}`]);
    await ok(['profile', 'use', 'mine']);
    const store = stage.file('.config/imgctl/config.json');
    stage.write(
      store.slice(stage.file('').length),
      stage.read('.config/imgctl/config.json').toString().replace('"mine": {', '"other": {'),
    );
    expect((await run(['list'])).exitCode).toBe(3);
    expect(server.requests()).toEqual([]);
    // It can be typed all the same.
    expect((await ok(['resolve', 'ubuntu:noble'], forgotten)).stdout).toContain('20260102');
  });

  it('takes its fields from variables, which come before what is known of it', async () => {
    expect((await run(['show', 'ubuntu:noble', '--json'], { IMGCTL_PROFILE_UBUNTU_VERIFY: 'checksum' })).exitCode).toBe(5);
    expect((await ok(['resolve', 'ubuntu:noble'], { IMGCTL_PROFILE_UBUNTU_ARCH: 'arm64' })).stdout).toContain('arm64');
  });
});

/** What is typed where an image stands, and the verb behind it. */
const typedFor: Readonly<Record<string, (image: string) => readonly string[]>> = {
  list: (image) => ['list', image],
  show: (image) => ['show', image],
  create: (image) => ['create', image],
  patch: (image) => ['patch', image, '--description', 'x'],
  deactivate: (image) => ['deactivate', image],
  reactivate: (image) => ['reactivate', image],
  restore: (image) => ['restore', image],
  purge: (image) => ['purge', image, '--yes'],
  delete: (image) => ['delete', image, '--yes'],
  replicate: (image) => ['replicate', image, '--to', 'x'],
  upload: (image) => ['upload', 'seed.raw', '--name', image],
  download: (image) => ['download', image, 'out.img'],
  copy: (image) => ['copy', image, 'local:copied'],
  import: (image) => ['import', image, '--url', 'https://example.org/x.img', '--disk-format', 'raw'],
  share: (image) => ['share', image, '--with', 'x'],
  unshare: (image) => ['unshare', image, '--with', 'x'],
  wait: (image) => ['wait', image],
  resolve: (image) => ['resolve', image],
  uses: (image) => ['uses', image],
  publish: (image) => ['publish', 'simplestreams', 'tree', image],
  prune: (image) => ['prune', image, '--keep', '1'],
  'channel set': (image) => ['channel', 'set', 'web@stable', image],
  'channel revoke': (image) => ['channel', 'revoke', image, '--reason', 'x', '--yes'],
  'policy check': (image) => ['policy', 'check', image, '--rules', 'rules.yaml'],
};
const reads = new Set(['list', 'show', 'download', 'copy', 'wait', 'resolve', 'publish', 'policy check']);
const files = ['seed.raw', 'out.img', 'tree', 'rules.yaml'];
const rules = 'version: 1\nrules:\n  - id: usable\n    require: { status: active }\n';
/** What is typed, with its files in the home. */
function lineFor(verb: string, image: string): readonly string[] {
  stage.write('rules.yaml', rules);
  return (typedFor[verb]?.(image) ?? []).map((word) => (files.includes(word) ? stage.file(word) : word));
}

describe('a profile that has the name of a publisher', () => {
  it('is told as such where it is made, once, and not where it is changed or replaced', async () => {
    const add = (name: string, ...more: readonly string[]) =>
      stage.ok(['profile', 'add', name, '--provider', 'local', '--set', `path=${stage.file(name)}`, ...more]);
    expect((await add('ubuntu')).stderr).toContain('ubuntu is the name of a publisher, too');
    expect((await add('tumbleweed')).stderr).toContain('publisher');
    expect((await add('ubuntu', '--replace')).stderr).not.toContain('publisher');
    expect((await stage.ok(['profile', 'set', 'ubuntu', 'path=/x'])).stderr).not.toContain('publisher');
    expect((await add('mine')).stderr).not.toContain('publisher');
    ownSources('{');
    expect((await add('other')).stderr).toContain('is not valid JSON');
  });
});

describe('an image whose name begins like a publisher', () => {
  const takesImage = ({ completes, isNewImage }: Pick<Arg, 'completes' | 'isNewImage'>): boolean =>
    completes === 'image' || completes === 'images' || isNewImage === true;

  it('is looked at for every verb that takes one', async () => {
    const each = await Promise.all(commands.map(async (entry) => ({ entry, command: await entry.load() })));
    const taking = each.filter(({ command }) =>
      [...Object.values(command.args), ...Object.values(command.options)].some((one) => takesImage(one as Arg)),
    );
    expect(taking.map(({ entry }) => entry.path).sort()).toEqual(Object.keys(typedFor).sort());
  });

  it.each(inTurns(Object.keys(typedFor), 3))(
    'means the same to %s as to all others: the publisher, of which only reading verbs ask anything',
    async (verb) => {
      await stage.image('local:ubuntu:noble');
      stage.write('seed.raw', smallDisk(5));
      const line = lineFor(verb, 'ubuntu:noble');
      const result = await run([...line, '-o', 'json']);
      if (reads.has(verb)) {
        expect(result.exitCode, result.stderr).toBe(0);
        expect(server.requests().length).toBeGreaterThan(0);
        return;
      }
      expect([result.exitCode, result.stdout]).toEqual([7, '']);
      expect(errorOf(result)).toMatchObject({
        profile: 'ubuntu',
        hint: expect.stringContaining('put its own profile in front, or use -p') as string,
      });
      expect(server.requests()).toEqual([]);
      expect(await stage.names()).toEqual(['ubuntu:noble']);
    },
  );

  it.each(inTurns(Object.keys(typedFor), 3, 1))(
    'is reached by %s where its own profile is in front, or was typed',
    async (verb) => {
      stage.write('seed.raw', smallDisk(5));
      const state = verb === 'reactivate' ? 'deactivate' : undefined;
      for (const [image, more] of [
        ['local:ubuntu:noble', []],
        ['ubuntu:noble', ['-p', 'local']],
      ] as const) {
        if (!['create', 'upload', 'import'].includes(verb)) await stage.image('local:ubuntu:noble', '--if-exists', 'rename');
        if (state) await stage.ok([state, 'local:ubuntu:noble']);
        const line = lineFor(verb, image);
        const result = await run([...line, ...more, '--dry-run', '-o', 'json']);
        // What a folder of images has not is refused for it, not for the publisher.
        const absent = ['restore', 'purge', 'share', 'unshare', 'uses'].includes(verb);
        if (absent) expect(errorOf(result)).toMatchObject({ code: 'UNSUPPORTED', profile: 'local' });
        else if (verb === 'replicate') expect(errorOf(result).message).not.toContain('publisher');
        else if (verb !== 'import') expect(result.exitCode, `${image} ${result.stderr}`).toBe(0);
        if (verb !== 'create' && verb !== 'upload' && verb !== 'import')
          await stage.run(['delete', 'local:ubuntu:noble', '--yes']);
      }
      expect(server.requests()).toEqual([]);
    },
  );

  it('that is nowhere in the profile that was typed is told to be a publisher', async () => {
    const missing = await run(['show', 'ubuntu:noble', '-p', 'local', '--json']);
    expect([missing.exitCode, errorOf(missing).message]).toEqual([
      5,
      expect.stringMatching(/^ubuntu is a publisher, no profile \(and no such image in local/),
    ]);
    expect(server.requests()).toEqual([]);
  });
});

describe('a name before a colon that is nearly a profile or a publisher', () => {
  /** Verbs that look for an image; the others make one, for which the whole text is its name. */
  const looking = Object.keys(typedFor).filter((verb) => !['create', 'upload', 'import'].includes(verb));
  /** What a folder of images has not is refused before anything is looked for. */
  const absent = new Set(['restore', 'purge', 'share', 'unshare', 'uses']);

  it.each(inTurns(looking, 3, 2))('is told by %s as a slip, with the nearest, in every form of output', async (verb) => {
    await stage.image('web');
    if (!absent.has(verb))
      for (const [image, output] of [
        ['ubunt:noble', 'json'],
        ['ubunt:noble', 'table'],
        ['ubunt:', 'json'],
        ['locl:web', 'jsonl'],
        ['tumblewed:x', 'json'],
      ] as const) {
        const line = [...lineFor(verb, image), '-o', output];
        const slip = await run(line);
        expect([slip.exitCode, slip.stdout], `${line.join(' ')} ${slip.stderr}`).toEqual([3, '']);
        expect(slip.stderr).toMatch(/no such profile: (ubunt|locl|tumblewed) .*Did you mean (ubuntu|local|tumbleweed)\b/s);
      }
    expect((await run([...lineFor(verb, verb === 'list' ? 'x' : 'web'), '-p', 'ubunt', '--json'])).stderr).toContain(
      'Did you mean ubuntu or',
    );
    expect(server.requests()).toEqual([]);
  });

  it('is no missing image that may be passed over', async () => {
    const slip = await run(['delete', 'locl:web', '--yes', '--ignore-missing']);
    expect([slip.exitCode, slip.stdout]).toEqual([3, '']);
    expect((await run(['delete', 'local:locl:web', '--yes', '--ignore-missing'])).exitCode).toBe(0);
  });

  it('is told behind what else was listed; what is like nothing that is known is a name, and warned about', async () => {
    await stage.image('web');
    const beside = await run(['list', 'web', 'ubunt:', '-o', 'json']);
    expect([beside.exitCode, names(beside)]).toEqual([12, ['web']]);
    expect(beside.stderr).toContain('no such profile: ubunt');
    const far = await ok(['list', 'production:x', '-o', 'json']);
    expect([far.json(), far.stderr]).toEqual([[], expect.stringContaining('no such profile: production')]);
    expect((await run(['list', 'production:', '--json'])).exitCode).toBe(3);
    await stage.image('local:ubunt:noble');
    expect(names(await ok(['list', 'ubunt:noble', '-o', 'json']))).toEqual(['ubunt:noble']);
    expect(names(await ok(['list', 'ubunt:*', '-A', '-o', 'json']))).toEqual(['ubunt:noble']);
    expect((await ok(['resolve', 'ubunt:noble', '-o', 'id'])).stdout).not.toBe('');
  });

  it('is told of what its images are proved of, and of several profiles', async () => {
    const proof = await run(['inspect', '--provenance', 'ubunt:noble']);
    expect([proof.exitCode, proof.stdout]).toEqual([3, '']);
    expect((await run(['list', '-A', 'ubunt:', '-o', 'json'])).exitCode).toBe(3);
    expect((await run(['sources', 'rockylinx', '--json'])).stderr).toContain('Did you mean rockylinux?');
  });
});

describe('PROFILE: alone', () => {
  it('is all of a profile to list, of any kind, several at once, and beside other words', async () => {
    await stage.image('web');
    const lab = profileVariables('lab', 'local', { path: stage.file('lab') });
    await stage.ok(['upload', stage.write('seed.raw', smallDisk(2)), '--name', 'lab:db'], { env: lab });
    const listed = async (...words: readonly string[]) => [...names(await ok(['list', ...words, '-o', 'json'], lab))].sort();
    expect(await listed('local:')).toEqual(['web']);
    expect(await listed('lab:')).toEqual(['db']);
    expect(await listed('local:', 'lab:')).toEqual(['db', 'web']);
    expect(await listed('local:', 'local:nothing')).toEqual(['web']);
    expect(await listed('lab:', '--name', 'd*')).toEqual(['db']);
    expect(await listed('lab:', 'ubuntu:')).toEqual(['db', 'noble-amd64-20260102']);
    expect(await listed('-p', 'lab', 'ubuntu:')).toEqual(['noble-amd64-20260102']);
  });
});

describe('sources', () => {
  interface Row {
    readonly name: string;
    readonly provider: string;
    readonly address: string;
    readonly verified: string;
    readonly keyring?: string;
    readonly signers: readonly string[];
    readonly keys: readonly { readonly fingerprint: string; readonly expiresAt?: string }[];
    readonly keysFrom?: string;
    readonly signed: string;
    readonly title: string;
    readonly file?: string;
    readonly evidence: readonly { readonly what: string; readonly url: string }[];
  }
  const real = { drivers: driverList };
  const rows = async (...more: readonly string[]) =>
    (await stage.ok(['sources', ...more, '-o', 'json'], real)).json() as readonly Row[];

  it('tells of every one where it is, what vouches for it, and on what public evidence that rests', async () => {
    const all = await rows();
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['ubuntu', 'ubuntu-daily', 'ubuntu-minimal', 'images', 'lxd-images', 'maas', 'cirros']),
    );
    for (const { name, title, address, evidence, signed, verified, provider } of all) {
      expect(driverList.names, name).toContain(provider);
      expect(title, name).not.toBe('');
      expect(signed, name).not.toBe('');
      expect(address, name).toMatch(/^https:\/\/[a-z0-9.-]+\.[a-z]+\//);
      expect(['signature', 'checksum', ...(name === 'talos' ? ['nothing'] : [])], name).toContain(verified);
      expect(evidence.length, name).toBeGreaterThan(0);
      for (const { url, what } of evidence) expect(`${name} ${what} ${url}`).toMatch(/ https:\/\/[^/ ]+\.[a-z]+\/[^ ]*$/);
    }
  });

  it('names keys that are those of the keyring that comes with it, and says where they are from, their licence and until when they are good', async () => {
    const signed = (await rows()).filter(({ keyring }) => keyring === 'shipped');
    expect(signed.length).toBeGreaterThan(2);
    for (const { name, keys, signers, keysFrom } of signed) {
      expect(keys.map(({ fingerprint }) => fingerprint).sort(), name).toEqual([...signers].sort());
      expect(keysFrom, name).toMatch(/\((public domain|CC0-1\.0)\)$/);
      for (const { expiresAt } of keys)
        if (expiresAt !== undefined) expect(Date.parse(expiresAt), name).toBeGreaterThan(Date.now());
    }
  });

  it('shows one in full, by its name or another that it has; what is not known is exit 3 with the nearest', async () => {
    const sheet = (await stage.ok(['sources', 'ubuntu'], real)).stdout;
    for (const told of [
      'https://cloud-images.ubuntu.com/releases/',
      '4A3CE3CD565D7EB5C810E2B97FF3F408476CF100',
      'does not expire',
      'public domain',
    ])
      expect(sheet).toContain(told);
    expect((await stage.ok(['sources', 'linuxcontainers', '-o', 'id'], real)).stdout.trim()).toBe('images');
    const odd = await stage.run(['sources', 'ubunto', '--json'], real);
    expect([odd.exitCode, errorOf(odd).hint]).toEqual([3, 'Did you mean ubuntu?']);
  });

  it('takes what the own file adds and changes, word for word', async () => {
    const file = ownSources({
      version: 1,
      sources: {
        acme: {
          provider: 'simplestreams',
          title: 'Acme',
          fields: { url: `${server.origin}/`, keyring: server.by.key },
          evidence: 'told by Acme',
        },
        ubuntu: { fields: { url: `${server.origin}/mirror/` } },
      },
    });
    const [acme, ubuntu] = await Promise.all(
      ['acme', 'ubuntu'].map(async (name) => (await stage.ok(['sources', name, '-o', 'json'], real)).json() as Row),
    );
    expect(acme).toMatchObject({
      title: 'Acme',
      verified: 'signature',
      keyring: 'given',
      file,
      evidence: [{ what: 'told by Acme', url: file }],
    });
    expect(ubuntu).toMatchObject({ address: `${server.origin}/mirror/`, verified: 'signature', keyring: 'shipped', file });
    expect(names(await stage.ok(['list', 'acme:', '-o', 'json']))).toEqual(['noble-amd64-20260102']);
    ownSources({
      version: 1,
      sources: { acme: { provider: 'simplestreams', fields: { url: 'env:SECRET_URL', verify: 'checksum' } } },
    });
    const literal = await run(['list', 'acme:', '--json'], { SECRET_URL: `${server.origin}/` });
    expect([literal.exitCode, errorOf(literal).message]).toEqual([3, 'invalid url: env:SECRET_URL']);
  });

  it.each(['their own file', 'variables'])(
    'judges by keys that %s gives, and not by what comes with it of other keys; of another address alone the keys stay',
    async (where) => {
      const fieldsAt = (name: string, fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
        if (where !== 'variables') ownSources({ version: 1, sources: { [name]: { fields } } });
        return where === 'variables'
          ? Object.fromEntries(Object.entries(fields).map(([field, value]) => [fieldVariable(name, field), value]))
          : {};
      };
      const url = `${server.origin}/`;
      const told = async (name: string, fields: Readonly<Record<string, string>>) => {
        const own = fieldsAt(name, fields);
        return (await stage.ok(['sources', name, '-o', 'json'], { ...real, env: own })).json() as Row;
      };
      const shipped = await told('ubuntu', { url });
      expect([shipped.keyring, shipped.signers.length]).toEqual(['shipped', 2]);
      const given = await told('ubuntu', { url, keyring: server.by.key });
      expect(given).toMatchObject({ keyring: 'given', signers: [], verified: 'signature' });
      expect(given.keys.map(({ fingerprint }) => fingerprint)).toEqual([server.by.fingerprint]);
      expect([given.signed, given.keysFrom]).toEqual([undefined, undefined]);
      expect(await told('ubuntu', { keyring: server.by.key })).toMatchObject({ keyring: 'given', signers: [] });
      const own = fieldsAt('ubuntu', { url, keyring: server.by.key });
      expect(names(await stage.ok(['list', 'ubuntu:', '-o', 'json'], { env: own }))).toEqual(['noble-amd64-20260102']);
      // Its own signers are meant with its own keys, and what they say is held.
      const wrongSigner = fieldsAt('ubuntu', { url, keyring: server.by.key, signer: 'A'.repeat(40) });
      const refused = await stage.run(['list', 'ubuntu:', '--json'], { env: wrongSigner });
      expect([refused.exitCode, refused.stdout]).toEqual([3, '']);
      expect(errorOf(refused).hint).toMatch(/signer comes from (?:.*sources\.json|environment \(IMGCTL_PROFILE_UBUNTU_SIGNER\))/);
      // Whoever gives keys wants a signature, also of what its publisher does not sign.
      expect(await told('debian', { keyring: server.by.key })).toMatchObject({ verified: 'signature' });
      expect(await told('debian', { url, keyring: server.by.key })).toMatchObject({ verified: 'signature', keyring: 'given' });
      // No keys come with it: the keys that are given are where its signer is looked for.
      expect((await told('arch', { keyring: server.by.key })).signers).toHaveLength(1);
      expect((await told('arch', { url, keyring: server.by.key })).signers).toEqual([]);
    },
  );

  it.each(Object.keys(driverList.publishers ?? {}))(
    'every field is told with where it comes from, but keys: %s',
    async (name) => {
      const known = (await driverList.publishers?.[name]?.load())?.fields ?? {};
      const more = { [fieldVariable(name, 'url')]: 'https://mirror.test/x/', [fieldVariable(name, 'keyring')]: server.by.key };
      const fieldsOf = async (variables: Readonly<Record<string, string>>) =>
        ((await stage.ok(['sources', name, '-o', 'json'], { env: variables })).json() as { fields: Record<string, object> })
          .fields;
      // Addresses of the tests lead nowhere.
      for (const [field, value] of Object.entries({ ...known, url: 'http://127.0.0.1:9/' }))
        expect((await fieldsOf({}))[field], field).toEqual({ value, from: 'imgctl' });
      const told = await fieldsOf(more);
      const variable = `environment (${fieldVariable(name, 'url')})`;
      expect([told.url, told.keyring]).toEqual([{ value: 'https://mirror.test/x/', from: variable }, undefined]);
      const sheet = (await stage.ok(['sources', name], { env: more })).stdout;
      expect(sheet).toContain(`https://mirror.test/x/ (${variable})`);
      expect(sheet).not.toContain('BEGIN PGP');
    },
  );

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    [
      'a password in an address',
      { version: 1, sources: { a: { provider: 'simplestreams', fields: { url: 'https://me:hunter22@host/' } } } },
      /source "a": url holds a user name or a password/,
    ],
    [
      'a token in an address',
      { version: 1, sources: { a: { provider: 'simplestreams', fields: { url: 'https://hunter22@host/' } } } },
      /source "a": url holds a user name or a password/,
    ],
    ['no JSON', '{', /is not valid JSON/],
    ['no sources', {}, /contains no sources/],
    ['another version', { version: 2, sources: {} }, /supports version 1/],
    ['a name that cannot be typed', { version: 1, sources: { 'a:b': { provider: 'simplestreams' } } }, /has no name/],
    ['a word that is not known', { version: 1, sources: { a: { provider: 'simplestreams', feilds: {} } } }, /"feilds"/],
    [
      'a field that is no text',
      { version: 1, sources: { a: { provider: 'simplestreams', fields: { url: 1 } } } },
      /url is not a string/,
    ],
    [
      'a field that there is not',
      { version: 1, sources: { a: { provider: 'simplestreams', fields: { uri: 'x' } } } },
      /unknown field for simplestreams: uri/,
    ],
    [
      'a secret',
      { version: 1, sources: { a: { provider: 'simplestreams', fields: { password: 'x' } } } },
      /password is a secret/,
    ],
    ['no provider', { version: 1, sources: { a: { fields: {} } } }, /has no provider/],
  ];
  it.each(wrong)('an own file with %s is exit 3 with its path, and stays as it is', async (_what, content, message) => {
    const file = ownSources(content);
    const before = stage.read('.config/imgctl/sources.json').toString();
    for (const line of [['sources'], ['list', 'a:']]) {
      const refused = await run([...line, '--json']);
      expect([refused.exitCode, errorOf(refused).message], line.join(' ')).toEqual([3, expect.stringMatching(message)]);
      expect(errorOf(refused).message).toContain(file);
    }
    expect(stage.read('.config/imgctl/sources.json').toString()).toBe(before);
    // What needs no publisher does not read it.
    await ok(['list', 'local:']);
    expect(path.isAbsolute(file)).toBe(true);
  });
});
