import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Compression, Format } from '../../src/core/encoding.ts';
import { misnaming } from '../../src/transfer/convert.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const disk = smallDisk();
const hash = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex');
const sha256 = hash('sha256', disk);

/** What lies in a folder of the home, hidden files too. */
const filesIn = (folder: string): readonly string[] => readdirSync(stage.file(folder)).sort();

describe('download', () => {
  it('writes a verified file with the usual mode of new files, and says what was verified', async () => {
    const id = await stage.image('web');
    const file = stage.file('web.raw');
    const saved = await stage.ok(['download', 'web', file, '-o', 'json']);
    expect(saved.json()).toEqual({
      path: file,
      bytes: disk.length,
      digests: { sha256 },
      verifiedBy: 'sha256',
      image: id,
      profile: 'local',
    });
    expect(stage.read('web.raw').equals(disk)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o666 & ~process.umask());
    expect((await stage.ok(['save', id, stage.file('again.raw'), '-o', 'id'])).stdout).toBe(`${stage.file('again.raw')}\n`);
  });

  describe('into a file whose ending says something else', () => {
    const own: readonly (readonly [Format, Compression | undefined, readonly string[]])[] = [
      ['raw', undefined, ['a.raw', 'a.img', 'a', 'a.b', '.raw', 'a.RAW', 'qcow2']],
      ['raw', 'gzip', ['a.raw.gz', 'a.img.gz', 'a.gz', 'a', 'a.img']],
      ['qcow2', undefined, ['a.qcow2', 'a.img', 'a.QCOW']],
      ['vmdk', undefined, ['a.vmdk']],
    ];
    const other: readonly (readonly [Format, Compression | undefined, readonly string[]])[] = [
      ['raw', undefined, ['a.qcow2', 'a.vhd', 'a.raw.gz', 'a.gz', 'a.zip', 'a.ova']],
      ['raw', 'gzip', ['a.raw', 'a.qcow2.gz', 'a.raw.xz']],
      ['qcow2', undefined, ['a.raw', 'a.vmdk', 'a.iso', 'a.qcow2.gz']],
    ];
    it.each(own)('%s %s is not warned of where it does not', (format, compression, names) => {
      const told = names.map((name) => misnaming(name, { format, ...(compression ? { compression } : {}) }));
      expect(told).toEqual(names.map(() => undefined));
    });
    it.each(other)('%s %s is warned of, with a way that can be typed', async (format, compression, names) => {
      for (const name of names)
        expect(misnaming(name, { format, ...(compression ? { compression } : {}) })).toMatch(
          new RegExp(`^${name} is .*contradicts.*\\. Use (--disk-format (raw|qcow2|vhd), or )?another name\\.$`),
        );
    });

    it('is told, as it is and converted, by download and convert', async () => {
      await stage.image('web');
      const disks: readonly (readonly [readonly string[], boolean])[] = [
        [['download', 'web', stage.file('a.qcow2')], true],
        [['download', 'web', stage.file('n.qcow2'), '-n'], true],
        [['download', 'web', stage.file('b.raw'), '--disk-format', 'qcow2'], true],
        [['convert', stage.file('seed.raw'), stage.file('c.raw'), '--disk-format', 'qcow2'], true],
        [['download', 'web', stage.file('a.img'), '--disk-format', 'qcow2'], false],
        [['download', 'web', stage.file('d.raw.gz'), '--disk-format', 'raw'], true],
        [['convert', stage.file('seed.raw'), stage.file('e.raw.gz')], false],
        [['convert', stage.file('seed.raw'), stage.file('e.qcow2'), '--disk-format', 'qcow2'], false],
        [['download', 'web', stage.file('')], false],
      ];
      for (const [line, isTold] of disks) {
        const { stderr } = await stage.ok(line);
        expect(stderr.includes('contradicts the ending'), `${line.join(' ')} ${stderr}`).toBe(isTold);
      }
    });
  });

  it('leaves the holes of a disk in blocks, and proves these instead of hashing the whole', async () => {
    const thin = Buffer.alloc(24 * 2 ** 20);
    disk.copy(thin, 0);
    disk.copy(thin, 16 * 2 ** 20);
    await stage.ok(['upload', stage.write('thin.raw', thin), '--name', 'thin']);
    const file = stage.file('out.raw');
    const { json, stderr } = await stage.ok(['download', 'thin', file, '-o', 'json']);
    expect(json()).toMatchObject({ bytes: thin.length, digests: {} });
    expect(stderr).not.toContain('not verified');
    expect(stage.read('out.raw').equals(thin)).toBe(true);
    expect(statSync(file).blocks * 512).toBeLessThan(4 * disk.length);
    const wanted = await stage.ok([
      'download',
      'thin',
      file,
      '--force',
      '--checksum',
      `sha256:${hash('sha256', thin)}`,
      '-o',
      'json',
    ]);
    expect(wanted.json()).toMatchObject({ digests: { sha256: hash('sha256', thin) } });
    expect((await stage.run(['download', 'thin', file, '--force', '--checksum', `sha256:${sha256}`])).exitCode).toBe(11);
  });

  it('leaves an existing file alone unless --force is given', async () => {
    await stage.image('web');
    const file = stage.write('web.raw', 'precious');
    const refused = await stage.run(['download', 'web', file, '--json']);
    expect(errorOf(refused)).toMatchObject({
      code: 'CONFLICT',
      message: `${file} already exists`,
      hint: 'Overwrite it with --force.',
      exitCode: 6,
    });
    expect(stage.read('web.raw').toString()).toBe('precious');
    await stage.ok(['download', 'web', file, '--force']);
    expect(stage.read('web.raw').equals(disk)).toBe(true);
  });

  it('puts a file named after the image into a folder, never outside of it', async () => {
    mkdirSync(stage.file('out'));
    const hostile: readonly (readonly [string, string])[] = [
      ['web', 'web.raw'],
      ['../../evil', '_.._evil.raw'],
      ['/etc/passwd', '_etc_passwd.raw'],
      ['..', 'image.raw'],
      ['.hidden', 'hidden.raw'],
      ['x'.repeat(300), `${'x'.repeat(150)}.raw`],
    ];
    for (const [name, expected] of hostile) {
      const id = await stage.image(`seed-${expected}`.slice(0, 60));
      await stage.ok(['patch', id, '--name', name]);
      const saved = (await stage.ok(['download', id, stage.file('out'), '-o', 'json'])).json() as { path: string };
      expect(saved.path, name).toBe(path.join(stage.file('out'), expected));
    }
    expect(filesIn('out')).toEqual(hostile.map(([, expected]) => expected).sort());
    const slashed = await stage.run(['download', 'web', `${stage.file('none')}/`, '--json']);
    expect([slashed.exitCode, errorOf(slashed).code], 'a folder that is not there').toEqual([14, 'LOCAL']);
  });

  it('writes bytes and nothing else to standard output', async () => {
    await stage.image('web');
    const piped = await stage.ok(['download', 'web', '-', '--json']);
    expect([piped.bytes.equals(disk), piped.stdout, piped.stderr]).toEqual([true, '', '']);
    const converted = await stage.run(['download', 'web', '-', '--disk-format', 'qcow2', '--json']);
    expect(errorOf(converted)).toMatchObject({ code: 'USAGE', message: 'a converted disk cannot go to standard output' });
    expect(converted.bytes.length).toBe(0);
  });

  it('fails when the reader of standard output has gone, and writes no disk to a terminal', async () => {
    await stage.image('web');
    const gone = await stage.run(['download', 'web', '-', '--json'], { stdoutBytesClosed: true });
    expect([gone.exitCode, errorOf(gone).code]).toEqual([14, 'LOCAL']);
    const shown = await stage.run(['download', 'web', '-'], { stdoutIsTerminal: true });
    expect([shown.exitCode, shown.bytes.length]).toEqual([2, 0]);
    expect(shown.stderr).toContain('Redirect it');
    const forced = await stage.ok(['download', 'web', '-', '--force'], { stdoutIsTerminal: true });
    expect(forced.bytes.equals(disk)).toBe(true);
  });

  it('converts on the way', async () => {
    await stage.ok(['upload', stage.write('d.qcow2', qcow2Image(disk)), '--name', 'web']);
    const saved = await stage.ok(['download', 'web', stage.file('web.raw'), '--disk-format', 'raw', '-o', 'json']);
    expect(stage.read('web.raw').equals(disk)).toBe(true);
    expect(saved.json()).toMatchObject({ path: stage.file('web.raw'), bytes: disk.length });
    mkdirSync(stage.file('out'));
    await stage.ok(['download', 'web', stage.file('out'), '--disk-format', 'raw']);
    await stage.ok(['download', 'web', stage.file('out')]);
    expect(filesIn('out')).toEqual(['web.qcow2', 'web.raw']);
    const refused = await stage.run(['download', 'web', stage.file('web.raw'), '--disk-format', 'raw', '--json']);
    expect(errorOf(refused)).toMatchObject({ code: 'CONFLICT', exitCode: 6 });
  });

  it('keeps what is compressed as it is, and says so in its name, or unwraps it', async () => {
    await stage.ok(['upload', stage.write('d.gz', gzipSync(disk)), '--name', 'web']);
    mkdirSync(stage.file('out'));
    await stage.ok(['download', 'web', stage.file('out')]);
    await stage.ok(['download', 'web', stage.file('out'), '--disk-format', 'raw']);
    expect(filesIn('out')).toEqual(['web.raw', 'web.raw.gz']);
    expect(stage.read('out/web.raw').equals(disk)).toBe(true);
    expect(gunzipSync(stage.read('out/web.raw.gz')).equals(disk)).toBe(true);
  });

  it('wants the checksum that is named, whatever else was verified', async () => {
    await stage.image('web');
    mkdirSync(stage.file('out'));
    const target = stage.file('out/web.raw');
    for (const algorithm of ['md5', 'sha512']) {
      const zeros = '0'.repeat(hash(algorithm, disk).length);
      for (const to of [target, '-']) {
        const wrong = await stage.run(['download', 'web', to, '--checksum', `${algorithm}:${zeros}`, '--json']);
        expect([wrong.exitCode, errorOf(wrong).code], `${algorithm} to ${to}`).toEqual([11, 'INTEGRITY']);
        expect(wrong.bytes.length, 'never the whole of a wrong file').toBeLessThan(disk.length);
      }
      expect(filesIn('out')).toEqual([]);
    }
    const right = await stage.ok(['download', 'web', target, '--checksum', `md5:${hash('md5', disk)}`, '-o', 'json']);
    expect(right.json()).toMatchObject({ verifiedBy: 'md5' });
  });

  it('refuses data that is not what it was, with 11, and leaves nothing', async () => {
    await stage.image('web');
    const blob = path.join(stage.file('.local/share/imgctl/images/blobs/sha256'), sha256);
    const bytes = Buffer.from(disk);
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    writeFileSync(blob, bytes, { mode: 0o600 });
    mkdirSync(stage.file('out'));
    const damaged = await stage.run(['download', 'web', stage.file('out'), '--json']);
    expect([damaged.exitCode, errorOf(damaged).code]).toEqual([11, 'INTEGRITY']);
    expect(filesIn('out')).toEqual([]);
    truncateSync(blob, 1000);
    expect((await stage.run(['download', 'web', stage.file('out')])).exitCode).toBe(11);
    expect(filesIn('out')).toEqual([]);
  });

  it('goes on from what a broken run has left with --resume, and only for the same image', async () => {
    const cloud = await startOpenstack();
    try {
      const env = profileVariables('pcd', 'openstack', cloud.values);
      const [id = ''] = await cloud.seed([{ name: 'web', data: disk }]);
      mkdirSync(stage.file('out'));
      const isData = ({ method, path: asked }: { method: string; path: string }) => method === 'GET' && asked.endsWith('/file');
      cloud.fail({ kind: 'truncate', on: isData });
      const target = stage.file('out/web.raw');
      const broken = await stage.run(['download', 'pcd:web', target, '--resume', '--retries', '0', '--json'], { env });
      expect([broken.exitCode, errorOf(broken).code]).toEqual([9, 'NETWORK']);
      expect(filesIn('out')).toEqual([`.web.raw.${id}.imgctl-part`]);
      const left = statSync(stage.file(`out/.web.raw.${id}.imgctl-part`)).size;
      expect(left).toBeGreaterThan(0);
      cloud.forget();
      const resumed = await stage.ok(['download', 'pcd:web', target, '--resume'], { env });
      expect(resumed.stderr).toContain('resuming at 512');
      expect(cloud.requests().find(isData)?.headers['range']).toBe(`bytes=${left}-`);
      expect(filesIn('out')).toEqual(['web.raw']);
      expect(stage.read('out/web.raw').equals(disk)).toBe(true);
      cloud.fail({ kind: 'truncate', on: isData });
      await stage.run(['download', 'pcd:web', target, '--force', '--retries', '0'], { env });
      expect(filesIn('out'), 'without --resume nothing is left').toEqual(['web.raw']);
    } finally {
      await cloud.stop();
    }
  });

  it('refuses a queued image with 6', async () => {
    const id = await stage.queued('web');
    const refused = await stage.run(['download', 'web', stage.file('f'), '--json']);
    expect(errorOf(refused)).toMatchObject({
      code: 'CONFLICT',
      message: `image ${id} is queued (no data uploaded yet)`,
      hint: `Upload its data with: imgctl upload FILE --into local:${id}`,
      exitCode: 6,
    });
    expect(existsSync(stage.file('f'))).toBe(false);
  });

  it('writes nothing in a dry run, and says what it would', async () => {
    const id = await stage.image('web');
    const planned = await stage.ok(['download', 'web', stage.file('web.raw'), '-n', '-o', 'json']);
    expect(planned.json()).toMatchObject({ dryRun: true, verb: 'download', profile: 'local', image: id });
    expect(planned.json()).toHaveProperty('steps', ['receive', 'verify', `write ${stage.file('web.raw')}`]);
    const converted = await stage.ok(['download', 'web', stage.file('w.qcow2'), '--disk-format', 'qcow2', '-n', '-o', 'json']);
    expect((converted.json() as { steps: string[] }).steps.at(-1)).toBe(`write ${stage.file('w.qcow2')}`);
    expect(existsSync(stage.file('w.qcow2'))).toBe(false);
    expect((await stage.ok(['download', 'web', '-', '-n'])).bytes.length).toBe(0);
    expect(existsSync(stage.file('web.raw'))).toBe(false);
  });
});

describe('convert', () => {
  it('takes a disk from raw to qcow2 and back, byte for byte', async () => {
    const raw = stage.write('a.raw', disk);
    const there = await stage.ok(['convert', raw, stage.file('b.qcow2'), '--disk-format', 'qcow2', '-o', 'json']);
    expect(stage.read('b.qcow2').subarray(0, 4).toString('latin1')).toBe('QFI\u00fb');
    expect(there.json()).toMatchObject({ path: stage.file('b.qcow2'), contentId: expect.stringMatching(/^blocks-sha256:/) });
    await stage.ok(['convert', stage.file('b.qcow2'), stage.file('c.raw'), '--disk-format', 'raw']);
    expect(stage.read('c.raw').equals(disk)).toBe(true);
    await stage.ok(['convert', stage.file('b.qcow2'), stage.file('d.raw.gz'), '--disk-format', 'raw']);
    expect(gunzipSync(stage.read('d.raw.gz')).equals(disk)).toBe(true);
    await stage.ok(['convert', stage.file('d.raw.gz'), stage.file('e.vhd'), '--disk-format', 'vhd']);
    expect(stage.read('e.vhd').subarray(0, disk.length).equals(disk)).toBe(true);
    await stage.ok(['convert', '-', stage.file('f.raw'), '--disk-format', 'raw'], { stdin: stage.read('b.qcow2') });
    expect(stage.read('f.raw').equals(disk)).toBe(true);
    expect(filesIn('.').filter((name) => !/^[a-f]\.(raw|qcow2|vhd)$|^d\.raw\.gz$/.test(name))).toEqual([]);
  });

  it('replaces no file without --force, and writes none in a dry run or for a wrong checksum', async () => {
    const raw = stage.write('a.raw', disk);
    const there = stage.write('b.qcow2', 'precious');
    const refused = await stage.run(['convert', raw, there, '--disk-format', 'qcow2', '--json']);
    expect(errorOf(refused)).toMatchObject({ code: 'CONFLICT', hint: 'Overwrite it with --force.', exitCode: 6 });
    expect(stage.read('b.qcow2').toString()).toBe('precious');
    const planned = await stage.ok(['convert', raw, stage.file('c.qcow2'), '--disk-format', 'qcow2', '-n', '-o', 'json']);
    expect(planned.json()).toEqual({
      dryRun: true,
      verb: 'convert',
      source: { name: raw, format: 'raw', bytes: expect.any(Number) },
      target: { format: 'qcow2' },
      steps: ['read', 'check', 'decode raw', 'encode qcow2', `write ${stage.file('c.qcow2')}`],
    });
    const wrong = ['convert', raw, stage.file('c.qcow2'), '--disk-format', 'qcow2', '--checksum', `md5:${'0'.repeat(32)}`];
    expect((await stage.run(wrong)).exitCode).toBe(11);
    expect(filesIn('.')).toEqual(['a.raw', 'b.qcow2']);
  });

  it.each([
    [['a.raw', '-'], 2, 'convert writes to a file: specify TO'],
    [['none', 'x'], 5, expect.stringContaining('no such file:')],
    [['a.raw', 'b.vdi', '--disk-format', 'vdi'], 7, expect.stringContaining('cannot write vdi')],
    [['a.raw', 'b.qcow2.gz'], 7, 'imgctl cannot write qcow2, gzip-compressed'],
    [['a.raw', 'b', '--from-format', 'vmdk'], 2, expect.stringContaining('is raw by its content, not vmdk')],
  ])('refuses %j', async (args, exitCode, message) => {
    stage.write('a.raw', disk);
    const paths = args.map((arg) => (/^(a\.raw|b\.vdi|b\.qcow2\.gz|b|x|none)$/.test(arg) ? stage.file(arg) : arg));
    const refused = await stage.run(['convert', ...paths, '--json']);
    expect(errorOf(refused)).toMatchObject({ message, exitCode });
    expect(filesIn('.')).toEqual(['a.raw']);
  });
});

describe('inspect', () => {
  it('tells format, sizes, digests, the content id and who takes it', async () => {
    const image = qcow2Image(disk);
    const file = stage.write('disk.img', image);
    const report = (await stage.ok(['inspect', file, '-o', 'json'])).json();
    expect(report).toMatchObject({
      file,
      format: 'qcow2',
      fileBytes: image.length,
      virtualBytes: disk.length,
      safe: true,
      findings: [],
      checksums: { sha256: hash('sha256', image), sha512: hash('sha512', image), md5: hash('md5', image) },
      contentId: expect.stringMatching(/^blocks-sha256:[0-9a-f]{64}$/),
    });
    const { providers } = report as { providers: { name: string; takes: string; note?: string }[] };
    expect(providers.filter(({ name }) => ['linode', 'local', 'openstack', 'rancher'].includes(name))).toMatchObject([
      { name: 'linode', takes: 'converted', note: expect.stringContaining('gzip') },
      { name: 'local', takes: 'asIs' },
      { name: 'openstack', takes: 'asIs' },
      { name: 'rancher', takes: 'no', note: expect.stringContaining('container images, not disks') },
    ]);
    const raw = (await stage.ok(['inspect', stage.write('r', disk), '-o', 'json'])).json();
    expect(raw).toMatchObject({ format: 'raw', contentId: (report as { contentId: string }).contentId });
    const headers = (await stage.ok(['inspect', file, '--no-hash', '-o', 'json'])).json();
    expect(headers).not.toHaveProperty('checksums');
    expect((await stage.ok(['inspect', '-', '-o', 'json'], { stdin: image })).json()).toMatchObject({
      format: 'qcow2',
      safe: true,
    });
    expect((await stage.ok(['inspect', file])).stdout).toMatch(/format\tqcow2/);
  });

  it('shows its report of an unsafe image too, and ends with 11', async () => {
    const image = qcow2Image(disk);
    image.writeBigUInt64BE(1024n, 8);
    image.writeUInt32BE(11, 16);
    image.write('/etc/passwd', 1024);
    const file = stage.write('evil.qcow2', image);
    const result = await stage.run(['inspect', file, '-o', 'json']);
    expect(result.exitCode).toBe(11);
    expect(result.json()).toMatchObject({ safe: false, findings: [{ level: 'reject', code: 'backing_file' }] });
    expect(errorOf(result)).toMatchObject({
      code: 'INTEGRITY',
      message: expect.stringContaining('[backing_file]'),
      exitCode: 11,
    });
    expect((await stage.run(['inspect', '-'], { stdin: image })).exitCode).toBe(11);
  });

  it('says of a broken one that it is', async () => {
    const result = await stage.run(['inspect', stage.write('cut.qcow2', qcow2Image(disk).subarray(0, 60)), '--json']);
    expect([result.exitCode, errorOf(result).code]).toEqual([11, 'INTEGRITY']);
  });
});
