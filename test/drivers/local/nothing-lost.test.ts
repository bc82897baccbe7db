import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { makeBench, type Bench } from './bench.ts';
import { addForeign, age, foreignKinds } from './foreign-image.ts';

/** Every verb that changes a folder, each of which once had to do with removing something. */
const changing: readonly [string, (bench: Bench, own: string) => Promise<unknown>][] = [
  ['upload', (bench) => bench.upload('new', 99)],
  ['create', (bench) => bench.create('new')],
  ['patch', (bench, own) => bench.patch(own, { description: 'next' })],
  ['delete', (bench, own) => bench.remove(own)],
  ['replicate', (bench, own) => bench.session.require('replicate').run({ id: own, add: ['second'], remove: [] }, testCall())],
];

const old = (bench: Bench): void => bench.blobs().forEach((name) => age(bench.path('blobs', 'sha256', name)));

describe('an index that is missing, or says nothing of images, where blobs are', () => {
  const damages: readonly [string, (file: string) => void][] = [
    ['missing', (file) => rmSync(file)],
    ...[
      '{}',
      '{"schemaVersion":2}',
      '{"manifests":null}',
      '{"manifests":{}}',
      '{"manifests":"x"}',
      '[]',
      'null',
      '0',
      '',
      '{"mani',
    ].map((text): [string, (file: string) => void] => [text || 'empty', (file) => writeFileSync(file, text)]),
  ];

  it.each(damages)('(%s) is damage, whatever is asked, and every disk stays', async (_what, spoil) => {
    const bench = makeBench(['second']);
    const ids: string[] = [];
    for (const seed of [1, 2, 3]) ids.push((await bench.upload(`disk ${seed}`, seed)).id);
    old(bench);
    const before = bench.blobs();
    spoil(bench.path('index.json'));
    const spoilt = existsSync(bench.path('index.json')) && readFileSync(bench.path('index.json'), 'utf8');
    const asked = changing.map(([, change]) => failureOf(change(bench, ids[0] ?? ''), 'PROVIDER'));
    const errors = await Promise.all([
      ...asked,
      failureOf(bench.list(), 'PROVIDER'),
      failureOf(bench.show(ids[0] ?? ''), 'PROVIDER'),
    ]);
    for (const { message, circumstances } of errors) {
      expect(message).toContain('index.json is damaged');
      expect(circumstances.hint).toContain('blobs/');
    }
    expect(bench.blobs()).toEqual(before);
    expect(existsSync(bench.path('index.json')) && readFileSync(bench.path('index.json'), 'utf8'), 'left as it is').toBe(spoilt);
  });

  it('is not made by a run that ends at any moment: the index of a new folder comes before its first blob', async () => {
    const bench = makeBench();
    const seen: boolean[] = [];
    const blobs = bench.path('blobs', 'sha256');
    const upload = bench.upload('first');
    while (!existsSync(blobs) || bench.blobs().length === 0) await new Promise(setImmediate);
    seen.push(existsSync(bench.path('index.json')));
    await upload;
    expect(seen).toEqual([true]);
  });

  it('of a place is damage too: nothing is put there, nothing goes', async () => {
    const bench = makeBench(['second']);
    const { id } = await bench.upload('web');
    const blob = path.join(bench.root, 'second', 'blobs', 'sha256', 'a'.repeat(64));
    mkdirSync(path.dirname(blob), { recursive: true });
    writeFileSync(blob, 'of another tool');
    age(blob);
    await failureOf(bench.session.require('replicate').run({ id, add: ['second'], remove: [] }, testCall()), 'PROVIDER');
    expect(readFileSync(blob, 'utf8')).toBe('of another tool');
  });
});

describe('what another tool has put beside', () => {
  describe.each(foreignKinds)('as %s', (kind) => {
    it.each(changing)('stays, blob by blob, at %s; what is deleted of our own gives its space back', async (verb, change) => {
      const bench = makeBench(['second']);
      const own = await bench.upload('own');
      const files = addForeign(bench.folder, kind);
      const stray = bench.put('a blob that nothing leads to');
      old(bench);
      await change(bench, own.id);
      expect(files.filter((file) => !existsSync(file))).toEqual([]);
      expect(bench.blobs()).toContain(stray.digest.slice(7));
      expect(bench.blobs().includes(own.checksums?.sha256 ?? '')).toBe(verb !== 'delete');
      expect(existsSync(bench.path('imgctl', 'unsettled')), 'nothing is left to be settled').toBe(false);
    });
  });

  it('keeps a manifest of ours that it points to, when the image has changed or is gone', async () => {
    const bench = makeBench();
    const { id, checksums } = await bench.upload('signed');
    const [subject] = bench.index().manifests;
    if (!subject) throw new Error('no entry');
    const signature = bench.put({ schemaVersion: 2, config: bench.put('{}'), layers: [], subject }, subject.mediaType);
    bench.writeIndex({ ...bench.index(), manifests: [...bench.index().manifests, signature] });
    await bench.patch(id, { description: 'next' });
    expect(bench.blobs()).toContain(subject.digest.slice(7));
    await bench.remove(id);
    expect(bench.blobs()).toEqual(expect.arrayContaining([subject.digest.slice(7), checksums?.sha256]));
  });

  it('under another algorithm than ours is none of ours, and no damage', async () => {
    const bench = makeBench();
    await bench.create('ours');
    addForeign(bench.folder, 'sha512 manifest');
    const { images, notes } = await bench.list();
    expect([images.map(({ name }) => name), notes]).toEqual([['ours'], []]);
  });

  it('under the id of an image of ours stays when that is deleted', async () => {
    const bench = makeBench();
    await bench.create('ours', 'other');
    const files = addForeign(bench.folder, 'plain');
    await bench.remove('other');
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(bench.index().manifests.length).toBe(1);
  });
});

describe('a disk of two images', () => {
  it('waits where one of them cannot be read, and goes once that is gone too', async () => {
    const bench = makeBench();
    const [one, two] = [await bench.upload('one'), await bench.upload('two')];
    rmSync(bench.path('blobs', 'sha256', String(one.raw.digest).slice(7)));
    rmSync(bench.path('imgctl', 'records.tsv'), { force: true });
    await bench.remove(two.id);
    const disk = two.checksums?.sha256 ?? '';
    expect(bench.blobs()).toContain(disk);
    await bench.create('another');
    expect(bench.blobs(), 'still').toContain(disk);
    await bench.remove(one.id);
    expect(bench.blobs(), 'now nobody needs it').not.toContain(disk);
  });

  it('stays where what is kept of the other one is damaged', async () => {
    const bench = makeBench();
    const [one, two] = [await bench.upload('one'), await bench.upload('two')];
    await bench.list();
    const disk = two.checksums?.sha256 ?? '';
    const file = bench.path('imgctl', 'records.tsv');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(disk, 'f'.repeat(64)));
    await bench.remove(two.id);
    expect((await bench.data(one.id)).length).toBe(50_000);
  });
});
