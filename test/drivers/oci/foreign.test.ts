import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { types } from '../../clouds/oci/seeds.ts';
import { keepBlob, keepManifest, sha256 } from '../../clouds/oci/store.ts';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { guestDisk } from '../../support/disk-images/guest.ts';

let cloud: OciCloud;
let env: Readonly<Record<string, string>>;
const stage = commandStage();
const disk = guestDisk(2 * 1024 ** 2, 3);
beforeEach(async () => {
  cloud = await startOci({ auth: 'none' });
  env = profileVariables('reg', 'oci', { ...cloud.values, places: '' });
  cloud.plant({ name: 'ours' }, 'ours');
});
afterEach(() => cloud.stop());

const run = (...args: readonly string[]) => stage.run(args, { env });
const title = (name: string) => ({ annotations: { 'org.opencontainers.image.title': name } });

/** Puts a manifest in as another tool does. */
function push(
  tag: string,
  { layers = [], config = 'application/vnd.oci.empty.v1+json', ...more }: Readonly<Record<string, unknown>>,
): void {
  const repository = cloud.store.of(library);
  keepBlob(repository, disk);
  const descriptor = { digest: sha256(disk), size: disk.length };
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: config, digest: keepBlob(repository, Buffer.from('{}')), size: 2 },
    layers: (layers as object[]).map((layer) => ({ mediaType: 'application/octet-stream', ...descriptor, ...layer })),
    ...more,
  };
  keepManifest(repository, tag, String(manifest.mediaType), Buffer.from(JSON.stringify(manifest)));
}
const unknown = 'application/vnd.unknown.artifact.v1';
const tar = 'application/vnd.oci.image.layer.v1.tar';

const disks: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'a file pushed with a type of its own': { artifactType: 'application/vnd.example.disk', layers: [title('debian-12.raw')] },
  'a file pushed without one': { artifactType: unknown, layers: [{ mediaType: tar, ...title('debian-12.raw') }] },
  'a file pushed by an older program': {
    config: 'application/vnd.unknown.config.v1+json',
    layers: [{ mediaType: tar, ...title('d.img') }],
  },
  'a file without a name': { artifactType: 'application/vnd.example.disk.raw', layers: [{}] },
};
const others: Readonly<Record<string, readonly [string, Readonly<Record<string, unknown>>]>> = {
  'a disk in a container': [
    'container image',
    { config: 'application/vnd.oci.image.config.v1+json', layers: [{ mediaType: `${tar}+gzip` }] },
  ],
  'an index': ['index', { mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] }],
  'a chart': [
    'artifact',
    {
      config: 'application/vnd.cncf.helm.config.v1+json',
      layers: [{ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' }],
    },
  ],
  'several files': ['artifact', { artifactType: unknown, layers: [title('a.raw'), title('b.raw')] }],
  'a manifest of artifacts that was dropped from the specification': [
    'artifact',
    { mediaType: 'application/vnd.oci.artifact.manifest.v1+json', artifactType: unknown, blobs: [] },
  ],
  'an image of the first schema': [
    'artifact',
    { mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws', schemaVersion: 1, config: undefined },
  ],
  'a list of the time before indexes': [
    'index',
    { mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json', manifests: [] },
  ],
  'a text': ['artifact', { artifactType: unknown, layers: [title('README.md')] }],
};

describe('a disk that another tool keeps in a registry', () => {
  for (const [what, manifest] of Object.entries(disks))
    it(`is listed, shown, downloaded and copied: ${what}`, async () => {
      push('debian-12', manifest);
      const listed = await run('list', '-p', 'reg', '-o', 'json');
      expect((listed.json() as { id: string }[]).map(({ id }) => id).sort()).toEqual(['debian-12', 'ours']);
      expect(listed.stderr).toBe('');
      const shown = (await run('show', 'reg:debian-12', '-o', 'json')).json();
      expect(shown).toMatchObject({
        id: 'debian-12',
        name: 'debian-12',
        status: 'active',
        sizeBytes: disk.length,
        checksums: { sha256: sha256(disk).slice(7) },
      });
      expect((await run('download', 'reg:debian-12', stage.file('x.raw'))).exitCode).toBe(0);
      expect(readFileSync(stage.file('x.raw')).equals(disk)).toBe(true);
      for (const target of ['local:x', 'reg:mine']) expect((await run('copy', 'reg:debian-12', target)).exitCode, target).toBe(0);
      expect((await run('show', 'local:x', '-o', 'json')).json()).toMatchObject({ contentId: expect.stringMatching(/^blocks/) });
    });

  it('is never changed, written over or deleted', async () => {
    push('debian-12', disks['a file pushed without one'] ?? {});
    const before = cloud.store.of(library).tags.get('debian-12');
    const image = 'reg:debian-12';
    for (const args of [
      ['patch', image, '--tag', 'x'],
      ['delete', image, '--yes'],
      ['replicate', image, '--to', 'lib/two'],
      ['upload', stage.write('d.raw', disk), '--into', image],
      ['upload', stage.write('d.raw', disk), '--name', 'reg:x', '--id', 'debian-12'],
      ['create', 'reg:x', '--id', 'debian-12'],
    ]) {
      const { exitCode, stderr } = await run(...args);
      expect([exitCode, stderr], args.join(' ')).toEqual([6, expect.stringContaining('debian-12')]);
    }
    expect(cloud.store.of(library).tags.get('debian-12')).toBe(before);
    expect(cloud.store.of(library).manifests.has(before ?? '')).toBe(true);
  });
});

describe('whatever else another tool keeps there', () => {
  for (const [what, [kind, manifest]] of Object.entries(others))
    it(`is told of in one line, and is no image: ${what}`, async () => {
      push('other', manifest);
      push('more_', manifest);
      push(`sha256-${'a'.repeat(64)}.sig`, manifest);
      const listed = await run('list', '-p', 'reg', '-o', 'id');
      expect(listed.stdout).toBe('ours\n');
      expect(listed.stderr.trim().split('\n')).toEqual([expect.stringMatching(/2 tags.*more_.*other/)]);
      expect(listed.stderr).toContain(`other (${kind})`);
      for (const args of [
        ['show', 'reg:other'],
        ['download', 'reg:other', stage.file('y')],
        ['copy', 'reg:other', 'local:x'],
        ['delete', 'reg:other', '--yes'],
        ['patch', 'reg:other', '--tag', 'x'],
      ]) {
        const { exitCode, stderr } = await run(...args);
        expect([exitCode, stderr], args.join(' ')).toEqual([7, expect.stringContaining(`${kind} of another tool`)]);
      }
      expect(cloud.store.of(library).tags.has('other')).toBe(true);
      // Nothing is said of it where an image is looked up.
      expect((await run('show', 'reg:ours', '-o', 'id')).stderr).toBe('');
    });
});

it('what another tool has made is not replaced, which is known before a byte is sent', async () => {
  push('theirs', disks['a file pushed without one'] ?? {});
  const file = stage.write('new.raw', guestDisk(2 * 1024 ** 2, 4));
  const before = cloud.requests().length;
  const result = await run('upload', file, '--name', 'reg:theirs', '--if-exists', 'replace', '--yes');
  expect([result.exitCode, result.stderr]).toEqual([6, expect.stringContaining('made by another tool')]);
  const sent = cloud.requests().slice(before);
  expect(sent.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
});
