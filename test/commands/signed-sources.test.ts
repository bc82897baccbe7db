import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copy, createContext, download, importImage, inspect, openAccount, upload as uploadImage } from '../../src/index.ts';
import { overNetwork, withVerbs } from '../clouds/index.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { servedFile } from '../support/served-file.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';
import { publisher } from '../support/publisher.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();
const disk = smallDisk();
const [ours, stranger] = [publisher('Images'), publisher('Somebody')];
const hash = (algorithm: string, bytes: Buffer = disk): string => createHash(algorithm).update(bytes).digest('hex');
const line = `${hash('sha256')}  disk.raw\n`;
let server: FakeServer;
let files: Record<string, Buffer | string | number>;
beforeEach(async () => {
  files = { '/i/disk.raw': disk };
  server = await startFakeServer(({ url, headers }) => {
    const found = files[decodeURIComponent(url.pathname)] ?? 404;
    if (typeof found === 'number') return { status: found, body: 'no' };
    return servedFile(Buffer.from(found), headers);
  });
  stage.write('keys.asc', ours.key);
});
afterEach(() => server.stop());

const at = (path: string): string => `${server.origin}${path}`;
const byOurKey = (): string => `gpg:${stage.file('keys.asc')}`;
const imported = (how: string) =>
  stage.run(['import', 'web', '--url', at('/i/disk.raw'), '--disk-format', 'raw', '--verify', how, '-o', 'json']);
const upload = (how: string, ...more: readonly string[]) =>
  stage.run(['upload', at('/i/disk.raw'), '--name', 'web', '--verify', how, '--retries', '0', '-o', 'json', ...more]);

type Files = Readonly<Record<string, Buffer | string>>;

/** What a publisher may serve beside an image, and who has signed it. */
const served: readonly (readonly [string, (by: typeof ours, text: string, image: Buffer) => Files])[] = [
  ['a clear-signed checksum file', (by, text) => ({ '/i/SHA256SUMS': by.clearSigned(text) })],
  ...['.asc', '.gpg', '.sig', '.sign'].map(
    (ending) =>
      [
        `a checksum file and its signature ${ending}`,
        (by: typeof ours, text: string) => ({
          '/i/SHA256SUMS': text,
          [`/i/SHA256SUMS${ending}`]: by.detached(Buffer.from(text)),
        }),
      ] as const,
  ),
  ['a checksum file of the image alone', (by, text) => ({ '/i/disk.raw.sha256': by.clearSigned(text) })],
  ['a signature of the image itself', (by, _text, image) => ({ '/i/disk.raw.sig': by.detached(image) })],
];

describe('--verify gpg:KEYRING', () => {
  const brought = served.flatMap(([what, serve]) => [
    [what, 'upload', serve, upload] as const,
    [what, 'import', serve, imported] as const,
  ]);
  it.each(inTurns(brought, 3))(
    'takes %s (%s), and refuses another image, another key and none, with nothing made',
    async (_what, _verb, serve, bring) => {
      const refusals: readonly (readonly [string, Files])[] = [
        ['another image', { ...serve(ours, line, disk), '/i/disk.raw': smallDisk(2) }],
        ['another key', { '/i/disk.raw': disk, ...serve(stranger, line, disk) }],
        ['no signature', { '/i/disk.raw': disk, '/i/SHA256SUMS': line }],
        ['nothing', { '/i/disk.raw': disk }],
      ];
      for (const [wrong, there] of refusals) {
        files = { ...there };
        const bad = await bring(byOurKey());
        expect([bad.exitCode, errorOf(bad).code, bad.stdout], wrong).toEqual([11, 'INTEGRITY', '']);
        expect(await stage.names(), wrong).toEqual([]);
      }
      files = { '/i/disk.raw': disk, ...serve(ours, line, disk) };
      const good = await bring(byOurKey());
      expect(good.exitCode, good.stderr).toBe(0);
      expect((good.json() as { properties: object }).properties).toMatchObject({
        'imgctl.source.url': at('/i/disk.raw'),
        'imgctl.source.signer': ours.fingerprint,
      });
      const shown = await stage.ok(['show', 'local:web']);
      expect(shown.stdout).toContain(ours.fingerprint);
    },
  );

  it('reads nothing of a checksum file but what was signed', async () => {
    const signed = ours.clearSigned(`${'0'.repeat(64)}  other.raw\n${'1'.repeat(64)}  third.raw\n`).toString();
    for (const text of [`${line}${signed}`, `${signed}${line}`]) {
      files['/i/SUMS'] = text;
      const bad = await upload(byOurKey(), '--checksum', at('/i/SUMS'));
      expect([bad.exitCode, bad.stdout]).toEqual([11, '']);
    }
    expect(await stage.names()).toEqual([]);
  });

  it.each([
    ['a server that answers everything with a page', '<!DOCTYPE html><title>Sign in</title>', 11],
    ['a signature that cannot be had now', 503, 10],
  ])('%s is no pass', async (_what, answer, code) => {
    files['/i/SHA256SUMS'] = line;
    for (const ending of ['.asc', '.gpg', '.sig', '.sign'])
      for (const name of ['SHA256SUMS', 'disk.raw']) files[`/i/${name}${ending}`] = answer;
    for (const how of code === 11 ? [byOurKey()] : [byOurKey(), 'auto']) expect((await upload(how)).exitCode).toBe(code);
    expect(await stage.names()).toEqual([]);
  });

  it('takes the checksum file that --checksum names, from wherever it is', async () => {
    files['/elsewhere/SUMS'] = ours.clearSigned(line);
    const good = await upload(byOurKey(), '--checksum', at('/elsewhere/SUMS'));
    expect(good.exitCode, good.stderr).toBe(0);
    files['/elsewhere/SUMS'] = stranger.clearSigned(line);
    expect((await upload(byOurKey(), '--checksum', at('/elsewhere/SUMS'))).exitCode).toBe(11);
  });

  it('is honoured by every command that reads a file or a URL, on each way', async () => {
    const near = stage.write('disk.raw', disk);
    for (const [place, put] of [
      [near, (name: string, bytes: Buffer) => void stage.write(name, bytes)],
      [at('/i/disk.raw'), (name: string, bytes: Buffer) => void (files[`/i/${name}`] = bytes)],
    ] as const) {
      const commands: readonly (readonly string[])[] = [
        ['upload', place, '--name', 'x', '--if-exists', 'rename'],
        ['convert', place, stage.file('out.raw'), '--force'],
        ['convert', place, stage.file('out.qcow2'), '--disk-format', 'qcow2', '--force'],
        ['inspect', place],
      ];
      for (const name of ['SHA256SUMS', 'disk.raw.asc'])
        for (const command of commands) {
          const by = (who: typeof ours): Buffer => (name === 'SHA256SUMS' ? who.clearSigned(line) : who.detached(disk));
          put(name, by(stranger));
          const bad = await stage.run([...command, '--verify', byOurKey()]);
          expect([bad.exitCode, bad.stdout], `${command.join(' ')} ${name}`).toEqual([11, '']);
          put(name, by(ours));
          await stage.ok([...command, '--verify', byOurKey()]);
          put(name, Buffer.alloc(0));
        }
    }
  });

  it('is a mistake of the settings where the keyring cannot be read, and of usage for what is no way to verify', async () => {
    files['/i/SHA256SUMS'] = ours.clearSigned(line);
    const missing = await upload('gpg:missing.asc');
    expect([missing.exitCode, errorOf(missing).message]).toEqual([3, expect.stringContaining('missing.asc')]);
    expect((await upload('pgp')).exitCode).toBe(2);
    expect((await stage.run(['upload', '-', '--name', 'x', '--verify', byOurKey()], { stdin: disk })).exitCode).toBe(2);
    expect(await stage.names()).toEqual([]);
  });

  it('is refused of an image whose provider signs nothing', async () => {
    const id = await stage.image('web');
    for (const line of [
      ['download', id, stage.file('out.raw')],
      ['copy', `local:${id}`, 'local:other'],
    ])
      expect((await stage.run([...line, '--verify', byOurKey()])).exitCode, line.join(' ')).toBe(7);
  });
});

describe.each(withVerbs(overNetwork, 'import'))('what %s fetches by itself', (_name, { driver, cloud: kind }) => {
  it('can have no signature that is verified here: that is told before anything is asked', async () => {
    const cloud = await kind.start();
    const env = profileVariables('there', driver.name, cloud.values);
    const format = driver.facts.import?.fields.includes('diskFormat') ? ['--disk-format', 'raw'] : [];
    const line = ['import', 'there:web', '--url', at('/i/disk.raw'), ...format, '--verify'];
    const refused = await stage.run([...line, byOurKey()], { env });
    expect([refused.exitCode, cloud.requests(), server.requests()]).toEqual([7, [], []]);
    expect(refused.stderr).toContain('imgctl upload URL');
    const auto = await stage.run([...line, 'auto', '--dry-run'], { env });
    expect(auto.stderr).toContain('not verified:');
    await cloud.stop();
  });
});

describe('a program', () => {
  it('asks for signatures in each of its calls', async () => {
    files = { '/i/disk.raw': disk, '/i/SHA256SUMS': ours.clearSigned(line) };
    const env = { HOME: stage.file('.'), ...profileVariables('web', 'local', { path: stage.file('shelf') }) };
    const context = await createContext({ configDir: stage.file('config'), env, retries: 0 });
    const shelf = await openAccount('web', context);
    const [verify, wrong] = [byOurKey(), `gpg:${stage.write('strange.asc', stranger.key)}`];
    const [from, to] = [at('/i/disk.raw'), stage.file('back.raw')];
    const calls = {
      upload: (how: string) => uploadImage(shelf, { from, name: 'up', verify: how }, context),
      importImage: (how: string) => importImage(shelf, { url: from, name: 'fetched', format: 'raw', verify: how }, context),
      inspect: (how: string) => inspect({ file: from, verify: how }, context),
      // Nothing in a folder is signed.
      copy: (how: string) => copy(shelf, { image: 'up', to: shelf, name: 'up-2', verify: how }, context),
      download: (how: string) => download(shelf, { image: 'up', to, verify: how }, context),
    };
    const signed: readonly string[] = ['upload', 'importImage', 'inspect'];
    for (const [name, call] of Object.entries(calls)) {
      const code = signed.includes(name) ? 'INTEGRITY' : 'UNSUPPORTED';
      await expect(call(wrong), name).rejects.toMatchObject({ code });
      await expect(call(signed.includes(name) ? verify : 'none'), name).resolves.toBeDefined();
    }
  });
});

describe('--verify minisign:KEY', () => {
  const pair = generateKeyPairSync('ed25519');
  const id = Buffer.from('0123456789abcdef', 'hex');
  const line = (algorithm: string, value: Buffer): string =>
    Buffer.concat([Buffer.from(algorithm), id, value]).toString('base64');
  const key = line('Ed', Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
  const signed = (bytes: Buffer): string => {
    const value = sign(null, createHash('blake2b512').update(bytes).digest(), pair.privateKey);
    const second = sign(null, Buffer.concat([value, Buffer.from('file:x')]), pair.privateKey).toString('base64');
    return `untrusted comment: x\n${line('ED', value)}\ntrusted comment: file:x\n${second}\n`;
  };

  it.each([
    ['the image', (bytes: Buffer) => ({ '/i/disk.raw.minisig': signed(bytes) })],
    [
      'the checksum file',
      (bytes: Buffer) => {
        const sums = `${hash('sha256', bytes)}  disk.raw\n`;
        return { '/i/SHA256SUMS': sums, '/i/SHA256SUMS.minisig': signed(Buffer.from(sums)) };
      },
    ],
  ])('takes %s that this key has signed, and nothing else', async (_what, serve) => {
    const file = stage.write('minisign.pub', `untrusted comment: key\n${key}\n`);
    files = { '/i/disk.raw': disk, ...serve(smallDisk(2)) };
    expect((await upload(`minisign:${key}`)).exitCode).toBe(11);
    expect(await stage.names()).toEqual([]);
    files = { '/i/disk.raw': disk, ...serve(disk) };
    for (const how of [key, file]) {
      const good = await upload(`minisign:${how}`, '--if-exists', 'rename');
      expect(good.exitCode, good.stderr).toBe(0);
    }
    expect((await upload('minisign:missing.pub')).exitCode).toBe(3);
  });
});

describe('--verify with less', () => {
  it('auto takes what is not signed, and says that it was not verified', async () => {
    const unsigned = await upload('auto');
    expect(unsigned.exitCode, unsigned.stderr).toBe(0);
    expect(unsigned.stderr).toMatch(/not verified/);
  });

  it('auto says that it knows no key of who has signed', async () => {
    files['/i/disk.raw.sig'] = ours.detached(disk);
    const unknown = await upload('auto');
    expect(unknown.exitCode, unknown.stderr).toBe(0);
    expect(unknown.stderr).toMatch(/not verified/);
  });

  it.each([
    ['unsigned', {}],
    ['signed by a key that nobody knows here', { '/i/SHA256SUMS.gpg': stranger.detached(Buffer.from(line)) }],
  ] as const)('auto holds what it takes against a checksum file that is %s', async (_what, more) => {
    files = { '/i/disk.raw': smallDisk(2), '/i/SHA256SUMS': line, ...more };
    const bad = await upload('auto');
    expect([bad.exitCode, await stage.names()], bad.stderr).toEqual([11, []]);
    files = { '/i/disk.raw': disk, '/i/SHA256SUMS': line, ...more };
    const good = await upload('auto');
    expect([good.exitCode, good.stderr.includes('not verified')], good.stderr).toEqual([0, true]);
  });

  it('checksum takes one beside the URL, and refuses where there is none', async () => {
    expect((await upload('checksum')).exitCode).toBe(11);
    files['/i/SHA256SUMS'] = line;
    const good = await upload('checksum');
    expect(good.exitCode, good.stderr).toBe(0);
    expect((good.json() as { properties: object }).properties).toMatchObject({
      'imgctl.source.digest': `sha256:${hash('sha256')}`,
    });
  });

  it('none, and no option, look for nothing', async () => {
    await upload('none');
    await stage.ok(['upload', at('/i/disk.raw'), '--name', 'other']);
    expect(server.requests().filter(({ path }) => path !== '/i/disk.raw')).toEqual([]);
  });
});
