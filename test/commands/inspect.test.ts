import { createHash, randomBytes } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { qcow2Image, tarImage, vdiImage, vhdxImage, vmdkStreamImage, xzStream } from '../support/disk-images.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { commandStage, errorOf, smallDisk } from './stage.ts';

const stage = commandStage();
const disk = smallDisk();
const hex = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex');

interface Report {
  readonly [field: string]: unknown;
  readonly contentId?: string;
  readonly providers: readonly { readonly name: string; readonly takes: string; readonly note?: string }[];
  readonly findings: readonly { readonly level: string; readonly code: string }[];
}
const inspected = async (bytes: Uint8Array, ...more: readonly string[]): Promise<Report> =>
  (await stage.ok(['inspect', stage.write('file.bin', bytes), ...more, '-o', 'json'])).json() as Report;

afterEach(() => void vi.unstubAllEnvs());

/** A qcow2 that reads from another file. */
function withBackingFile(): Buffer {
  const image = qcow2Image(disk);
  image.writeBigUInt64BE(1024n, 8);
  image.writeUInt32BE(11, 16);
  image.write('/etc/passwd', 1024);
  return image;
}

/** A server of one file, with ranges or without, and how many bytes of it were given out. */
async function served(body: Buffer, ranges: boolean, work: (url: string, server: FakeServer) => Promise<void>): Promise<void> {
  const server = await startFakeServer(({ headers }) => {
    const range = ranges ? /^bytes=(\d+)-(\d*)$/.exec(headers['range'] ?? '') : null;
    if (!range) return { status: 200, body };
    const from = Number(range[1]);
    const to = range[2] ? Math.min(Number(range[2]), body.length - 1) : body.length - 1;
    return {
      status: 206,
      headers: { etag: '"one"', 'content-range': `bytes ${from}-${to}/${body.length}` },
      body: body.subarray(from, to + 1),
    };
  });
  try {
    await work(`${server.origin}/disk.img?token=secret`, server);
  } finally {
    await server.stop();
  }
}

describe('inspect', () => {
  it('says of a file what it is, whatever its name, with digests and the content id', async () => {
    const image = qcow2Image(disk, { compression: 'zlib' });
    const report = await inspected(image);
    expect(report).toMatchObject({
      file: stage.file('file.bin'),
      format: 'qcow2',
      subformat: 'v3',
      fileBytes: image.length,
      virtualBytes: disk.length,
      allocatedBytes: expect.any(Number),
      safe: true,
      findings: [],
      checksums: { sha256: hex('sha256', image), sha512: hex('sha512', image), md5: hex('md5', image) },
    });
    expect(report).not.toHaveProperty('isInOrder');
    expect((await inspected(disk)).contentId, 'the same disk').toBe(report.contentId);
  });

  it.each<[string, () => Buffer]>([
    ['raw', () => disk],
    ['vmdk', () => vmdkStreamImage(disk)],
    ['vdi', () => vdiImage(disk)],
    ['vhdx', () => vhdxImage(disk)],
    ['raw inside gzip', () => gzipSync(disk)],
    ['vmdk inside gzip', () => gzipSync(vmdkStreamImage(disk))],
    ['tar', () => tarImage(disk, 'disk.raw')],
  ])('knows the same disk as %s by the same content id', async (kind, image) => {
    const report = await inspected(image(), '--content-id');
    expect(report.format).toBe(kind.split(' ')[0]);
    expect(report.compression).toBe(kind.includes('gzip') ? 'gzip' : undefined);
    expect(report.contentId).toBe((await inspected(disk, '--content-id')).contentId);
    expect(report, 'no digests were asked for').not.toHaveProperty('checksums');
  });

  it('reads headers only with --no-hash, and prints an id alone with -o id', async () => {
    const headers = await inspected(qcow2Image(disk), '--no-hash');
    expect(headers).toMatchObject({ format: 'qcow2', virtualBytes: disk.length });
    expect([headers.contentId, headers.checksums]).toEqual([undefined, undefined]);
    const file = stage.write('disk.raw', disk);
    const id = (await stage.ok(['inspect', file, '--content-id', '-o', 'id'])).stdout;
    expect(id).toMatch(/^blocks-sha256:[0-9a-f]{64}\n$/);
    expect((await stage.ok(['inspect', file, '--no-hash', '-o', 'id'])).stdout).toBe(`${file}\n`);
  });

  it.each([
    ['a disk', () => disk, 'raw'],
    ['a container', () => qcow2Image(disk), 'qcow2'],
    ['a wrapped disk', () => gzipSync(disk), 'raw'],
  ])('takes %s from standard input: it is read once, for digests too', async (_what, bytes, format) => {
    const image = bytes();
    const report = (await stage.ok(['inspect', '-', '-o', 'json'], { stdin: image })).json() as Report;
    expect(report).toMatchObject({
      file: '-',
      format,
      safe: true,
      fileBytes: image.length,
      checksums: { sha256: hex('sha256', image) },
    });
    expect(report.contentId).toBe((await inspected(disk)).contentId);
  });

  it('refuses a terminal with 2, a file that is not there with 5, and a folder with 2', async () => {
    expect((await stage.run(['inspect', '-'], { terminal: true })).exitCode).toBe(2);
    expect((await stage.run(['inspect', stage.file('none')])).exitCode).toBe(5);
    expect((await stage.run(['inspect', stage.file('.')])).exitCode).toBe(2);
  });

  it.each([true, false])('looks at a URL (with ranges: %s) without fetching all of it, unless digests are asked for', (ranges) =>
    served(qcow2Image(Buffer.concat([disk, smallDisk(2), smallDisk(3)])), ranges, async (url, server) => {
      const report = (await stage.ok(['inspect', url, '-o', 'json'])).json() as Report;
      expect(report).toMatchObject({ format: 'qcow2', virtualBytes: 3 << 20 });
      expect(report.safe, 'only what was looked at as a whole is safe').toBe(ranges ? true : undefined);
      expect([report.checksums, report.contentId]).toEqual([undefined, undefined]);
      const whole = server.requests().filter(({ headers }) => headers['range'] === undefined).length;
      if (ranges) expect(whole, 'requests for everything').toBe(0);
      const hashed = (await stage.ok(['inspect', url, '--hash', '-o', 'json'])).json() as Report;
      expect(hashed.checksums).toHaveProperty('sha256');
      expect(hashed.contentId).toMatch(/^blocks-sha256:/);
      const missing = await stage.run(['inspect', url.replace('disk.img?', '?'), '-o', 'json']);
      expect(missing.stderr).not.toContain('secret');
    }),
  );

  it.each<[string, () => Buffer, string]>([
    ['unsafe', withBackingFile, 'backing_file'],
    ['cut off', () => qcow2Image(disk).subarray(0, 200_000), 'l2_offset'],
    ['broken inside its wrapper', () => gzipSync(disk).subarray(0, 20_000), 'truncated'],
    ['empty', () => Buffer.alloc(0), 'empty'],
    ['empty inside gzip', () => gzipSync(''), 'empty'],
    ['empty inside xz', () => xzStream(Buffer.alloc(0)), 'empty'],
    ['empty inside zstd', () => Buffer.from('28b52ffd2000010000', 'hex'), 'empty'],
    ['empty inside bzip2', () => Buffer.from('425a683917724538509000000000', 'hex'), 'empty'],
    ['empty inside an archive', () => tarImage(Buffer.alloc(0)), 'empty'],
    [
      'two things at once',
      () => Buffer.concat([qcow2Image(disk), Buffer.from('conectix'), Buffer.alloc(504)]),
      'multiple_formats',
    ],
  ])('ends with 11 for what is %s, and still reports it', async (_what, bytes, code) => {
    for (const given of ['file', '-']) {
      const file = given === '-' ? '-' : stage.write('bad.img', bytes());
      const result = await stage.run(['inspect', file, '-o', 'json'], { stdin: bytes() });
      expect(result.exitCode, given).toBe(11);
      const report = result.json() as Report;
      expect(report.safe).toBe(false);
      expect(report.findings.map((finding) => finding.code)).toContain(code);
      expect(report.providers.every(({ takes }) => takes === 'no')).toBe(true);
      expect(report.contentId).toBeUndefined();
      expect(errorOf(result)).toMatchObject({ code: 'INTEGRITY', message: expect.stringContaining(`[${code}]`) });
    }
  });

  it('does not call safe what was only begun: cut off behind that, it is found out by reading all of it', async () => {
    const cut = qcow2Image(randomBytes(3 << 20)).subarray(0, 2 << 20);
    await served(cut, false, async (url) => {
      const begun = await stage.ok(['inspect', url, '-o', 'json']);
      expect(begun.json()).not.toHaveProperty('safe');
      expect(begun.stderr).toContain('only the beginning');
      expect((await stage.ok(['inspect', url])).stdout).toMatch(/^safe\tunknown$/m);
      const whole = await stage.run(['inspect', url, '--hash', '-o', 'json']);
      expect([whole.exitCode, (whole.json() as Report).safe]).toEqual([11, false]);
    });
    const wrapped = gzipSync(randomBytes(4 << 20));
    const headers = await stage.ok(['inspect', stage.write('disk.gz', wrapped), '--no-hash', '-o', 'json']);
    expect(headers.json()).not.toHaveProperty('safe');
  });

  it.each([
    ['by the program that knows them', process.env.PATH],
    ['without it', '/nowhere'],
  ])(
    'takes no digests of a large file of mostly holes (%s), says so, and names the disk in it all the same',
    async (_how, programs = '') => {
      vi.stubEnv('PATH', programs);
      const file = stage.write('thin.raw', disk);
      truncateSync(file, 260 * 2 ** 20);
      const { stderr, json } = await stage.ok(['inspect', file, '-o', 'json']);
      const report = json() as Report;
      expect([report.checksums, report.safe]).toEqual([undefined, true]);
      expect(report.contentId).toBe((await inspected(Buffer.concat([disk, Buffer.alloc(1 << 20)]))).contentId);
      expect(stderr).toContain('no digests were computed of');
      expect(stderr).toContain('--hash computes them');
    },
  );

  it('says of every provider whether it takes the file as it is, converted, or not, and why', async () => {
    const verdicts = async (bytes: Uint8Array) =>
      Object.fromEntries((await inspected(bytes, '--no-hash')).providers.map(({ name, takes, note }) => [name, [takes, note]]));
    const qcow2 = await verdicts(qcow2Image(disk));
    expect(qcow2.local).toEqual(['asIs', undefined]);
    expect(qcow2.openstack).toEqual(['asIs', undefined]);
    expect(qcow2.linode?.[0]).toBe('converted');
    expect(qcow2.linode?.[1]).toBe('to raw, gzip-compressed');
    expect(qcow2.rancher).toEqual(['no', expect.stringMatching(/\w/)]);
    expect((await verdicts(gzipSync(disk))).linode).toEqual(['asIs', undefined]);
    const sparse = qcow2Image(Buffer.alloc(1 << 20));
    sparse.writeBigUInt64BE(2n ** 62n, 24);
    expect(Object.values(await verdictsOf(sparse)).every(([takes]) => takes === 'no')).toBe(true);
  });

  it('draws a sheet, a table, CSV and YAML', async () => {
    const file = stage.write('disk.qcow2', qcow2Image(disk));
    expect((await stage.ok(['inspect', file])).stdout).toMatch(/format\s+qcow2[\s\S]*safe\s+yes[\s\S]*openstack\s+as is/);
    expect((await stage.ok(['inspect', file, '-o', 'csv', '-c', 'format,safe,virtualBytes'])).stdout).toBe(
      `format,safe,virtualBytes\r\nqcow2,yes,${disk.length}\r\n`,
    );
    expect((await stage.ok(['inspect', file, '-o', 'yaml'])).stdout).toContain('format: qcow2\n');
    const lines = (await stage.ok(['inspect', file, '-o', 'jsonl'])).stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as Report).format)).toEqual(['qcow2']);
    expect((await stage.run(['inspect', file, '-o', 'csv', '-c', 'nothing'])).exitCode).toBe(2);
  });
});

/** The providers' verdicts on something that is refused. */
async function verdictsOf(bytes: Uint8Array): Promise<Readonly<Record<string, readonly [string, string | undefined]>>> {
  const result = await stage.run(['inspect', stage.write('bad.img', bytes), '--no-hash', '-o', 'json']);
  return Object.fromEntries((result.json() as Report).providers.map(({ name, takes, note }) => [name, [takes, note]]));
}
