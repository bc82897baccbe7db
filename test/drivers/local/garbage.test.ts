import { randomUUID } from 'node:crypto';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { makeBench, type Bench } from './bench.ts';

const hourMs = 3_600_000;
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const named = (name: string): object => ({ annotations: { 'org.opencontainers.image.ref.name': name } });

/** Makes a file look as if it was last written so many hours ago. */
function age(file: string, hours: number): void {
  const time = new Date(Date.now() - hours * hourMs);
  utimesSync(file, time, time);
}

/** Gives space back, as every deletion does. */
async function collect(bench: Bench): Promise<void> {
  await bench.remove((await bench.create('passing')).id);
}

describe('what a process of ours left when it died', () => {
  const orphan = 'a blob that the index does not name yet, or no longer';

  it('goes with the next change: drafts without a sign of life for a minute, and blobs that it had written down', async () => {
    const bench = makeBench();
    const { id } = await bench.upload('kept');
    const [blob, needed] = [bench.put(orphan), bench.index().manifests[0]];
    const [dead, alive] = [bench.path('imgctl', 'tmp', randomUUID()), bench.path('imgctl', 'tmp', randomUUID())];
    const theirs = bench.path('imgctl', 'tmp', 'notes');
    for (const file of [dead, alive, theirs]) writeFileSync(file, 'half a disk');
    for (const file of [dead, theirs]) age(file, 61 / 3600);
    writeFileSync(bench.path('imgctl', 'unsettled'), `${blob.digest}\n${needed?.digest ?? ''}\nsha256:../../x\n`);
    await bench.patch(id, { description: 'next' });
    expect(bench.blobs()).not.toContain(blob.digest.slice(7));
    expect([dead, alive, theirs].map((file) => existsSync(file))).toEqual([false, true, true]);
    expect(existsSync(bench.path('imgctl', 'unsettled'))).toBe(false);
    expect((await bench.data(id)).length).toBe(50_000);
  });

  it('goes before a new disk is written, which may need the space', async () => {
    const bench = makeBench();
    await bench.create('first');
    const dead = bench.path('imgctl', 'tmp', randomUUID());
    writeFileSync(dead, 'half a disk');
    age(dead, 61 / 3600);
    let before: boolean | undefined;
    const content = makeContent({ format: 'raw' }, { diskLength: 50_000, seed: 1 });
    async function* looking(): AsyncGenerator<Uint8Array> {
      before = existsSync(dead);
      yield* content.open();
    }
    const request = { description: { name: 'new' }, content: { ...content, open: looking }, extras: {} };
    await bench.session.require('upload').run(request, testCall());
    expect(before).toBe(false);
  });

  it('stays while a list of blobs cannot be read', async () => {
    const bench = makeBench();
    const { id } = await bench.create('ours');
    const unreadable = bench.put('{"manifests": [', 'application/vnd.oci.image.index.v1+json');
    const blob = bench.put(orphan);
    const index = bench.index();
    bench.writeIndex({ ...index, manifests: [...index.manifests, unreadable] });
    writeFileSync(bench.path('imgctl', 'unsettled'), `${blob.digest}\n`);
    await bench.patch(id, { description: 'next' });
    expect(bench.blobs()).toContain(blob.digest.slice(7));
  });
});

describe('what nothing leads to', () => {
  it('stays, however old it is, and whoever made it: a layout may hold it, and it is for others to judge', async () => {
    const bench = makeBench();
    await bench.upload('kept');
    const stray = bench.put('forgotten');
    const files = [bench.path('blobs', 'sha256', stray.digest.slice(7)), bench.path('oci-put-blob123'), bench.path('notes.txt')];
    for (const file of files) writeFileSync(file, 'x');
    for (const file of files) age(file, 1000);
    await bench.remove((await bench.create('passing')).id);
    expect(files.map((file) => existsSync(file))).toEqual([true, true, true]);
  });
});

describe('what nothing needs', () => {
  it('does not include what foreign manifests, indexes and subjects lead to', async () => {
    const bench = makeBench();
    await bench.create('ours');
    const [layer, config, subjectLayer] = [bench.put('layer'), bench.put({ os: 'linux' }), bench.put('layer of the subject')];
    const subject = bench.put({ schemaVersion: 2, mediaType: manifestType, config, layers: [subjectLayer] }, manifestType);
    const inner = bench.put({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer], subject }, manifestType);
    const nested = bench.put({ schemaVersion: 2, manifests: [inner] }, 'application/vnd.oci.image.index.v1+json');
    const index = bench.index();
    bench.writeIndex({ ...index, manifests: [...index.manifests, nested] });
    for (const name of bench.blobs()) age(bench.path('blobs', 'sha256', name), 48);
    await collect(bench);
    for (const { digest } of [layer, config, subjectLayer, subject, inner, nested])
      expect(bench.blobs()).toContain(digest.slice(7));
  });

  it('is not guessed at while a list of blobs cannot be read', async () => {
    const bench = makeBench();
    await bench.create('ours');
    const unreadable = bench.put('{"manifests": [', 'application/vnd.oci.image.index.v1+json');
    const orphan = bench.put('perhaps a layer of the unreadable one');
    const index = bench.index();
    bench.writeIndex({ ...index, manifests: [...index.manifests, unreadable] });
    for (const name of bench.blobs()) age(bench.path('blobs', 'sha256', name), 48);
    await collect(bench);
    expect(bench.blobs()).toContain(orphan.digest.slice(7));
  });

  it('is what a superseded, unnamed entry leads to, and not what stands unnamed alone', async () => {
    const bench = makeBench();
    const { id } = await bench.upload('before');
    const [older] = bench.index().manifests;
    const before = bench.blobs();
    // As another tool does that replaces an image: the new entry is appended, the older loses its name and stays.
    const record = bench.put(
      { schema: 1, id, revision: 9, name: 'after', status: 'queued' },
      'application/vnd.imgctl.record.v1+json',
    );
    const newer = bench.put({ schemaVersion: 2, mediaType: manifestType, config: record, layers: [] }, manifestType);
    const lone = bench.put(
      { schema: 1, id: 'lone', revision: 1, name: 'lone', status: 'queued' },
      'application/vnd.imgctl.record.v1+json',
    );
    const orphan = bench.put({ schemaVersion: 2, mediaType: manifestType, config: lone, layers: [] }, manifestType);
    bench.writeIndex({ ...bench.index(), manifests: [{ ...older, annotations: {} }, { ...newer, ...named(id) }, orphan] });
    expect((await bench.list()).images.map((image) => [image.id, image.name])).toEqual([
      [id, 'after'],
      ['lone', 'lone'],
    ]);
    for (const name of bench.blobs()) age(bench.path('blobs', 'sha256', name), 48);
    await collect(bench);
    expect(bench.index().manifests.map(({ digest }) => digest)).toEqual([newer.digest, orphan.digest]);
    expect(bench.blobs().filter((name) => before.includes(name))).toEqual([]);
    expect((await bench.patch('lone', { name: 'found' })).name).toBe('found');
    expect((await bench.list()).images.length).toBe(2);
  });
});

describe('two entries of one name', () => {
  it('count as the higher revision, and the next change repairs it', async () => {
    const bench = makeBench();
    const { id } = await bench.upload('high');
    const [high] = bench.index().manifests;
    const record = bench.put(
      { schema: 1, id, revision: 1, name: 'low', status: 'queued' },
      'application/vnd.imgctl.record.v1+json',
    );
    const low = bench.put({ schemaVersion: 2, mediaType: manifestType, config: record, layers: [] }, manifestType);
    bench.writeIndex({ ...bench.index(), manifests: [{ ...low, ...named(id) }, high] });
    expect((await bench.list()).images.map((image) => image.name)).toEqual(['high']);
    expect((await bench.show(id)).name).toBe('high');
    await bench.patch(id, { description: 'repaired' });
    const names = bench.index().manifests.map(({ annotations }) => annotations?.['org.opencontainers.image.ref.name']);
    expect(names).toEqual([undefined, id]);
    await bench.remove(id);
    expect((await bench.list()).images).toEqual([]);
  });
});
