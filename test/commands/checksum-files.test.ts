import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { commandStage, errorOf, smallDisk } from './stage.ts';

const stage = commandStage();
const disk = smallDisk();
const hash = (algorithm: string, bytes: Buffer = disk): string => createHash(algorithm).update(bytes).digest('hex');
const [right, strong, wrong] = [hash('sha256'), hash('sha512'), '0'.repeat(64)];
let server: FakeServer;
let files: Record<string, Buffer | string | number>;
beforeEach(async () => {
  files = { '/i/disk.raw': disk };
  server = await startFakeServer(({ url }) => {
    const found = files[decodeURIComponent(url.pathname)] ?? 404;
    return typeof found === 'number' ? { status: found, body: 'no' } : { status: 200, body: found };
  });
});
afterEach(() => server.stop());

const at = (path: string): string => `${server.origin}${path}`;
const upload = (checksum: string, from = at('/i/disk.raw')) =>
  stage.run(['upload', from, '--name', 'web', '--checksum', checksum, '--retries', '0', '-o', 'json']);

/** A file as Debian publishes it. */
const upload64 = (ref: string, hex: string) => ({
  kind: 'Upload',
  data: { ref },
  metadata: {
    labels: { 'cloud.debian.org/version': '1' },
    annotations: { 'cloud.debian.org/digest': `sha512:${Buffer.from(hex, 'hex').toString('base64').replace(/=+$/, '')}` },
  },
});
const forms: readonly (readonly [string, string])[] = [
  ['GNU', `${wrong}  other.raw\n${right}  disk.raw\n`],
  ['GNU, of binaries', `${right} *disk.raw\n${wrong} *disk.raw.xz\n`],
  ['GNU, with one space', `${right} disk.raw\n`],
  ['GNU, of a folder, with the line ends of Windows', `${wrong}  ./sub/x\r\n${right}  ./disk.raw\r\n`],
  ['GNU, of folders, one of which has a file of that name', `${wrong}  sub/disk.raw\n${right}  disk.raw\n`],
  ['BSD, beside a digest that is as long', `BLAKE2b (disk.raw) = ${'0'.repeat(128)}\nSHA256 (disk.raw) = ${right}\n`],
  ['of openssl', `SHA2-256(disk.raw)= ${right}\n`],
  ["JSON of Debian's, with digests in base64", JSON.stringify({ items: [upload64('x/1/disk-1.raw', strong)] })],
  [
    'a CoreOS stream',
    JSON.stringify({
      architectures: {
        x86_64: { artifacts: { qemu: { formats: { raw: { disk: { location: 'https://h/a/disk.raw', sha256: right } } } } } },
      },
    }),
  ],
  ['BSD', `SHA256 (disk.raw) = ${right}\nSHA256 (other.raw) = ${wrong}\n`],
  ['BSD, without spaces', `SHA256(disk.raw)= ${right}\n`],
  ['with the algorithm in front', `sha256: ${right} disk.raw\n`],
  [
    'of several algorithms, the strongest of which is right',
    `${hash('md5')}  disk.raw\n${wrong}  disk.raw\n${strong}  disk.raw\n`,
  ],
  [
    'clear-signed, what is signed alone',
    `${wrong}  disk.raw\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# disk.raw: 1048576 bytes\nSHA256 (disk.raw) = ${right}\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n${wrong}  disk.raw\n`,
  ],
];

describe('--checksum with the URL of a checksum file', () => {
  it.each(forms)('%s: takes the line of the file, and refuses another file', async (_form, text) => {
    files['/i/SUMS'] = text;
    const good = await upload(at('/i/SUMS'));
    expect(`${good.exitCode} ${good.stderr}`).toMatch(/^0 /);
    files['/i/disk.raw'] = smallDisk(2);
    const bad = await stage.run(['upload', at('/i/disk.raw'), '--name', 'x', '--checksum', at('/i/SUMS'), '--json']);
    expect([bad.exitCode, errorOf(bad).code]).toEqual([11, 'INTEGRITY']);
    expect(await stage.names()).toEqual(['web']);
  });

  it('takes a bare digest, and one line of another name in the file that is called after the source', async () => {
    for (const text of [`${right}\n`, `${right}  as-it-was-built.raw\n`]) {
      files['/i/disk.raw.sha256'] = text;
      const good = await upload(at('/i/disk.raw.sha256'));
      expect(good.exitCode, good.stderr).toBe(0);
      await stage.ok(['delete', 'web', '--yes']);
    }
  });

  it.each([
    ['says nothing of the file', `${right}  other.raw\n${right}  third.raw\n`, 11],
    ['contradicts itself', `${right}  disk.raw\n${wrong}  disk.raw\n`, 11],
    ['leads elsewhere', `${right}  ../disk.raw\n`, 11],
    ['tells of a folder below', `${right}  sub/disk.raw\n`, 11],
    ['has the name escaped', `\\${right}  disk.raw\n`, 11],
    ['is a web page', '<html>sign in</html>', 11],
    ['is empty', '', 11],
    ['is not there', 404, 5],
    ['fails', 503, 10],
  ])('that %s is no pass, and nothing is made', async (_what, text, code) => {
    files['/i/SUMS'] = text;
    const result = await upload(at('/i/SUMS'));
    expect([result.exitCode, result.stdout]).toEqual([code, '']);
    expect(await stage.names()).toEqual([]);
  });

  it('is taken by every command that takes a digest', async () => {
    const id = await stage.image('web');
    const file = stage.write('disk.raw', disk);
    const store = { IMGCTL_PROFILE_LAB_PROVIDER: 'local', IMGCTL_PROFILE_LAB_PATH: stage.file('lab') };
    const lines: readonly (readonly string[])[] = [
      ['upload', file, '--name', 'u'],
      ['inspect', file],
      ['inspect', at('/i/disk.raw')],
      ['convert', file, stage.file('out.qcow2'), '--disk-format', 'qcow2'],
      ['download', id, stage.file('back.raw')],
      ['copy', `local:${id}`, 'lab', '--relay'],
      ['import', 'i', '--url', at('/i/disk.raw'), '--disk-format', 'raw'],
    ];
    for (const line of lines) {
      files['/i/sum'] = `${wrong}\n`;
      const bad = await stage.run([...line, '--checksum', at('/i/sum')], { env: store });
      expect(bad.exitCode, line.join(' ')).toBe(11);
      files['/i/sum'] = `${right}\n`;
      await stage.ok([...line, '--checksum', at('/i/sum')], { env: store });
    }
  });
});

describe('--checksum auto', () => {
  it.each([
    ['disk.raw.sha256', () => `${right}\n`],
    ['disk.raw.sha512', () => `${strong}  x.raw\n`],
    ['SHA256SUMS', () => `${wrong}  other.raw\n${right} *disk.raw\n`],
    ['SHA512SUMS', () => `${strong}  disk.raw\n`],
    ['CHECKSUM', () => `SHA256 (disk.raw) = ${right}\n`],
  ])('finds %s beside the URL', async (name, text) => {
    files[`/i/${name}`] = text();
    const good = await upload('auto');
    expect(good.exitCode, good.stderr).toBe(0);
    await stage.ok(['delete', 'web', '--yes']);
    files['/i/disk.raw'] = smallDisk(3);
    expect((await upload('auto')).exitCode).toBe(11);
  });

  it('goes on where a file says nothing of the image, and is an error where none does', async () => {
    files['/i/disk.raw.sha512'] = '<html>not found</html>';
    files['/i/SHA512SUMS'] = `${strong}  other.raw\n${strong}  third.raw\n`;
    const none = await upload('auto');
    expect([none.exitCode, none.stdout, errorOf(none).code]).toEqual([11, '', 'INTEGRITY']);
    files['/i/SHA256SUMS'] = `${right}  disk.raw\n`;
    expect((await upload('auto')).exitCode).toBe(0);
  });

  it('is an error where a look failed, and where the source has no URL', async () => {
    files['/i/disk.raw.sha256'] = 503;
    files['/i/SHA256SUMS'] = `${right}  disk.raw\n`;
    expect((await upload('auto')).exitCode).toBe(10);
    expect((await upload('auto', stage.write('disk.raw', disk))).exitCode).toBe(2);
    expect(await stage.names()).toEqual([]);
  });
});
