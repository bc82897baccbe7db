import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256, startSignedStreams, type SignedStreams } from '../clouds/simplestreams/signed.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { publisher } from '../support/publisher.ts';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();
const disk = smallDisk();
const [ours, stranger] = [publisher('Images'), publisher('Somebody')];
const hash = (algorithm: string): string => createHash(algorithm).update(disk).digest('hex');
let server: FakeServer;
let streams: SignedStreams;
let files: Record<string, Buffer | string>;
beforeEach(async () => {
  files = { '/i/disk.raw': disk };
  server = await startFakeServer(({ url }) => {
    const found = files[decodeURIComponent(url.pathname)];
    return found === undefined ? { status: 404, body: 'no' } : { status: 200, body: found, headers: { etag: '"1"' } };
  });
  streams = await startSignedStreams(ours);
  stage.write('keys.asc', ours.key);
  stage.write('other.asc', stranger.key);
  stage.write('disk.raw', disk);
});
afterEach(() => Promise.all([server.stop(), streams.stop()]));

const at = (path: string): string => `${server.origin}${path}`;
const byKey = (file: string): string => `gpg:${stage.file(file)}`;
const env = () => profileVariables('u', 'simplestreams', { url: streams.origin, keyring: stage.file('keys.asc') });

/** Every verb that has the options, reading from afar and, where that is another way, from here. */
const verbs = (): readonly (readonly string[])[] => [
  ['upload', at('/i/disk.raw'), '--name', 'local:x'],
  ['upload', stage.file('disk.raw'), '--name', 'local:x'],
  ['convert', at('/i/disk.raw'), stage.file('out.qcow2')],
  ['convert', stage.file('disk.raw'), stage.file('out.qcow2')],
  ['inspect', at('/i/disk.raw')],
  ['inspect', stage.file('disk.raw')],
  ['import', 'local:x', '--url', at('/i/disk.raw'), '--disk-format', 'raw'],
  ['download', 'u:noble', stage.file('out.img')],
  ['copy', 'u:noble', 'local:x'],
];

describe('arguments about trust that are wrong are told before anything is asked for', () => {
  const wrong: readonly (readonly [string, () => readonly string[], number])[] = [
    ['no way to verify', () => ['--verify', 'pgp'], 2],
    ['an algorithm that nobody knows', () => ['--checksum', 'sha999:aa'], 2],
    ['such an algorithm beside a keyring', () => ['--checksum', 'sha999:aa', '--verify', byKey('keys.asc')], 2],
    ['a digest that is too short', () => ['--checksum', 'sha256:aa', '--verify', byKey('keys.asc')], 2],
    ['an address that is none', () => ['--checksum', 'https://[', '--verify', byKey('keys.asc')], 2],
    ['a keyring that is not there', () => ['--verify', byKey('missing.asc')], 3],
    ['such a keyring beside a digest', () => ['--checksum', `sha256:${hash('sha256')}`, '--verify', byKey('missing.asc')], 3],
    ['a keyring that is none', () => ['--checksum', at('/i/SHA256SUMS'), '--verify', byKey('disk.raw')], 3],
    ['a fingerprint that is too short', () => ['--verify', 'gpg:0123456789ABCDEF'], 3],
    ['a fingerprint of no key that is known', () => ['--verify', `gpg:${'AB'.repeat(20)}`], 3],
    ['a key of minisign that is none', () => ['--verify', 'minisign:RWfoo'], 3],
    ['a file with no key of minisign', () => ['--verify', `minisign:${stage.file('keys.asc')}`], 3],
  ];
  it.each(inTurns(wrong, 2))('%s', async (_what, options, code) => {
    files['/i/SHA256SUMS'] = ours.clearSigned(`${hash('sha256')}  disk.raw\n`);
    for (const verb of verbs()) {
      const told = await stage.run([...verb, ...options(), '--json'], { env: env() });
      expect([told.exitCode, told.stdout], `${verb.join(' ')}\n${told.stderr}`).toEqual([code, '']);
      expect([...server.requests(), ...streams.asked()], verb.join(' ')).toEqual([]);
    }
    expect(await stage.names()).toEqual([]);
  });

  /** What is judged by itself, by way of a profile, and by way of a publisher. */
  const readers = () => [
    ...verbs().map((verb) => [verb, env()] as const),
    [['copy', 'ubuntu:noble', 'local:x'], publisherEnv()] as const,
    [['download', 'ubuntu:noble', stage.file('out.img')], publisherEnv()] as const,
  ];
  const publisherEnv = () => ({
    [fieldVariable('ubuntu', 'url')]: streams.origin,
    [fieldVariable('ubuntu', 'keyring')]: stage.file('keys.asc'),
    [fieldVariable('ubuntu', 'signer')]: ours.fingerprint,
  });
  const unknown: readonly (readonly [string, () => string, RegExp])[] = [
    ['a file with another key', () => byKey('other.asc'), /--verify gpg:FILE/],
    ['a file that is not there', () => byKey('missing.asc'), /--verify gpg:FILE/],
    ['an empty file', () => byKey('empty.asc'), /--verify gpg:FILE/],
    [
      'a fingerprint',
      () => `gpg:${'AB'.repeat(20)}`,
      /looked for in \/usr\/share\/keyrings.*--verify gpg:FILE|--verify gpg:FILE.*\nkeyring comes from environment/,
    ],
    ['a file with no key of minisign', () => `minisign:${stage.file('missing.pub')}`, /--verify minisign:FILE/],
  ];
  it.each(unknown)('the hint is about the option that was typed: %s', async (_what, how, hint) => {
    files['/i/SHA256SUMS'] = ours.clearSigned(`${hash('sha256')}  disk.raw\n`);
    files['/i/disk.raw.sig'] = ours.detached(disk);
    stage.write('disk.raw.sig', ours.detached(disk));
    stage.write('empty.asc', '');
    for (const [verb, variables] of readers()) {
      const told = await stage.run([...verb, '--verify', how(), '--json'], { env: variables });
      expect(errorOf(told).hint, verb.join(' ')).toMatch(hint);
      expect(errorOf(told).hint, verb.join(' ')).not.toMatch(/profile set|export |in the profile/);
    }
  });

  it('a publisher who signs in another way than was asked for is told as such, not as damaged', async () => {
    const minisign = 'minisign:RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
    for (const verb of verbs().filter((one) => one.includes('u:noble'))) {
      const told = await stage.run([...verb, '--verify', minisign, '--json'], { env: env() });
      expect([told.exitCode, errorOf(told).hint]).toEqual([11, 'Use gpg:KEYRING for a clear-signed file.']);
    }
  });

  it('a file that is not there', async () => {
    const options = ['--checksum', at('/i/SHA256SUMS'), '--verify', byKey('keys.asc')];
    for (const verb of ['upload', 'convert', 'inspect']) {
      const rest = { upload: ['--name', 'x'], convert: [stage.file('out.qcow2')] }[verb] ?? [];
      const told = await stage.run([verb, stage.file('missing.raw'), ...rest, ...options, '--json']);
      expect([told.exitCode, errorOf(told).code], verb).toEqual([5, 'NOT_FOUND']);
    }
    expect(server.requests()).toEqual([]);
  });

  it('a signer of the profile of whom its keyring has no key', async () => {
    const other = { ...env(), ...profileVariables('v', 'simplestreams', { url: streams.origin, keyring: stage.file('keys.asc'), signer: stranger.fingerprint }) }; // prettier-ignore
    const told = await stage.run(['list', 'v:'], { env: other });
    expect([told.exitCode, streams.asked()]).toEqual([3, []]);
    expect(told.stderr).toContain(stranger.fingerprint);
  });
});

describe('a digest that the user names, and a signature', () => {
  const sums = (algorithm: string): string => `${hash(algorithm)}  disk.raw\n`;
  it.each(inTurns(['.asc', '.gpg', '.sig', '.sign', 'in itself'], 2))(
    'are both asked of the signed checksum file beside the source (%s)',
    async (ending) => {
      const put = (by: typeof ours): void => {
        files['/i/SHA256SUMS'] = ending === 'in itself' ? by.clearSigned(sums('sha256')) : sums('sha256');
        if (ending !== 'in itself') files[`/i/SHA256SUMS${ending}`] = by.detached(Buffer.from(sums('sha256')));
      };
      const far = verbs().filter((verb) => verb.some((word) => word.startsWith('http')));
      for (const verb of far) {
        const run = (digest: string) => stage.run([...verb, '--checksum', digest, '--verify', byKey('keys.asc')], { env: env() });
        put(ours);
        const good = await run(`sha256:${hash('sha256')}`);
        expect(`${good.exitCode} ${good.stderr}`, verb.join(' ')).toMatch(/^0 /);
        expect(good.stderr).toContain(`SHA256SUMS is signed by ${ours.fingerprint} (Images`);
        await stage.run(['delete', 'local:x', '--yes']);
        rmSync(stage.file('out.qcow2'), { force: true });
        for (const digest of [`sha256:${'0'.repeat(64)}`, `sha512:${hash('sha512')}`])
          expect((await run(digest)).exitCode, `${verb.join(' ')} ${digest}`).toBe(11);
        put(stranger);
        expect((await run(`sha256:${hash('sha256')}`)).exitCode, verb.join(' ')).toBe(11);
      }
      expect(await stage.names()).toEqual([]);
    },
  );

  it('is compared with the digest of its own algorithm where the signed file has several', async () => {
    files['/i/CHECKSUM'] = ours.clearSigned(`SHA512 (disk.raw) = ${hash('sha512')}\nSHA256 (disk.raw) = ${hash('sha256')}\n`);
    const line = ['inspect', at('/i/disk.raw'), '--verify', byKey('keys.asc'), '--checksum'];
    await stage.ok([...line, `sha256:${hash('sha256')}`]);
    expect((await stage.run([...line, `sha256:${'0'.repeat(64)}`])).exitCode).toBe(11);
  });
});

describe('--checksum of an image that a publisher has', () => {
  const lines: readonly (readonly string[])[] = [
    ['download', 'u:noble', '--force'],
    ['copy', 'u:noble', 'local:mine', '--if-exists', 'rename'],
  ];
  const other = '0'.repeat(64);

  it.each(lines)('is the line of the published file, whatever the image is called (%s)', async (...line) => {
    const run = (...options: readonly string[]) =>
      stage.run([...line, ...(line[0] === 'download' ? [stage.file('out.img')] : []), '--checksum', at('/i/SUMS'), ...options], {
        env: env(),
      });
    files['/i/SUMS'] = `${other}  noble\n${sha256}  20261120.img\n`;
    const good = await run();
    expect(good.exitCode, good.stderr).toBe(0);
    files['/i/SUMS'] = `${sha256}  noble\n${other}  20261120.img\n`;
    expect((await run()).exitCode).toBe(11);
    files['/i/SUMS'] = `${sha256}  20261101.img\n${sha256}  noble\n`;
    const silent = await run();
    expect([silent.exitCode, silent.stderr]).toEqual([11, expect.stringContaining('has no checksum of 20261120.img')]);
    files['/i/SUMS'] = `${sha256}  20261120.img\n`;
    expect((await run('--verify', byKey('keys.asc'))).exitCode, 'nobody has signed it').toBe(11);
    files['/i/SUMS.gpg'] = ours.detached(Buffer.from(files['/i/SUMS']));
    const signed = await run('--verify', byKey('keys.asc'));
    expect(signed.exitCode, signed.stderr).toBe(0);
    expect(signed.stderr).toContain(`SUMS is signed by ${ours.fingerprint}`);
  });

  it('is looked for beside the published file', async () => {
    const sums = `${sha256}  20261120.img\n`;
    for (const [text, code] of [
      [sums, 0],
      [sums.replaceAll(sha256, other), 11],
    ] as const) {
      streams.instead({ 'files/SHA256SUMS': () => ({ status: 200, body: text }) });
      const told = await stage.run(['download', 'u:noble', stage.file('out.img'), '--checksum', 'auto', '--force'], {
        env: env(),
      });
      expect(told.exitCode, told.stderr).toBe(code);
    }
  });

  it('says who has signed it for an image that nobody else vouches for', async () => {
    const id = await stage.image('web');
    const line = ['download', `local:${id}`, stage.file('out.raw'), '--force', '--checksum', at('/i/sum')];
    files['/i/sum'] = `${hash('sha256')}\n`;
    expect((await stage.run([...line, '--verify', byKey('keys.asc')])).exitCode).toBe(11);
    files['/i/sum.asc'] = ours.detached(Buffer.from(files['/i/sum']));
    const good = await stage.ok([...line, '--verify', byKey('keys.asc'), '-o', 'json']);
    expect(good.json()).toMatchObject({ signer: ours.fingerprint });
    expect((await stage.run([...line, '--verify', byKey('other.asc')])).exitCode).toBe(11);
  });
});

describe('who has signed', () => {
  it('is told by every verb that reads what is signed, on stderr and in the JSON', async () => {
    files['/i/SHA256SUMS'] = ours.clearSigned(`${hash('sha256')}  disk.raw\n`);
    stage.write('SHA256SUMS', files['/i/SHA256SUMS']);
    for (const verb of verbs()) {
      const asked = verb[1]?.startsWith('u:') ? [] : ['--verify', byKey('keys.asc')];
      const again = verb[0] === 'download' || verb[0] === 'convert' ? ['--force'] : [];
      const told = await stage.ok([...verb, ...asked], { env: env() });
      expect(told.stderr, verb.join(' ')).toContain(`is signed by ${ours.fingerprint} (Images <images@example.test>)`);
      await stage.run(['delete', 'local:x', '--yes']);
      const { signer, properties } = (await stage.ok([...verb, ...asked, ...again, '-o', 'json'], { env: env() })).json() as {
        signer?: string;
        properties?: Record<string, string>;
      };
      expect(signer ?? properties?.['imgctl.source.signer'], verb.join(' ')).toBe(ours.fingerprint);
      await stage.run(['delete', 'local:x', '--yes']);
      rmSync(stage.file('out.qcow2'), { force: true });
    }
  });

  it('is nobody where nobody asked', async () => {
    const told = await stage.ok(['inspect', at('/i/disk.raw'), '-o', 'json']);
    expect(told.json()).not.toHaveProperty('signer');
  });
});
