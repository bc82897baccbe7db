import { afterEach, describe, expect, it } from 'vitest';
import driver from '../../../src/drivers/oci/index.ts';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { documents } from '../../clouds/oci/seeds.ts';
import { keepManifest, sha256 } from '../../clouds/oci/store.ts';
import type { Switches } from '../../clouds/oci/switches.ts';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';

let cloud: OciCloud;
async function start(switches: Partial<Switches> = {}) {
  cloud = await startOci({ auth: 'none', ...switches });
  const { places: _places, ...values } = cloud.values;
  const { session } = openSession(driver, values);
  return {
    session,
    values,
    repository: cloud.store.of(library),
    list: (call = testCall()) => allOf(session.require('list').run(everything, call)),
    show: (id: string) => session.require('show').run({ id }, testCall()),
    patch: (id: string, name: string) => session.require('patch').run({ id, changes: { name }, extras: {} }, testCall()),
    remove: (id: string) => session.require('delete').run({ id }, testCall()),
  };
}
afterEach(() => cloud.stop());

const paths = (method: string): readonly string[] =>
  cloud
    .requests()
    .filter((one) => one.method === method)
    .map(({ path }) => path);

describe('images in a registry', () => {
  it('show manifest and record as they are there', async () => {
    const { show } = await start();
    const seed = { name: 'kept', tags: ['a'], properties: { p: '1' } };
    const id = cloud.plant(seed);
    const { record, manifest } = documents(seed, id);
    expect((await show(id)).raw).toEqual({
      ref: id,
      digest: sha256(manifest),
      manifest: JSON.parse(manifest),
      record: JSON.parse(record),
    });
  });

  it('are read sixteen at once, and not again when they have not changed', async () => {
    const { session, list } = await start();
    for (let n = 0; n < 40; n += 1) cloud.plant({ name: `image-${n}` });
    for await (const image of session.require('list').run(everything, testCall())) if (image) break;
    expect(cloud.requests().length).toBe(1 + 2 * 16);
    await list();
    cloud.forget();
    expect((await list()).length).toBe(40);
    expect(cloud.requests().length).toBe(1 + 40);
    expect(cloud.requests().filter(({ headers }) => headers['if-none-match'] !== undefined).length).toBe(40);
  });

  it('are listed once each where the registry gives its first page for ever', async () => {
    const { list } = await start({ endlessPages: true, pageLength: 3 });
    const ids = ['a1', 'b2', 'c3'].map((id) => cloud.plant({ name: id }, id));
    const call = testCall();
    expect((await list(call)).map(({ id }) => id)).toEqual(ids);
    expect(JSON.stringify(call.notes)).toContain('incomplete');
  });

  it('are none in a repository that nobody has written to, and in one whose tags are gone', async () => {
    const { list, remove } = await start();
    expect(await list()).toEqual([]);
    await remove(cloud.plant({ name: 'only' }));
    expect(await list()).toEqual([]);
  });

  it('are told from what other tools keep beside them', async () => {
    const { list, show, remove, patch } = await start();
    const repository = cloud.store.of(library);
    const id = cloud.plant({ name: 'ours' });
    const docker = 'application/vnd.docker.distribution.manifest.v2+json';
    keepManifest(repository, 'latest', docker, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: docker, layers: [] })));
    keepManifest(repository, `sha256-${'a'.repeat(64)}`, docker, Buffer.from('{"schemaVersion":2}'));
    expect((await list()).map((image) => image.id)).toEqual([id]);
    for (const work of [show, remove, (tag: string) => patch(tag, 'x')]) await failureOf(work('latest'), 'UNSUPPORTED');
    expect(repository.tags.has('latest')).toBe(true);
  });

  it('cannot have an id that differs from another in case only, nor one that no tag can have', async () => {
    const { session } = await start();
    cloud.plant({ name: 'first' }, 'Golden-1');
    const create = (id: string) => session.require('create').run({ id, description: { name: 'second' }, extras: {} }, testCall());
    expect((await failureOf(create('golden-1'), 'CONFLICT')).message).toContain('Golden-1');
    for (const id of ['a--b', '.a', 'a:b', 'a/b', 'x'.repeat(129), `sha256-${'a'.repeat(64)}`])
      await failureOf(create(id), 'USAGE');
    expect((await create('golden-2')).id).toBe('golden-2');
  });

  it('go by their name, and by a UUID where that makes no tag or the profile says so', async () => {
    const { values } = await start();
    const { session } = openSession(driver, values);
    const create = async (name: string, id?: string) =>
      (
        await session
          .require('create')
          .run({ ...(id === undefined ? {} : { id }), description: { name }, extras: {} }, testCall())
      ).id;
    expect(await create('Debian 12 / amd64: "new"')).toBe('Debian-12-amd64-new');
    expect(await create('debian-12_-amd64.new')).toBe('debian-12-amd64.new');
    expect(await create('DEBIAN-12-AMD64-NEW')).toBe('DEBIAN-12-AMD64-NEW-2');
    expect(await create('x'.repeat(300))).toBe('x'.repeat(120));
    expect(await create('Ünïcode:1')).toBe('Unicode-1');
    // What is left of it would be another name.
    for (const name of ['日本', 'образ-1', 'Straße', '---', `sha256-${'a'.repeat(64)}`])
      expect(await create(name), name).toMatch(driver.ids);
    expect(await create('named', 'chosen')).toBe('chosen');
    const { session: usual } = openSession(driver, { ...values, tags: 'uuid' });
    expect((await usual.require('create').run({ description: { name: 'usual' }, extras: {} }, testCall())).id).toMatch(
      driver.ids,
    );
  });

  it('that are damaged are left out of the list with a warning, named when shown, and can be deleted', async () => {
    const { list, show, remove, repository } = await start();
    const seed = { name: 'damaged' };
    const [id, other] = [cloud.plant(seed), cloud.plant({ name: 'whole' })];
    repository.blobs.delete(sha256(documents(seed, id).record));
    const call = testCall();
    expect((await list(call)).map((image) => image.id)).toEqual([other]);
    expect(JSON.stringify(call.notes)).toContain('image skipped');
    await failureOf(show(id), 'INTEGRITY');
    await remove(id);
    expect((await list()).map((image) => image.id)).toEqual([other]);
    await failureOf(show(id), 'NOT_FOUND');
  });

  it('that another tool copied to another tag go by that tag, and have it in their record after a change', async () => {
    const { show, patch, repository } = await start();
    const id = cloud.plant({ name: 'original' });
    repository.tags.set('a-copy', repository.tags.get(id) ?? '');
    expect(await show('a-copy')).toMatchObject({ id: 'a-copy', name: 'original', raw: { record: { id } } });
    expect(await patch('a-copy', 'renamed')).toMatchObject({ id: 'a-copy', raw: { record: { id: 'a-copy' } } });
    expect(await show(id)).toMatchObject({ id, name: 'original' });
  });
});

describe('a change', () => {
  it('moves record and manifest, and not the disk', async () => {
    const { patch, repository } = await start();
    const id = cloud.plant({ name: 'large', data: Buffer.alloc(300_000, 7) });
    const before = repository.manifests.get(repository.tags.get(id) ?? '');
    cloud.forget();
    await patch(id, 'renamed');
    expect(cloud.requests().reduce((sum, { bodyBytes }) => sum + bodyBytes, 0)).toBeLessThan(4_000);
    const after = repository.manifests.get(repository.tags.get(id) ?? '');
    expect(JSON.parse(String(after?.data)).layers).toEqual(JSON.parse(String(before?.data)).layers);
  });

  it('is refused when the tag moves between reading and writing', async () => {
    const { patch, show, repository } = await start();
    const id = cloud.plant({ name: 'mine' });
    const { set } = repository.uploads;
    // Somebody else writes while our record is on its way.
    repository.uploads.set = (...entry) => {
      cloud.plant({ name: 'theirs' }, id);
      return set.apply(repository.uploads, entry);
    };
    const error = await failureOf(patch(id, 'mine too'), 'CONFLICT');
    expect(error.message).toContain('by another client');
    expect((await show(id)).name).toBe('theirs');
  });

  it('that was made although the answer was lost is no failure', async () => {
    const { patch, show } = await start({ losesManifestAnswers: 1 });
    const id = cloud.plant({ name: 'before' });
    expect((await patch(id, 'after')).name).toBe('after');
    expect((await show(id)).name).toBe('after');
  });

  it('finds its way without Docker-Content-Digest', async () => {
    const { patch, show, remove } = await start({ namesDigests: false });
    const id = cloud.plant({ name: 'before' });
    expect((await patch(id, 'after')).name).toBe('after');
    await remove(id);
    await failureOf(show(id), 'NOT_FOUND');
  });

  it('of a registry that keeps something else is INTEGRITY', async () => {
    const { patch } = await start({ liesAbout: `sha256:${'e'.repeat(64)}` });
    await failureOf(patch(cloud.plant({ name: 'before' }), 'after'), 'INTEGRITY');
  });
});

describe('deleting', () => {
  it('leaves an image alone that has the same manifest under another tag', async () => {
    const { remove, show, repository } = await start();
    const id = cloud.plant({ name: 'original' });
    repository.tags.set('a-copy', repository.tags.get(id) ?? '');
    await remove(id);
    await failureOf(show(id), 'NOT_FOUND');
    expect(await show('a-copy')).toMatchObject({ name: 'original', status: 'active' });
  });

  it('says why a registry does not delete', async () => {
    const { remove, show, session } = await start({ deletes: false });
    const id = cloud.plant({ name: 'stays' });
    const error = await failureOf(remove(id), 'UNSUPPORTED');
    expect(error.circumstances.hint).toContain('storage.delete.enabled');
    expect((await show(id)).status).toBe('active');
    expect((await session.probe(testCall())).missing.delete).toContain('delete');
    cloud.switches.readOnly = true;
    expect((await failureOf(remove(id), 'CONFLICT')).circumstances.hint).toContain('readonly');
  });

  it('takes no blob away: others may need it', async () => {
    const { remove, repository } = await start();
    const id = cloud.plant({ name: 'gone' });
    const blobs = repository.blobs.size;
    await remove(id);
    expect(repository.blobs.size).toBe(blobs);
    expect(paths('DELETE').every((path) => path.includes('/manifests/sha256:'))).toBe(true);
  });
});
