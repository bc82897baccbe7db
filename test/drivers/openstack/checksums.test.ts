import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../../clouds/openstack/cli.ts';

const cli = useOpenstackCli();
const hash = (algorithm: string, data: Buffer): string => createHash(algorithm).update(data).digest('hex');
/** Glance's (Python's) names of algorithms, and node's. */
const algorithms = [
  ['sha3_512', 'sha3-512'],
  ['SHA512', 'sha512'],
] as const;
const none = { checksum: null, os_hash_algo: null, os_hash_value: null };

describe('an image that is read', () => {
  /** Each way to read `demo:web`. */
  const readers: readonly (readonly string[])[] = [
    ['download', 'demo:web', 'FILE', '--force'],
    ['download', 'demo:web', '-'],
    ['download', 'demo:web', 'FILE', '--disk-format', 'qcow2', '--force'],
    ['copy', 'demo:web', 'demo:copied', '--relay', '--if-exists', 'rename'],
    ['copy', 'demo:web', 'local:copied', '--if-exists', 'rename'],
  ];
  const read = (reader: readonly string[]) => cli.run(reader.map((word) => (word === 'FILE' ? cli.file('out') : word)));

  it.each(algorithms)('is verified by %s alone, in either case', async (name, algorithm) => {
    const { wire } = cli.image('web', { ...none, os_hash_algo: name, os_hash_value: hash(algorithm, disk()).toUpperCase() });
    for (const reader of readers) expect((await read(reader)).exitCode, reader.join(' ')).toBe(0);
    Object.assign(wire, { os_hash_value: hash(algorithm, disk(2)) });
    for (const reader of readers) {
      const { exitCode, stderr } = await read(reader);
      expect(exitCode, reader.join(' ')).toBe(11);
      expect(stderr).toContain(algorithm);
    }
  });

  it('is verified by MD5 alone', async () => {
    cli.image('web', { ...none, checksum: hash('md5', disk(2)) });
    for (const reader of readers) expect((await read(reader)).exitCode, reader.join(' ')).toBe(11);
  });

  it('that has no digest, or one that cannot be compared, is said not to be verified', async () => {
    const { wire } = cli.image('web', none);
    for (const reader of readers)
      expect((await read(reader)).stderr, reader.join(' ')).toContain('not verified: openstack reports no checksum for');
    Object.assign(wire, { os_hash_algo: 'gost94', os_hash_value: 'ab' });
    for (const reader of readers)
      expect((await read(reader)).stderr, reader.join(' ')).toContain('not verified: openstack reports only gost94 for');
    const checked = await cli.run([
      'download',
      'demo:web',
      cli.file('checked'),
      '--checksum',
      `sha256:${hash('sha256', disk())}`,
    ]);
    expect(checked.stderr).not.toContain('not verified');
    Object.assign(wire, { ...none, size: null });
    cli.cloud().fail({ kind: 'answer', status: 200, body: 'cut short', on: ({ path }) => path.endsWith('/file') });
    const short = await cli.run(['download', 'demo:web', cli.file('short')]);
    expect(short.stderr).toContain('not verified');
  });
});

describe('an image that was sent', () => {
  const ways: readonly (readonly string[])[] = [
    ['upload', 'DISK', '--name', 'demo:new', '--disk-format', 'raw'],
    ['upload', '-', '--name', 'demo:new', '--disk-format', 'raw'],
    ['upload', 'DISK', '--name', 'demo:new', '--set', 'importMethod=glance-direct'],
    ['copy', 'demo:web', 'demo:new', '--relay'],
  ];
  const send = (way: readonly string[]) => {
    const file = cli.write('disk.raw', disk());
    return cli.run([...way.map((word) => (word === 'DISK' ? file : word)), '--poll-interval', '1ms'], { stdin: disk() });
  };
  const left = () => cli.wires().filter(({ name }) => name === 'new');

  it.each(ways)('%s %s %s: is held against any digest that comes back', async (...way) => {
    cli.image('web');
    const md5 = ['md5', 'md5'] as const;
    for (const [name, algorithm] of way[1] === '-' ? [md5] : [md5, ...algorithms]) {
      for (const right of [true, false]) {
        const value = hash(algorithm, disk(right ? 1 : 2));
        const said = name === 'md5' ? { ...none, checksum: value } : { ...none, os_hash_algo: name, os_hash_value: value };
        cli.cloud().one.site.filled = ({ wire }) => void Object.assign(wire, said);
        const { exitCode, stderr } = await send(way);
        expect(exitCode, `${name} ${String(right)} ${stderr}`).toBe(right ? 0 : 11);
        expect(left().length).toBe(right ? 1 : 0);
        for (const { id } of left()) cli.cloud().one.store.images.delete(String(id));
      }
    }
  });

  it('is said not to be verified, truthfully, where nothing can be compared', async () => {
    for (const [said, words] of [
      [none, 'reports no checksum for'],
      [{ ...none, os_hash_algo: 'gost94', os_hash_value: 'ab' }, 'reports only gost94 for'],
    ] as const) {
      cli.cloud().one.site.filled = ({ wire }) => void Object.assign(wire, said);
      const { exitCode, stderr } = await send(ways[0] ?? []);
      expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`not verified: openstack ${words}`)]);
      for (const { id } of left()) cli.cloud().one.store.images.delete(String(id));
    }
  });

  it('and converted by the site stays, and it is said that its checksums are those of the result', async () => {
    const qcow2 = cli.file('disk.qcow2');
    await cli.ok(['convert', cli.write('disk.raw', disk()), qcow2, '--disk-format', 'qcow2']);
    const raw = disk();
    const convert = (format: string) => {
      cli.cloud().one.site.filled = ({ wire }) =>
        void Object.assign(wire, {
          disk_format: format,
          size: raw.length,
          checksum: hash('md5', raw),
          os_hash_value: hash('sha512', raw),
        });
    };
    convert('raw');
    for (const set of [['--set', 'importMethod=glance-direct'], []]) {
      const { exitCode, stderr } = await cli.run([
        'upload',
        qcow2,
        '--name',
        'demo:new',
        '--if-exists',
        'rename',
        '--poll-interval',
        '1ms',
        ...set,
      ]);
      expect([exitCode, stderr]).toEqual([0, expect.stringContaining('from qcow2 to raw')]);
    }
    convert('qcow2');
    const before = cli.wires().length;
    const broken = await cli.run(['upload', qcow2, '--name', 'demo:broken', '--poll-interval', '1ms']);
    expect(broken.exitCode).toBe(11);
    expect(cli.wires().length).toBe(before);
    expect(existsSync(qcow2)).toBe(true);
  });
});
