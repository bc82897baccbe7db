import { createHash } from 'node:crypto';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { makeBench } from './bench.ts';

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

describe('the files of a folder', () => {
  it('are an OCI image layout with the record as config and the disk as layer', async () => {
    const bench = makeBench();
    const content = makeContent({ format: 'raw' }, { diskLength: 50_000 });
    const { id, createdAt } = await bench.upload('debian');
    expect(readFileSync(bench.path('oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}');
    const index = bench.index();
    expect(index).toMatchObject({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json' });
    const [entry, ...more] = index.manifests;
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      mediaType: manifestType,
      artifactType: 'application/vnd.imgctl.image.v1',
      annotations: { 'org.opencontainers.image.ref.name': id },
    });
    const manifest = readFileSync(bench.path('blobs', 'sha256', entry?.digest.slice(7) ?? ''));
    expect([`sha256:${sha256(manifest)}`, manifest.length]).toEqual([entry?.digest, entry?.size]);
    expect(JSON.parse(manifest.toString())).toMatchObject({
      schemaVersion: 2,
      mediaType: manifestType,
      artifactType: 'application/vnd.imgctl.image.v1',
      config: { mediaType: 'application/vnd.imgctl.record.v1+json' },
      layers: [{ mediaType: 'application/vnd.imgctl.disk.raw', digest: `sha256:${sha256(content.data)}`, size: 50_000 }],
      annotations: { 'org.opencontainers.image.title': 'debian', 'org.opencontainers.image.created': createdAt },
    });
    for (const name of bench.blobs()) expect(sha256(readFileSync(bench.path('blobs', 'sha256', name)))).toBe(name);
  });

  it('say of a queued record that it has no disk', async () => {
    const bench = makeBench();
    const { raw } = await bench.create('later');
    expect(raw.manifest).toMatchObject({
      layers: [
        {
          mediaType: 'application/vnd.oci.empty.v1+json',
          digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
          size: 2,
        },
      ],
    });
    expect(readFileSync(bench.path('blobs', 'sha256', sha256('{}')), 'utf8')).toBe('{}');
  });

  it('hold the same bytes once, which are not sent again', async () => {
    const bench = makeBench();
    const one = await bench.upload('one');
    const content = makeContent({ format: 'raw' }, { diskLength: 50_000 });
    const other = await bench.session.require('upload').run({ description: { name: 'other' }, content, extras: {} }, testCall());
    expect(content.opened()).toBe(0);
    expect(other.checksums).toEqual(one.checksums);
    expect(bench.blobs().length).toBe(1 + 2 * 2);
    await bench.remove(one.id);
    expect((await bench.data(other.id)).equals(content.data)).toBe(true);
    await bench.remove(other.id);
    expect(bench.blobs()).toEqual([]);
  });

  it('do not pile up when a record changes', async () => {
    const bench = makeBench();
    const { id } = await bench.upload('changing');
    const before = bench.blobs().length;
    for (let n = 0; n < 5; n += 1) await bench.patch(id, { description: `revision ${n}` });
    expect(bench.blobs().length).toBe(before);
    expect((await bench.show(id)).raw.record).toMatchObject({ revision: 7 });
  });

  it('keep what other programs put beside', async () => {
    const bench = makeBench();
    const { id } = await bench.upload('ours');
    const layer = bench.put('a layer of another program');
    const config = bench.put({ architecture: 'arm64' }, 'application/vnd.oci.image.config.v1+json');
    const inner = bench.put({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }, manifestType);
    const nested = bench.put({ schemaVersion: 2, manifests: [inner] }, 'application/vnd.oci.image.index.v1+json');
    const foreign = { ...nested, annotations: { 'org.opencontainers.image.ref.name': 'foreign' }, strange: { x: 1 } };
    const index = bench.index();
    bench.writeIndex({
      ...index,
      annotations: { kept: 'yes' },
      unheardOf: [1],
      manifests: [foreign, 'nonsense', ...index.manifests],
    });
    await bench.patch(id, { name: 'renamed' });
    await bench.remove((await bench.create('passing')).id);
    const after = bench.index();
    expect(after).toMatchObject({ annotations: { kept: 'yes' }, unheardOf: [1] });
    expect(after.manifests.slice(0, 2)).toEqual([foreign, 'nonsense']);
    expect((await bench.list()).images.map((image) => image.name)).toEqual(['renamed']);
    for (const { digest } of [layer, config, inner, nested]) expect(bench.blobs()).toContain(digest.slice(7));
    await failureOf(bench.show('foreign'), 'NOT_FOUND');
  });

  it('keep fields of a record that this version does not know, and refuse to change one of a later version', async () => {
    const bench = makeBench();
    const { id } = await bench.create('future');
    const enter = (record: object): void => {
      const config = bench.put(record, 'application/vnd.imgctl.record.v1+json');
      const manifest = bench.put({ schemaVersion: 2, mediaType: manifestType, config, layers: [] }, manifestType);
      bench.writeIndex({
        schemaVersion: 2,
        manifests: [{ ...manifest, annotations: { 'org.opencontainers.image.ref.name': id } }],
      });
    };
    enter({
      schema: 1,
      id,
      revision: 4,
      name: 'future',
      status: 'queued',
      novelty: { deep: [1] },
      tags: 'none',
      minRamBytes: -1,
    });
    const image = await bench.patch(id, { name: 'present' });
    expect(image.raw.record).toMatchObject({ novelty: { deep: [1] }, revision: 5, name: 'present' });
    expect(image.tags).toEqual([]);
    expect(image.minRamBytes).toBeUndefined();
    enter({ schema: 2, id, revision: 6, name: 'later', status: 'queued' });
    await failureOf(bench.patch(id, { name: 'x' }), 'CONFLICT');
    expect((await bench.show(id)).name).toBe('later');
  });
});

describe('an index that another program is writing', () => {
  it('is read again until it is whole', async () => {
    const bench = makeBench();
    const { id } = await bench.create('patient');
    const whole = JSON.stringify(bench.index());
    bench.writeIndex(whole.slice(0, whole.length / 2));
    const reading = bench.show(id);
    await sleep(60);
    bench.writeIndex('');
    await sleep(30);
    bench.writeIndex(whole);
    expect((await reading).name).toBe('patient');
  });

  it('is called damaged when it stays half, and is not written over', async () => {
    const bench = makeBench();
    await bench.create('lost');
    bench.writeIndex('{"manifests": [');
    const error = await failureOf(bench.list(), 'PROVIDER');
    expect(error.message).toContain('index.json');
    await failureOf(bench.create('more'), 'PROVIDER');
    expect(readFileSync(bench.path('index.json'), 'utf8')).toBe('{"manifests": [');
  });
});

describe('damage', () => {
  it('to a manifest is told for that image, and the others are listed', async () => {
    const bench = makeBench();
    const [lost, kept] = [await bench.upload('lost', 1), await bench.upload('kept', 2)];
    rmSync(bench.path('imgctl', 'records.tsv'), { force: true });
    rmSync(bench.path('blobs', 'sha256', String(lost.raw.digest).slice(7)));
    await failureOf(bench.show(lost.id), 'INTEGRITY');
    const { images, notes } = await bench.list();
    expect(images.map((image) => image.id)).toEqual([kept.id]);
    expect(notes).toMatchObject([{ kind: 'warning', message: expect.stringContaining(lost.id) }]);
  });

  describe('to what is kept of the documents', () => {
    /** A folder of two images whose records.tsv is `changed`, and what it kept before. */
    const kept = async (changed: (text: string) => string) => {
      const bench = makeBench();
      const [one, other] = [await bench.upload('one', 1), await bench.upload('other', 2)];
      const { images } = await bench.list();
      const file = bench.path('imgctl', 'records.tsv');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, changed(text));
      return { bench, one, other, images, file, text };
    };

    it.each<[string, (text: string) => string]>([
      ['a line that was cut off', (text) => text.slice(0, -40)],
      ['a line that was cut off before its point', (text) => text.slice(0, -2)],
      ['pages that a power cut left zero', (text) => `${text.slice(0, 200)}${'\0'.repeat(300)}${text.slice(500)}`],
      ['a file that is empty', () => ''],
    ])('%s is as if it were not there', async (_what, changed) => {
      const { bench, images, file, text } = await kept(changed);
      expect((await bench.list()).images).toEqual(images);
      const lines = (of: string): string[] => of.split('\n').filter((line) => line.endsWith('\t.') && !line.includes('\0'));
      expect(lines(readFileSync(file, 'utf8')).toSorted(), 'it is made good').toEqual(expect.arrayContaining(lines(text)));
    });

    it('other damage is an error that names the file, and no image of another content', async () => {
      const { bench } = await kept((text) => text.replaceAll('"status":"active"', '"status":active'));
      const error = await failureOf(bench.list(), 'INTEGRITY');
      expect(error.message).toContain('imgctl/records.tsv');
      rmSync(bench.path('imgctl', 'records.tsv'));
      expect((await bench.list()).images.map(({ status }) => status)).toEqual(['active', 'active']);
    });
  });

  it('to a record is noticed by its digest', async () => {
    const bench = makeBench();
    const { id, raw } = await bench.upload('genuine');
    const { digest } = (raw.manifest as { config: { digest: string } }).config;
    writeFileSync(bench.path('blobs', 'sha256', digest.slice(7)), JSON.stringify({ ...(raw.record as object), name: 'other' }));
    rmSync(bench.path('imgctl', 'records.tsv'), { force: true });
    await failureOf(bench.show(id), 'INTEGRITY');
    const { images, notes } = await bench.list();
    expect(images).toEqual([]);
    expect(notes).toMatchObject([{ kind: 'warning' }]);
  });

  it('to a disk is noticed by its length before a byte is given', async () => {
    const bench = makeBench();
    const { id, checksums } = await bench.upload('short');
    truncateSync(bench.path('blobs', 'sha256', checksums?.sha256 ?? ''), 49_999);
    await failureOf(bench.data(id), 'INTEGRITY');
  });

  it('or malice in an index leads to no file outside', async () => {
    const bench = makeBench();
    await bench.create('first');
    const outside = JSON.stringify({ artifactType: 'application/vnd.imgctl.image.v1', config: {} });
    writeFileSync(bench.path('secret'), outside);
    const evil = { mediaType: manifestType, digest: 'sha256:../../secret', size: outside.length };
    const index = bench.index();
    bench.writeIndex({
      ...index,
      manifests: [...index.manifests, { ...evil, annotations: { 'org.opencontainers.image.ref.name': 'evil' } }],
    });
    expect((await bench.list()).images.length).toBe(1);
    await failureOf(bench.show('evil'), 'INTEGRITY');
    await bench.remove('evil');
    expect(bench.index().manifests).toEqual(index.manifests);
    expect(readFileSync(bench.path('secret'), 'utf8')).toBe(outside);
  });
});

describe('ids', () => {
  it('given by the caller must be good as tags', async () => {
    const bench = makeBench();
    for (const id of ['v1.0', 'Debian-12_amd64', 'x', 'a'.repeat(128)]) expect((await bench.create('named', id)).id).toBe(id);
    const bad = ['', '.a', 'a-', 'a..b', 'a-_b', 'a/b', 'a b', 'a:b', '../x', 'ü', 'a'.repeat(129), `sha256-${'0'.repeat(64)}`];
    for (const id of bad) await failureOf(bench.create('named', id), 'USAGE');
  });

  it('that differ in case only are not both taken', async () => {
    const bench = makeBench();
    await bench.create('one', 'Debian');
    await failureOf(bench.create('other', 'debian'), 'CONFLICT');
    await failureOf(bench.show('debian'), 'NOT_FOUND');
  });
});
