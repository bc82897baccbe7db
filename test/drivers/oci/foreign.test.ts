import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
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
  it('may be compressed, as its name says', async () => {
    push('debian-12', { artifactType: unknown, layers: [{ ...layerOf(gzipSync(disk), tar), ...title('debian-12.raw.gz') }] });
    expect((await run('download', 'reg:debian-12', stage.file('x.raw'), '--disk-format', 'raw')).exitCode).toBe(0);
    expect(readFileSync(stage.file('x.raw')).equals(disk)).toBe(true);
  });

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

/** A tar archive of a folder and one file in it. */
function tarOf(folder: string, file: string, data: Buffer): Buffer {
  const header = (name: string, size: number, type: string): Buffer => {
    const block = Buffer.alloc(512);
    block.write(name, 0);
    block.write('0000444\0', 100);
    block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
    block.write('00000000000\0', 136);
    block.write('        ', 148);
    block.write(type, 156);
    block.write('ustar\x0000', 257);
    const sum = block.reduce((all, byte) => all + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return block;
  };
  const padding = Buffer.alloc((512 - (data.length % 512)) % 512);
  return Buffer.concat([header(folder, 0, '5'), header(`${folder}${file}`, data.length, '0'), data, padding, Buffer.alloc(1024)]);
}
const containerConfig = 'application/vnd.oci.image.config.v1+json';
/** A blob of the repository as a layer. */
const layerOf = (data: Buffer, mediaType: string) => ({
  mediaType,
  digest: keepBlob(cloud.store.of(library), data),
  size: data.length,
});
/** An index of container images by architecture. */
function pushIndex(tag: string, images: Readonly<Record<string, object>>): void {
  const repository = cloud.store.of(library);
  const manifests = Object.entries(images).map(([architecture, image]) => {
    push(architecture, { config: containerConfig, layers: [image] });
    const digest = repository.tags.get(architecture) ?? '';
    repository.tags.delete(architecture);
    return { mediaType: types.manifest, digest, size: 1, platform: { architecture, os: 'linux' } };
  });
  push(tag, { mediaType: 'application/vnd.oci.image.index.v1+json', manifests });
}

describe('a disk for KubeVirt', () => {
  const ways: Readonly<Record<string, () => void>> = {
    'in a container, compressed': () =>
      push('vm', { config: containerConfig, layers: [layerOf(gzipSync(tarOf('disk/', 'd.raw', disk)), `${tar}+gzip`)] }),
    'in a container, as docker calls it': () =>
      push('vm', {
        config: 'application/vnd.docker.container.image.v1+json',
        layers: [layerOf(gzipSync(tarOf('./disk/', 'd.raw', disk)), 'application/vnd.docker.image.rootfs.diff.tar.gzip')],
      }),
    'in a container, not compressed': () =>
      push('vm', { config: containerConfig, layers: [layerOf(tarOf('disk/', 'd.raw', disk), tar)] }),
    'in containers for several machines': () =>
      pushIndex('vm', {
        unknown: layerOf(Buffer.from('{}'), 'application/vnd.in-toto+json'),
        arm64: layerOf(tarOf('disk/', 'd.raw', guestDisk(1024 ** 2, 9)), tar),
        amd64: layerOf(gzipSync(tarOf('disk/', 'd.raw', disk)), `${tar}+gzip`),
      }),
    'as an artifact beside its description': () =>
      push('vm', {
        artifactType: 'application/vnd.kubevirt.virtualmachine.v1',
        layers: [
          layerOf(Buffer.from('{}'), 'application/vnd.kubevirt.virtualmachine.config.v1+json'),
          layerOf(gzipSync(disk), 'application/vnd.kubevirt.disk.raw+gzip'),
        ],
      }),
  };
  for (const [what, pushIt] of Object.entries(ways))
    it(`is listed, shown, copied and taken out: ${what}`, async () => {
      pushIt();
      const listed = await run('list', '-p', 'reg', '-o', 'json');
      expect((listed.json() as { id: string }[]).map(({ id }) => id).sort()).toEqual(['ours', 'vm']);
      expect(listed.stderr).toBe('');
      const shown = await run('show', 'reg:vm', '-o', 'json');
      expect(shown.json()).toMatchObject({
        name: 'vm',
        status: 'active',
        description: expect.stringMatching(/containerDisk|virtualmachine/),
      });
      if (what.includes('several')) expect(shown.json()).toMatchObject({ architecture: 'x86_64' });
      expect((await run('download', 'reg:vm', stage.file('x.raw'), '--disk-format', 'raw')).stderr).not.toContain('imgctl:');
      expect(readFileSync(stage.file('x.raw')).equals(disk)).toBe(true);
      expect((await run('copy', 'reg:vm', 'local:x', '--disk-format', 'raw')).exitCode).toBe(0);
      expect((await run('delete', 'reg:vm', '--yes')).exitCode).toBe(6);
    });

  it.each([
    ['has no such folder', () => layerOf(gzipSync(tarOf('etc/', 'passwd', disk)), `${tar}+gzip`)],
    ['is no archive', () => layerOf(Buffer.from('disk/'.repeat(1000)), tar)],
    ['is no gzip', () => layerOf(Buffer.from([0x1f, 0x8b, 8, ...Array<number>(2000).fill(255)]), `${tar}+gzip`)],
    ['unpacks to a great deal of nothing', () => layerOf(gzipSync(Buffer.alloc(64 * 1024 ** 2)), `${tar}+gzip`)],
    ['is lost', () => ({ mediaType: tar, digest: sha256('lost'), size: 1000 })],
  ] as const)('is not what a container is whose layer %s', async (_, layer) => {
    push('vm', { config: containerConfig, layers: [layer()] });
    const listed = await run('list', '-p', 'reg', '-o', 'id');
    expect(listed.stdout).toBe('ours\n');
    expect(listed.stderr).toContain('vm (container image)');
  });
});

describe('a release of imgoci', () => {
  const releaseType = 'application/vnd.imgoci.release.v1';
  const fileType = 'application/vnd.imgoci.file.v1';
  const other = guestDisk(1024 ** 2, 9);
  /** One form of a file, as an entry of an index; its manifest is in the repository. */
  function entry(stored: Buffer, content: Buffer, more: Readonly<Record<string, string>> = {}, type = fileType) {
    const repository = cloud.store.of(library);
    const layer = layerOf(stored, 'application/octet-stream');
    const empty = { mediaType: types.empty, digest: keepBlob(repository, Buffer.from('{}')), size: 2 };
    const manifest = { schemaVersion: 2, mediaType: types.manifest, artifactType: type, config: empty, layers: [layer] };
    const data = Buffer.from(JSON.stringify(manifest));
    const said = {
      architecture: 'amd64',
      target: 'qemu',
      representation: 'raw',
      role: 'disk',
      compression: 'none',
      'content.digest': sha256(content),
      'content.size': String(content.length),
      filename: 'os.raw',
      ...more,
    };
    const annotations = Object.fromEntries(Object.entries(said).map(([name, value]) => [`io.imgoci.${name}`, value]));
    const digest = keepManifest(repository, undefined, types.manifest, data);
    return { mediaType: types.manifest, digest, size: data.length, artifactType: type, annotations };
  }
  const release = (...manifests: readonly object[]): void =>
    push('vm', {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      artifactType: releaseType,
      annotations: { 'io.imgoci.name': 'os', 'org.opencontainers.image.version': '1' },
      manifests,
    });

  it('is listed, shown, downloaded and copied: the disk for the usual machine, in the form that is read best', async () => {
    const zipped = gzipSync(disk);
    release(
      entry(other, other, { target: 'aws' }),
      entry(other, other, { architecture: 'arm64' }),
      entry(Buffer.from('vmlinuz'), Buffer.from('vmlinuz'), { role: 'kernel', representation: 'linux-netboot' }),
      entry(other, other, { target: 'openstack' }),
      entry(zipped, disk, { compression: 'gzip' }),
      entry(other, disk, {}, 'application/vnd.bigoci.file.v1'),
    );
    const listed = await run('list', '-p', 'reg', '-o', 'json');
    expect([(listed.json() as { id: string }[]).map(({ id }) => id).sort(), listed.stderr]).toEqual([['ours', 'vm'], '']);
    expect((await run('show', 'reg:vm', '-o', 'json')).json()).toMatchObject({
      architecture: 'x86_64',
      sizeBytes: zipped.length,
      description: expect.stringContaining('imgoci'),
    });
    expect((await run('download', 'reg:vm', stage.file('x.raw'), '--disk-format', 'raw')).exitCode).toBe(0);
    expect(readFileSync(stage.file('x.raw')).equals(disk)).toBe(true);
    expect((await run('copy', 'reg:vm', 'local:x', '--disk-format', 'raw')).exitCode).toBe(0);
    expect((await run('delete', 'reg:vm', '--yes')).exitCode).toBe(6);
  });

  it.each([
    ['says less than it must', () => [entry(disk, disk), { ...entry(disk, disk), annotations: {} }]],
    ['says another digest than its blob has', () => [entry(disk, other)]],
    ['says another size than its blob has', () => [entry(disk, disk, { 'content.size': '7' })]],
    ['has one form twice', () => [entry(disk, disk), entry(other, other, { target: 'aws' }), entry(disk, disk)]],
    ['has two forms of other contents', () => [entry(disk, disk), entry(gzipSync(other), other, { compression: 'gzip' })]],
    ['has it in a form that nobody knows', () => [entry(disk, disk, { representation: 'constructor' })]],
    ['has its disk only in parts', () => [entry(disk, disk, {}, 'application/vnd.bigoci.file.v1')]],
    ['has no disk', () => [entry(disk, disk, { role: 'rootfs', representation: 'linux-netboot' })]],
  ])('is told of as an index where it %s', async (_what, entries) => {
    release(...entries());
    const listed = await run('list', '-p', 'reg', '-o', 'id');
    expect([listed.stdout, listed.stderr]).toEqual(['ours\n', expect.stringContaining('vm (index)')]);
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
  expect([result.exitCode, result.stderr]).toEqual([
    6,
    expect.stringMatching(/made by another tool[^]*imgctl copy reg:theirs reg:NAME$/m),
  ]);
  const sent = cloud.requests().slice(before);
  expect(sent.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
});
