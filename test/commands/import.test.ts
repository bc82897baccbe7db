import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../clouds/openstack/cli.ts';
import { newImage } from '../clouds/openstack/store.ts';
import { gzipSync } from 'node:zlib';

const cli = useOpenstackCli();
const quick = ['--poll-interval', '1ms'];
const hash = (algorithm: string, data: Buffer): string => createHash(algorithm).update(data).digest('hex');
/** Has the cloud fetch these bytes, as raw unless another format is declared. */
function fetching(data: Buffer, name = 'demo:new', ...more: readonly string[]) {
  cli.cloud().one.site.elsewhere = () => data;
  const from = ['--method', 'glance-download', '--set', 'glanceRegion=RegionTwo', '--set', 'glanceImageId=x'];
  const format = more.includes('--disk-format') ? [] : ['--disk-format', 'raw'];
  return cli.run(['import', ...(name ? [name] : []), ...from, ...format, ...quick, ...more]);
}
const named = (name: string) => cli.wires().filter((wire) => wire.name === name);

async function qcow2(): Promise<Buffer> {
  await cli.ok(['convert', cli.write('d.raw', disk()), cli.file('d.qcow2'), '--disk-format', 'qcow2']);
  return cli.read('d.qcow2');
}

describe('import under a name that is taken', () => {
  it('makes nothing by default', async () => {
    cli.image('new');
    const run = await fetching(disk());
    expect(run.exitCode, run.stderr).toBe(6);
    expect(named('new').length).toBe(1);
    expect(
      cli
        .cloud()
        .requests()
        .filter(({ method, path }) => method === 'POST' && path.startsWith('/image')),
    ).toEqual([]);
  });

  it('replaces only once the new one is there and is what it should be, or takes another name', async () => {
    const old = String(cli.image('new', {}, disk(2)).wire.id);
    expect((await fetching(Buffer.alloc(0), 'demo:new', '--if-exists', 'replace', '--yes')).exitCode).toBe(11);
    expect(named('new').map(({ id }) => id)).toEqual([old]);
    expect((await fetching(disk(), 'demo:new', '--if-exists', 'replace', '--yes')).exitCode).toBe(0);
    expect(named('new').length).toBe(1);
    expect(named('new')[0]?.id).not.toBe(old);
    expect((await fetching(disk(), 'demo:new', '--if-exists', 'rename')).exitCode).toBe(0);
    expect(cli.wires().length).toBe(2);
  });

  it('skips where the checksum tells that it is the same', async () => {
    const old = cli.image('new');
    const right = `sha512:${hash('sha512', disk())}`;
    expect((await fetching(disk(), 'demo:new', '--if-exists', 'skip', '--checksum', right)).exitCode).toBe(0);
    expect(cli.wires().map(({ id }) => id)).toEqual([old.wire.id]);
    expect((await fetching(disk(), 'demo:new', '--if-exists', 'skip')).exitCode).toBe(6);
  });
});

describe('the checksum of an import', () => {
  it.each(['sha512', 'md5'])('%s is compared with what the cloud says', async (algorithm) => {
    expect((await fetching(disk(), 'demo:new', '--checksum', `${algorithm}:${hash(algorithm, disk())}`)).exitCode).toBe(0);
    const wrong = await fetching(disk(2), 'demo:other', '--checksum', `${algorithm}:${hash(algorithm, disk())}`);
    expect(wrong.exitCode, wrong.stderr).toBe(11);
    expect(named('other')).toEqual([]);
  });

  it('of an algorithm that the cloud does not report is an error', async () => {
    const run = await fetching(disk(), 'demo:new', '--checksum', `sha256:${hash('sha256', disk())}`);
    expect([run.exitCode, run.stderr]).toEqual([11, expect.stringContaining('openstack reports sha512, md5')]);
    expect(cli.wires()).toEqual([]);
    expect((await fetching(disk(), 'demo:new', '--checksum', 'sha512:00')).exitCode).toBe(2);
    expect((await fetching(disk(), 'demo:new', '--no-wait', '--checksum', `md5:${hash('md5', disk())}`)).exitCode).toBe(2);
  });

  it('of a record that was there names it, and leaves it', async () => {
    const { wire } = newImage(cli.cloud().one.store, 'd0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0', {
      name: 'queued',
      visibility: 'private',
    });
    const run = await fetching(disk(2), '', '--into', `demo:${String(wire.id)}`, '--checksum', `md5:${hash('md5', disk())}`);
    expect(run.exitCode, run.stderr).toBe(11);
    expect(run.stderr).toContain(String(wire.id));
    expect(named('queued').length).toBe(1);
  });
});

describe('a record that was there and got the wrong data', () => {
  const queued = () =>
    newImage(cli.cloud().one.store, 'd0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0', { name: 'queued', visibility: 'private' }).wire;
  const into = (id: unknown) => fetching(disk(), '', '--into', `demo:${String(id)}`, '--disk-format', 'qcow2');

  it('is deactivated, which is said', async () => {
    const { id } = queued();
    const run = await into(id);
    expect([run.exitCode, run.stderr]).toEqual([11, expect.stringContaining(`${String(id)} is deactivated`)]);
    expect(named('queued')).toMatchObject([{ id, status: 'deactivated' }]);
  });

  it('is said to be still usable where it cannot be deactivated', async () => {
    const { id } = queued();
    cli.cloud().fail({ kind: 'answer', status: 403, times: 9, on: ({ path }) => path.endsWith('/deactivate'), body: '{}' });
    const run = await into(id);
    expect([run.exitCode, run.stderr]).toEqual([11, expect.stringContaining(`${String(id)} could not be deactivated`)]);
  });
});

describe('what an import has brought', () => {
  it('is refused where its first bytes are not what was declared', async () => {
    const q = await qcow2();
    const wrong: readonly (readonly [Buffer, string, RegExp])[] = [
      [q, 'raw', /is qcow2 by its first bytes, not raw/],
      [gzipSync(disk()), 'raw', /gzip-compressed/],
      [disk(), 'qcow2', /is raw by its first bytes, not qcow2/],
      [disk(), 'vdi', /is raw by/],
      [Buffer.alloc(0), 'raw', /empty/],
    ];
    for (const [data, format, words] of wrong) {
      const run = await fetching(data, 'demo:new', '--disk-format', format);
      expect([run.exitCode, run.stderr], format).toEqual([11, expect.stringMatching(words)]);
      expect(cli.wires()).toEqual([]);
    }
    expect((await fetching(q, 'demo:right', '--disk-format', 'qcow2')).exitCode).toBe(0);
    expect((await fetching(disk(), 'demo:kernel', '--disk-format', 'aki', '--container-format', 'aki')).exitCode).toBe(0);
  });

  it('is not held against what the site has converted it from', async () => {
    const q = await qcow2();
    cli.cloud().one.site.filled = (kept) => {
      kept.data = disk();
      Object.assign(kept.wire, { disk_format: 'raw', size: disk().length, os_hash_value: hash('sha512', disk()) });
    };
    expect((await fetching(q, 'demo:new', '--disk-format', 'qcow2')).exitCode).toBe(0);
    const run = await fetching(q, 'demo:other', '--disk-format', 'qcow2', '--checksum', `sha512:${hash('sha512', q)}`);
    expect([run.exitCode, run.stderr]).toEqual([11, expect.stringContaining('converted it from qcow2 to raw')]);
  });

  it('and may not be read back is warned about', async () => {
    cli
      .cloud()
      .fail({ kind: 'answer', status: 403, times: 9, on: ({ path }) => path.endsWith('/file'), body: '{"message":"no"}' });
    const run = await fetching(disk());
    expect([run.exitCode, run.stderr]).toEqual([0, expect.stringContaining('not checked')]);
  });
});

describe('an import that the cloud refuses as wrongly asked', () => {
  const refused = (...more: readonly string[]) =>
    cli.run(['import', 'demo:new', '--url', 'https://127.0.0.1:1/x', '--disk-format', 'raw', '--retries', '0', ...more]);

  it('ends with 2 where nothing of it stays, and not with 2 where a record is left over', async () => {
    expect((await refused()).exitCode).toBe(2);
    expect(named('new')).toEqual([]);
    cli.cloud().fail({ kind: 'answer', status: 500, times: 9, on: ({ method }) => method === 'DELETE' });
    const left = await refused();
    expect([left.exitCode, left.stderr]).toEqual([10, expect.stringContaining(String(named('new')[0]?.id))]);
  });
});

describe.each(['demo', 'root'])('an image that %s imports for everybody', (who) => {
  const open = who === 'root' ? 'public' : 'community';
  /** What its record was made with and changed to, in turn. */
  const said = (): readonly unknown[] =>
    cli
      .cloud()
      .requests()
      .filter(({ method, path }) => (method === 'POST' && path.endsWith('/images')) || method === 'PATCH')
      .map(({ body }) => JSON.parse(body) as unknown)
      .map((sent) =>
        Array.isArray(sent) ? (sent as { value: unknown }[])[0]?.value : (sent as { visibility: unknown }).visibility,
      );

  it('is seen by nobody else until its data is there and was looked at', async () => {
    const run = await fetching(disk(), `${who}:new`, '--visibility', open, '-o', 'json');
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.json()).toMatchObject({ visibility: open });
    expect(said()).toEqual(['private', open]);
  });

  it('is never seen where its data is not what it should be', async () => {
    const run = await fetching(Buffer.alloc(0), `${who}:new`, '--visibility', open);
    expect(run.exitCode, run.stderr).toBe(11);
    expect(said()).toEqual(['private']);
  });

  it('is not left unwatched', async () => {
    expect((await fetching(disk(), `${who}:new`, '--visibility', open, '--no-wait')).exitCode).toBe(2);
    expect(cli.wires()).toEqual([]);
  });
});
