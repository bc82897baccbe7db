import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { types } from '../clouds/oci/seeds.ts';
import { sha256 } from '../clouds/oci/store.ts';
import { commandStage, profileVariables } from '../commands/stage.ts';
import { guestDisk } from '../support/disk-images.ts';
import { hasSkopeo, missing, startRegistry, type Registry } from './registry/bed.ts';
import { library, pushBlob, raw, valuesFor } from './registry/cloud.ts';

const MiB = 1024 ** 2;
const stage = commandStage();
const disk = guestDisk(8 * MiB, 31);
type Shown = { readonly id: string; readonly contentId?: string; readonly route?: string; readonly sizeBytes: number };

describe.skipIf(missing !== undefined)(
  `images of a real registry${missing === undefined ? '' : ` (SKIPPED: ${missing})`}`,
  () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await startRegistry();
    });
    afterAll(() => registry.stop());

    const env = (): Readonly<Record<string, string>> => ({
      ...profileVariables('reg', 'oci', valuesFor(registry)),
      ...profileVariables('two', 'oci', { ...valuesFor(registry), repository: 'lib/two' }),
    });
    const run = (...args: readonly string[]) => stage.run(args, { env: env() });
    const made = async (...args: readonly string[]): Promise<Shown> =>
      (await stage.ok([...args, '-o', 'json'], { env: env() })).json() as Shown;
    const back = async (image: string): Promise<Buffer> => {
      await made('download', image, stage.file('back.raw'), '--disk-format', 'raw', '--force');
      return readFileSync(stage.file('back.raw'));
    };

    it('are mounted in another repository, under the name as tag', async () => {
      const first = await made('upload', stage.write('disk.raw', disk), '--name', 'reg:mounted');
      const there = await made('copy', 'reg:mounted', 'two:My Name');
      expect(there).toMatchObject({ route: 'mount', id: 'My-Name', contentId: first.contentId });
      expect((await back('two:My-Name')).equals(disk)).toBe(true);
      expect((await run('delete', 'two:My-Name', '--yes')).exitCode).toBe(0);
      expect((await run('show', 'two:My-Name')).exitCode).toBe(5);
      expect((await back('reg:mounted')).equals(disk)).toBe(true);
    });

    it.skipIf(!hasSkopeo)('are container disks where that is asked for, which skopeo copies and inspects', async () => {
      const asked = ['--set', 'artifact=containerdisk', '--architecture', 'aarch64'];
      await made('upload', stage.write('disk.raw', disk), '--name', 'reg:vm:1', '--disk-format', 'qcow2', ...asked);
      const from = `docker://${registry.host}/${library}:vm-1`;
      const skopeo = (...args: readonly string[]): string => execFileSync('skopeo', args, { encoding: 'utf8' });
      expect(JSON.parse(skopeo('inspect', '--tls-verify=false', from))).toMatchObject({ Architecture: 'arm64', Os: 'linux' });
      skopeo('copy', '--src-tls-verify=false', '--override-arch', 'arm64', from, `oci:${stage.file('layout')}:vm-1`);
      const to = `docker://${registry.host}/lib/two:copied`;
      skopeo('copy', '--src-tls-verify=false', '--dest-tls-verify=false', '--override-arch', 'arm64', from, to);
      expect((await back('two:vm:1')).equals(disk)).toBe(true);
      for (const image of ['two:copied', 'reg:vm:1']) expect((await run('delete', image, '--yes')).exitCode).toBe(0);
    });

    it('are the same in another registry and in a folder: manifest, tag, and what is signed about them', async () => {
      const other = await startRegistry();
      try {
        const elsewhere = { ...env(), ...profileVariables('far', 'oci', { ...valuesFor(other), repository: 'lib/far' }) };
        const manifest = async (origin: string, repository: string, reference: string) =>
          raw(`${origin}/v2/${repository}/manifests/${reference}`, { method: 'GET', headers: { accept: types.manifest } });
        const { id } = await made('upload', stage.write('disk.raw', disk), '--name', 'reg:signed');
        const here = await manifest(registry.origin, library, id);
        const digest = here.headers.get('docker-content-digest') ?? '';
        await pushBlob(registry.origin, Buffer.from('{}'));
        const empty = { mediaType: types.empty, digest: sha256('{}'), size: 2 };
        const signature = JSON.stringify({ schemaVersion: 2, mediaType: types.manifest, config: empty, layers: [empty] });
        await raw(`${registry.origin}/v2/${library}/manifests/${digest.replace(':', '-')}.sig`, {
          method: 'PUT',
          headers: { 'content-type': types.manifest },
          body: Buffer.from(signature),
        });
        for (const to of ['far:', 'local:']) {
          const there = await stage.ok(['copy', 'reg:signed', to, '-o', 'json'], { env: elsewhere });
          expect(there.json()).toMatchObject({ id });
        }
        expect((await manifest(other.origin, 'lib/far', id)).headers.get('docker-content-digest')).toBe(digest);
        expect((await manifest(other.origin, 'lib/far', `${digest.replace(':', '-')}.sig`)).status).toBe(200);
      } finally {
        await other.stop();
      }
    });

    it('take little room where they are sparse and are to be compressed', async () => {
      const sparse = Buffer.concat([guestDisk(MiB, 5), Buffer.alloc(63 * MiB)]);
      const file = stage.write('sparse.raw', sparse);
      expect((await made('upload', file, '--from-format', 'raw', '--name', 'reg:s', '--compress')).sizeBytes).toBeLessThan(
        2 * MiB,
      );
      expect((await back('reg:s')).equals(sparse)).toBe(true);
    });

    it('are those of other tools too, which are never changed', async () => {
      await pushBlob(registry.origin, disk);
      await pushBlob(registry.origin, Buffer.from('{}'));
      const empty = { mediaType: types.empty, digest: sha256('{}'), size: 2 };
      const title = { 'org.opencontainers.image.title': 'debian-12.raw' };
      const layer = { mediaType: 'application/octet-stream', digest: sha256(disk), size: disk.length, annotations: title };
      const push = (tag: string, more: object) =>
        raw(`${registry.origin}/v2/${library}/manifests/${tag}`, {
          method: 'PUT',
          headers: { 'content-type': types.manifest },
          body: Buffer.from(
            JSON.stringify({ schemaVersion: 2, mediaType: types.manifest, config: empty, layers: [layer], ...more }),
          ),
        });
      await push('debian-12', { artifactType: 'application/vnd.example.disk' });
      await push('chart', { artifactType: 'application/vnd.example.other', layers: [{ ...layer, annotations: {} }] });
      const listed = await run('list', '-p', 'reg', '-o', 'id');
      expect(listed.stdout.split('\n')).toContain('debian-12');
      expect(listed.stderr).toContain('chart (artifact)');
      expect((await back('reg:debian-12')).equals(disk)).toBe(true);
      await made('copy', 'reg:debian-12', 'local:x');
      for (const args of [
        ['delete', 'reg:debian-12', '--yes'],
        ['patch', 'reg:debian-12', '--tag', 'x'],
      ])
        expect((await run(...args)).exitCode).toBe(6);
      expect((await back('reg:debian-12')).equals(disk)).toBe(true);
    });

    it('of a repository that nobody has written to are none', async () => {
      const empty = profileVariables('empty', 'oci', { ...valuesFor(registry), repository: 'lib/empty' });
      expect((await stage.ok(['list', '-p', 'empty', '-o', 'json'], { env: empty })).json()).toEqual([]);
    });
  },
);
