import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { types } from '../../clouds/oci/seeds.ts';
import { keepBlob, keepManifest, sha256, type Repository } from '../../clouds/oci/store.ts';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { guestDisk } from '../../support/disk-images/guest.ts';

const MiB = 1024 ** 2;
/** Documents, requests and answers. */
const small = 64 * 1024;
/** Two blocks that shrink, a hole, and a short one. */
const disk = Buffer.concat([guestDisk(8 * MiB, 3), Buffer.alloc(8 * MiB), guestDisk(MiB, 5)]);
const stage = commandStage();
let clouds: readonly [OciCloud, OciCloud];
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  clouds = [await startOci({ auth: 'none' }), await startOci({ auth: 'none' })];
  const at = ([cloud]: readonly [OciCloud], repository: string, more = {}) => ({
    ...cloud.values,
    places: '',
    repository,
    ...more,
  });
  env = {
    ...profileVariables('reg', 'oci', at([clouds[0]], library)),
    ...profileVariables('beside', 'oci', at([clouds[0]], 'lib/beside')),
    ...profileVariables('other', 'oci', at([clouds[1]], 'lib/other')),
    ...profileVariables('uuids', 'oci', at([clouds[1]], 'lib/uuids', { tags: 'uuid' })),
  };
});
afterEach(() => Promise.all(clouds.map((cloud) => cloud.stop())));

type Shown = { readonly id: string; readonly route?: string };
const made = async (...args: readonly string[]): Promise<Shown & { readonly stderr: string }> => {
  const result = await stage.ok([...args, '-o', 'json'], { env });
  return { ...(result.json() as Shown), stderr: result.stderr };
};
const source = (): Repository => clouds[0].store.of(library);
const targetOf = (name: string): Repository =>
  name === 'beside' ? clouds[0].store.of('lib/beside') : clouds[1].store.of(`lib/${name}`);
const sent = (): number => clouds.flatMap((cloud) => cloud.requests()).reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
const stored = (): number => [...source().blobs.values()].reduce((sum, { length }) => sum + length, 0);
const bytesAt = async (image: string): Promise<Buffer> => {
  await made('download', image, stage.file('back.raw'), '--disk-format', 'raw', '--force');
  return stage.read('back.raw');
};

/** Puts a manifest with one blob into the source, as other tools do. */
function put(tag: string | undefined, text: string, more: object): string {
  const layer = keepBlob(source(), Buffer.from(text));
  const empty = { mediaType: types.empty, digest: keepBlob(source(), Buffer.from('{}')), size: 2 };
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: empty,
    layers: [{ mediaType: 'text/plain', digest: layer, size: text.length }],
  };
  const data = Buffer.from(JSON.stringify({ ...manifest, ...more }));
  return keepManifest(source(), tag, types.manifest, data);
}

/** A signature by tag, and a list of contents that the fallback tag of the specification names. */
function sign(digest: string): readonly string[] {
  const tag = digest.replace(':', '-');
  const signature = put(`${tag}.sig`, 'signature', {});
  const contents = put(undefined, 'contents', { subject: { mediaType: types.manifest, digest, size: 1 } });
  const index = {
    mediaType: 'application/vnd.oci.image.index.v1+json',
    schemaVersion: 2,
    manifests: [{ mediaType: types.manifest, digest: contents, size: 1 }],
  };
  return [signature, contents, keepManifest(source(), tag, index.mediaType, Buffer.from(JSON.stringify(index)))];
}

describe.each(['layers', 'single'])('an image in %s that is copied under its name', (layout) => {
  let id: string;
  let digest: string;
  beforeEach(async () => {
    id = (await made('upload', stage.write('disk.raw', disk), '--name', 'reg:web', '--tag', 't', '--set', `layout=${layout}`)).id;
    digest = source().tags.get(id) ?? '';
    for (const cloud of clouds) cloud.forget();
  });

  it.each([
    ['beside', 'mount'],
    ['other', 'relay'],
  ])('is the same image %s: its manifest, its tag, its parts as they lie, and what is signed about it', async (to, route) => {
    const about = sign(digest);
    expect(await made('copy', 'reg:web', `${to}:`)).toMatchObject({ id, route });
    const { tags, manifests } = targetOf(to);
    expect(tags.get(id)).toBe(digest);
    const tag = digest.replace(':', '-');
    expect([tags.get(`${tag}.sig`), tags.get(tag)]).toEqual([about[0], about[2]]);
    for (const one of about) expect(manifests.has(one)).toBe(true);
    expect(sent()).toBeLessThan(small + (route === 'mount' ? 0 : stored()));
    expect((await bytesAt(`${to}:web`)).equals(disk)).toBe(true);
    // Of what is about an image no list tells.
    expect((await stage.ok(['list', '-p', to], { env })).stderr).toBe('');
  });

  it('is the same image in a folder, and from there in another registry', async () => {
    expect((await made('copy', 'reg:web', 'local:')).id).toBe(id);
    expect((await bytesAt('local:web')).equals(disk)).toBe(true);
    expect(await made('copy', 'local:web', 'other:')).toMatchObject({ id, route: 'relay' });
    expect(targetOf('other').tags.get(id)).toBe(digest);
    expect((await bytesAt('other:web')).equals(disk)).toBe(true);
  });

  it('is the same image in two registries where it comes from a folder', async () => {
    const here = await made('upload', stage.write('disk.raw', disk), '--name', 'local:here', '--set', `layout=${layout}`);
    for (const to of ['beside', 'other']) expect((await made('copy', 'local:here', `${to}:`)).id).toBe('here');
    expect((await made('copy', 'local:here', 'uuids:')).id).toBe(here.id);
    expect(targetOf('other').tags.get('here')).toBe(targetOf('beside').tags.get('here'));
    expect(targetOf('uuids').tags.get(here.id)).toBe(targetOf('beside').tags.get('here'));
    expect((await bytesAt('other:here')).equals(disk)).toBe(true);
  });

  it('is in no folder where a part of it is damaged', async () => {
    const { layers } = JSON.parse(String(source().manifests.get(digest)?.data)) as { layers: { digest: string }[] };
    const last = layers.at(-1)?.digest ?? '';
    const damaged = Buffer.from(source().blobs.get(last) ?? '');
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    source().blobs.set(last, damaged);
    expect((await stage.run(['copy', 'reg:web', 'local:'], { env })).exitCode).toBe(11);
    expect(await stage.names()).toEqual([]);
  });

  it('keeps a tag that somebody has chosen, and gets one that is made of its name for a UUID', async () => {
    source().tags.delete('web');
    source().tags.set('v1.0', digest);
    expect((await made('copy', 'reg:web', 'other:')).id).toBe('v1.0');
    source().tags.delete('v1.0');
    const id = randomUUID();
    source().tags.set(id, digest);
    expect((await made('copy', 'reg:web', 'uuids:')).id).toBe(id);
    expect((await made('copy', 'uuids:web', 'beside:')).id).toBe('web');
    expect(targetOf('beside').tags.get('web')).toBe(digest);
  });

  it.each([
    ['a tag', ['--tag', 'x']],
    ['a property', ['--property', 'a=b']],
    ['a description', ['--description', 'd']],
  ])('is an image of its own where it is to have %s', async (_, more) => {
    const there = await made('copy', 'reg:web', 'other:', ...more);
    expect(targetOf('other').tags.get(there.id)).not.toBe(digest);
    expect(JSON.stringify(there)).toContain(`"${more[1]?.replace('a=', '') ?? ''}"`);
    expect((await bytesAt('other:web')).equals(disk)).toBe(true);
  });

  it('is an image of its own where its tag is another one there, which is kept', async () => {
    const other = keepManifest(targetOf('other'), id, types.manifest, Buffer.from('{}'));
    const refused = await stage.run(['copy', 'reg:web', 'other:'], { env });
    expect([refused.exitCode, refused.stderr]).toEqual([6, expect.stringContaining('the tag web of')]);
    expect((await made('copy', 'reg:web', 'other:', '--if-exists', 'rename')).id).toBe('web-2');
    expect(targetOf('other').tags.get(id)).toBe(other);
  });

  it('is not there where a part of it is damaged or lost, and what is about it is no condition', async () => {
    sign(digest);
    source().blobs.delete(sha256('signature'));
    expect((await made('copy', 'reg:web', 'other:')).stderr).toContain('were not copied');
    const { manifests } = source();
    const { layers } = JSON.parse(String(manifests.get(digest)?.data)) as { layers: { digest: string }[] };
    const last = layers.at(-1)?.digest ?? '';
    const honest = source().blobs.get(last) ?? Buffer.alloc(0);
    const damaged = Buffer.from(honest);
    damaged[honest.length - 1] = (damaged[honest.length - 1] ?? 0) ^ 1;
    clouds[1].store.repositories.clear();
    source().blobs.set(last, damaged);
    expect((await stage.run(['copy', 'reg:web', 'other:'], { env })).exitCode).not.toBe(0);
    source().blobs.delete(last);
    expect((await stage.run(['copy', 'reg:web', 'other:'], { env })).exitCode).not.toBe(0);
    expect(targetOf('other').tags.size).toBe(0);
  });
});

it('a part that breaks on its way is sent again, alone', async () => {
  const { id } = await made('upload', stage.write('disk.raw', disk), '--name', 'reg:web');
  let puts = 0;
  clouds[1].fail({ kind: 'drop', on: ({ method, path }) => method === 'PUT' && path.includes('blobs') && (puts += 1) === 2 });
  expect((await made('copy', 'reg:web', 'other:')).id).toBe(id);
  expect(sent()).toBeLessThan(3 * stored() + small);
});
