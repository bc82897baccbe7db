import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandStage, profileVariables, smallDisk } from '../commands/stage.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { servedFile } from '../support/served-file.ts';
import { imageManager, type ImageManager } from './image-manager.ts';
import { valuesFor } from './real-cloud.ts';
import { bed, missing } from './site.ts';

const stage = commandStage();

type Wire = Readonly<Record<string, unknown>>;
interface Row {
  readonly action: string;
  readonly result?: string;
}

/*
 * The manager of OSISM in the one region, and imgctl in the other, on the same files. What differs in the end is all that is listed here.
 */
describe.skipIf(missing !== undefined)(
  missing === undefined ? "OSISM's image manager and imgctl" : `OSISM's image manager and imgctl (no real Glance: ${missing})`,
  () => {
    let manager: ImageManager | undefined;
    let server: Server;
    const files = new Map<string, Buffer>();
    const modified = new Map<string, string>();
    const asked: string[] = [];
    beforeAll(async () => {
      manager = await imageManager(bed);
      server = createServer((request, response) => {
        const at = request.url ?? '';
        const data = files.get(at);
        asked.push(`${request.method} ${at} ${request.headers.range ?? ''}`);
        if (!data) return void response.writeHead(404).end();
        const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
        const { status, headers: more, body = '' } = servedFile(data, headers, false);
        const bytes = Buffer.isBuffer(body) || typeof body === 'string' ? Buffer.from(body) : Buffer.alloc(0);
        const all = { 'last-modified': modified.get(at) ?? 'Sun, 01 Nov 2026 10:00:00 GMT', ...more };
        response.writeHead(status ?? 200, { ...all, 'content-length': bytes.length });
        response.end(request.method === 'HEAD' ? undefined : bytes);
      });
      await new Promise<void>((resolve) => server.listen(bed.port + 5, '127.0.0.1', resolve));
    }, 300_000);
    afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));

    const url = (at: string): string => `http://127.0.0.1:${bed.port + 5}${at}`;
    const digest = (at: string): string =>
      createHash('sha256')
        .update(files.get(at) ?? '')
        .digest('hex');
    const put = (at: string, seed: number, when?: string): void => {
      files.set(at, qcow2Image(smallDisk(seed)));
      if (when !== undefined) modified.set(at, when);
    };
    const version = (label: string, at: string, more: object = {}): object => ({
      version: label,
      url: url(at),
      checksum: `sha256:${digest(at)}`,
      build_date: '2026-11-01',
      ...more,
    });
    const image = (name: string, versions: readonly object[], more: object = {}): object => ({
      name,
      enable: true,
      format: 'qcow2',
      login: 'ubuntu',
      min_ram: 512,
      status: 'active',
      visibility: 'public',
      multi: true,
      meta: {
        architecture: 'x86_64',
        hw_disk_bus: 'scsi',
        hw_qemu_guest_agent: true,
        hypervisor_type: 'qemu',
        os_distro: 'ubuntu',
        os_version: '24.04',
        os_purpose: 'generic',
        replace_frequency: 'monthly',
        uuid_validity: 'last-3',
        provided_until: 'none',
      },
      tags: ['blessed'],
      versions,
      ...more,
    });
    // JSON has no dates, and its manager wants them.
    const write = (...images: readonly object[]): string =>
      stage.write('images.yml', JSON.stringify({ images }, null, 1).replace(/"build_date": "([-0-9]+)"/g, '"build_date": $1'));
    const env = (region: string) => profileVariables('site', 'openstack', valuesFor(bed, 'admin', region));
    const apply = async (file: string, region: string): Promise<readonly string[]> => {
      const args = ['apply', '--from-oim', file, '-p', 'site', '--yes', '-o', 'json', '--poll-interval', '100ms'];
      const result = await stage.run(args, { env: env(region) });
      expect(`${result.exitCode} ${result.stderr}`).toMatch(/^0 /);
      const rows = result.json() as readonly Row[];
      expect(rows.filter((row) => row.result !== 'ok')).toEqual([]);
      return rows.map(({ action }) => action);
    };
    const wires = async (region: string): Promise<ReadonlyMap<string, Wire>> => {
      const args = ['list', '-p', 'site', '--tag', 'managed_by_osism', '-o', 'json', '--raw'];
      const listed = (await stage.ok(args, { env: env(region) })).json() as readonly {
        readonly name: string;
        readonly raw: Wire;
      }[];
      return new Map(listed.map(({ name, raw }) => [name, raw]));
    };
    /*
     * Of no matter: what tells the two apart as things, imgctl's own, and what the SDK of its manager leaves of every upload, empty digests and
     * a name that is not the image's any more.
     */
    const incidental =
      /^(?:id|created_at|updated_at|self|file|schema|locations|direct_url|stores|imgctl\..*|os_glance_.*|owner|owner_specified\.openstack\..*)$/;
    const told = (wire: Wire = {}): Readonly<Record<string, unknown>> =>
      Object.fromEntries(
        Object.entries(wire)
          .filter(([name]) => !incidental.test(name))
          .map(([name, value]) => [name, Array.isArray(value) ? value.toSorted() : value]),
      );
    const differences = (theirs: ReadonlyMap<string, Wire>, ours: ReadonlyMap<string, Wire>): readonly string[] =>
      [...new Set([...theirs.keys(), ...ours.keys()])].toSorted().flatMap((name) => {
        const [a, b] = [told(theirs.get(name)), told(ours.get(name))];
        return [...new Set([...Object.keys(a), ...Object.keys(b)])]
          .filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]))
          .map((key) => `${name}: ${key} ${JSON.stringify(a[key])} ${JSON.stringify(b[key])}`);
      });

    it('make the same images of the same files, and take over what the other has made', async (context) => {
      const run = manager ?? context.skip();
      put('/noble-1.qcow2', 1);
      put('/noble-2.qcow2', 2);
      put('/cirros-1.qcow2', 3);
      put('/cirros-2.qcow2', 4);
      put('/rolling.qcow2', 5, 'Tue, 03 Nov 2026 10:00:00 GMT');
      const sums = (): void => void files.set('/SUMS', Buffer.from(`${digest('/rolling.qcow2')}  rolling.qcow2\n`));
      const fleet = (...noble: readonly object[]): string => {
        sums();
        const rolling = { version: 'latest', url: url('/rolling.qcow2'), checksums_url: url('/SUMS') };
        return write(
          image('Ubuntu 24.04', noble),
          image('Cirros', [version('0.6.2', '/cirros-1.qcow2'), version('0.6.3', '/cirros-2.qcow2', { visibility: 'private' })], {
            multi: false,
            min_disk: 2,
            separator: '-',
          }),
          image('Rolling', [rolling], { visibility: 'private' }),
        );
      };
      const [first, second] = [version('20261101', '/noble-1.qcow2'), version('20261102', '/noble-2.qcow2')];
      const both = async (file: string): Promise<readonly string[]> => {
        await run(file, 'admin', 'RegionOne');
        return apply(file, 'RegionTwo');
      };
      expect(await both(fleet(first))).toEqual(['add', 'add', 'add', 'add']);
      expect(differences(await wires('RegionOne'), await wires('RegionTwo'))).toEqual([]);

      put('/rolling.qcow2', 6, 'Wed, 04 Nov 2026 10:00:00 GMT');
      expect((await both(fleet(first, second))).toSorted()).toEqual([
        'add',
        'add',
        'property',
        'property',
        'retarget',
        'retarget',
      ]);
      const [theirs, ours] = [await wires('RegionOne'), await wires('RegionTwo')];
      expect([...ours.keys()].toSorted()).toEqual([
        'Cirros-0.6.2',
        'Cirros-0.6.3',
        'Rolling',
        'Rolling (20261103)',
        'Ubuntu 24.04',
        'Ubuntu 24.04 (20261101)',
      ]);
      expect(differences(theirs, ours)).toEqual([]);

      // Each takes the work of the other for its own: nothing is sent, and all ids stay.
      const fetched = (): readonly string[] =>
        asked.filter((line) => line.startsWith('GET') && line.includes('.qcow2') && !line.endsWith('bytes=0-0'));
      const ids = (all: ReadonlyMap<string, Wire>): readonly unknown[] => [...all].map(([name, { id }]) => [name, id]).toSorted();
      const before = fetched().length;
      const file = fleet(first, second);
      expect([...new Set(await apply(file, 'RegionOne'))]).toEqual(['reuse']);
      await run(file, 'admin', 'RegionTwo');
      expect(await apply(file, 'RegionOne')).toEqual([]);
      expect(await apply(file, 'RegionTwo')).toEqual([]);
      expect(fetched().length).toBe(before);
      expect([ids(await wires('RegionOne')), ids(await wires('RegionTwo'))]).toEqual([ids(theirs), ids(ours)]);
      expect(differences(await wires('RegionOne'), await wires('RegionTwo'))).toEqual([]);
    }, 600_000);
  },
);
