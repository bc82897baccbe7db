import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { keepBlob, keepManifest, sha256 } from '../../clouds/oci/store.ts';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { guestDisk } from '../../support/disk-images/guest.ts';

const stage = commandStage();
const disk = guestDisk(2 * 1024 ** 2 + 512, 3);
const asked = ['--set', 'artifact=containerdisk'];
let cloud: OciCloud;
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  cloud = await startOci({ auth: 'none' });
  env = profileVariables('reg', 'oci', { ...cloud.values, places: '' });
});
afterEach(() => cloud.stop());

const ok = (...args: readonly string[]) => stage.ok(args, { env });
const run = (...args: readonly string[]) => stage.run(args, { env });
interface Part {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}
const repository = () => cloud.store.of(library);
const manifestOf = (tag: string) =>
  JSON.parse(String(repository().manifests.get(repository().tags.get(tag) ?? '')?.data)) as {
    readonly config: Part;
    readonly layers: readonly Part[];
  };
const blob = (digest = ''): Buffer => Buffer.from(repository().blobs.get(digest) ?? '');
const file = (data = disk): string => stage.write('disk.raw', data);
const names = async () =>
  ((await ok('list', '-p', 'reg', '-o', 'json')).json() as { name: string }[]).map(({ name }) => name).sort();

/** Name, mode, owner and length of what is in an archive, as tar reads it. */
const entriesOf = (tar: Buffer): readonly (readonly [string, string, string, number])[] =>
  execFileSync('tar', ['-tv', '--numeric-owner'], { input: tar, encoding: 'utf8', env: { LC_ALL: 'C' } })
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
    .map(([mode = '', owner = '', bytes, , , name = '']) => [name, mode, owner, Number(bytes)]);

describe('a disk that is uploaded as a container disk', () => {
  it('is an image of one layer with the disk in /disk, of the user that QEMU has, and a config that says the machine', async () => {
    const made = await ok('upload', file(), '--name', 'reg:web:1', '--architecture', 'aarch64', ...asked, '-o', 'json');
    expect(made.json()).toMatchObject({ id: 'web-1', name: 'web:1', architecture: 'aarch64', status: 'active' });
    expect(made.stderr).not.toContain('imgctl:');
    const { config, layers } = manifestOf('web-1');
    expect(config.mediaType).toBe('application/vnd.oci.image.config.v1+json');
    expect(layers.map(({ mediaType }) => mediaType)).toEqual(['application/vnd.oci.image.layer.v1.tar']);
    const tar = blob(layers[0]?.digest);
    expect([tar.length, sha256(tar)]).toEqual([layers[0]?.size, layers[0]?.digest]);
    expect(JSON.parse(String(blob(config.digest)))).toMatchObject({
      architecture: 'arm64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [layers[0]?.digest] },
    });
    const listed = entriesOf(tar);
    expect(listed).toEqual([
      ['disk/', 'drwxr-xr-x', '107/107', 0],
      ['disk/web-1.img', '-rw-r--r--', '107/107', disk.length],
    ]);
    expect(tar.subarray(1024, 1024 + disk.length).equals(disk)).toBe(true);
    expect(tar.length % 512).toBe(0);
  });

  it('is read back, is told from those of other tools, and is deleted', async () => {
    await ok('upload', file(), '--name', 'reg:web:1', ...asked);
    const shown = (await ok('show', 'reg:web:1', '-o', 'json')).json();
    expect(shown).toMatchObject({ id: 'web-1', name: 'web:1', contentId: expect.stringMatching(/^blocks/) });
    await ok('download', 'reg:web:1', stage.file('back.raw'), '--disk-format', 'raw');
    expect(stage.read('back.raw').equals(disk)).toBe(true);
    await ok('copy', 'reg:web:1', 'local:here', '--disk-format', 'raw');
    await ok('delete', 'reg:web:1', '--yes');
    expect(await names()).toEqual([]);
  });

  it('obeys --if-exists as any image does, also where one is of the other kind', async () => {
    await ok('upload', file(), '--name', 'reg:web', ...asked);
    expect((await run('upload', file(), '--name', 'reg:web', ...asked)).exitCode).toBe(6);
    expect((await ok('upload', file(), '--name', 'reg:web', '--if-exists', 'skip', ...asked, '-o', 'id')).stdout).toBe('web\n');
    const other = file(guestDisk(1024 ** 2, 8));
    for (const more of [asked, [], asked])
      expect(
        (await ok('upload', other, '--name', 'reg:web', '--if-exists', 'replace', '--yes', ...more, '-o', 'id')).stdout,
      ).toBe('web\n');
    expect(await names()).toEqual(['web']);
    expect(repository().manifests.size).toBe(1);
  });

  it('is qcow2 where that is asked for, whose archive says its length', async () => {
    await ok('upload', file(), '--name', 'reg:small', '--disk-format', 'qcow2', ...asked);
    const tar = blob(manifestOf('small').layers[0]?.digest);
    expect(entriesOf(tar).map(([name]) => name)).toEqual(['disk/', 'disk/small.qcow2']);
    expect(tar.subarray(1024, 1028).toString('latin1')).toBe('QFI\xfb');
    await ok('download', 'reg:small', stage.file('back.raw'), '--disk-format', 'raw');
    expect(stage.read('back.raw').equals(disk)).toBe(true);
  });

  it('is refused before anything is sent where KubeVirt would not start it, or there is no place for it', async () => {
    await ok('create', 'reg:queued');
    const wrong = [
      [['--disk-format', 'vhd'], 'is qcow2 or raw, not vhd'],
      [['--compress'], 'inside gzip'],
    ] as const;
    const before = cloud.requests().length;
    for (const [more, words] of wrong) {
      const result = await run('upload', file(), '--name', 'reg:x', ...asked, ...more);
      expect([result.exitCode, result.stderr]).toEqual([7, expect.stringContaining(words)]);
    }
    const into = await run('upload', file(), '--into', 'reg:queued', ...asked);
    expect([into.exitCode, into.stderr]).toEqual([7, expect.stringContaining('a new image')]);
    const writes = cloud.requests().slice(before);
    expect(writes.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  });

  it('says which labels a container image has no place for', async () => {
    const { stderr } = await ok('upload', file(), '--name', 'reg:web', '--tag', 't', '--property', 'a=b', ...asked);
    expect(stderr).toContain('keeps no tags, properties');
  });

  it('is of another tool again where something is built upon it', async () => {
    await ok('upload', file(), '--name', 'reg:web', ...asked);
    const json = manifestOf('web');
    const data = blob(json.layers[0]?.digest);
    const own = Buffer.concat([data, Buffer.alloc(512)]);
    const layer = { ...json.layers[0], digest: keepBlob(repository(), own), size: own.length };
    const built = Buffer.from(JSON.stringify({ ...json, layers: [layer] }));
    keepManifest(repository(), 'built', 'application/vnd.oci.image.manifest.v1+json', built);
    expect((await ok('show', 'reg:built', '-o', 'json')).json()).toMatchObject({ name: 'built' });
    expect((await run('delete', 'reg:built', '--yes')).exitCode).toBe(6);
  });
});
