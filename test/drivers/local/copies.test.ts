import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImgctlError } from '../../../src/core/errors.ts';
import type { ImageRecord } from '../../../src/core/image.ts';
import local from '../../../src/drivers/local/index.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';
import { makeBench, type Bench } from './bench.ts';

const replicate = (bench: Bench, id: string, add: readonly string[]): Promise<ImageRecord> =>
  bench.session.require('replicate').run({ id, add, remove: [] }, testCall());

/** A session on the folder of a place, as if it were a profile of its own. */
const openPlace = (bench: Bench, name: string) => openSession(local, { path: path.join(bench.root, name) }).session;

describe('copies in other folders', () => {
  it('are images of their own there, with the same bytes', async () => {
    const bench = makeBench(['second', 'third']);
    const { id } = await bench.upload('spread');
    const image = await replicate(bench, id, ['third', 'second']);
    expect(image.places).toEqual(['home', 'second', 'third'].map((name) => ({ name, status: 'active' })));
    for (const name of ['second', 'third']) {
      const there = openPlace(bench, name);
      expect(await there.require('show').run({ id }, testCall())).toMatchObject({
        id,
        name: 'spread',
        raw: { digest: image.raw.digest },
      });
      const download = await there.require('download').run({ id }, testCall());
      expect(download.digests).toEqual(image.checksums);
    }
    expect((await bench.list()).images.map((each) => each.places.length)).toEqual([3]);
  });

  it('follow every change, and go with the image', async () => {
    const bench = makeBench(['second']);
    const { id } = await bench.upload('followed');
    await replicate(bench, id, ['second']);
    const there = openPlace(bench, 'second');
    await bench.patch(id, { name: 'renamed' });
    expect((await there.require('show').run({ id }, testCall())).name).toBe('renamed');
    await bench.session.require('deactivate').run({ id }, testCall());
    expect((await there.require('show').run({ id }, testCall())).status).toBe('inactive');
    await bench.remove(id);
    await failureOf(there.require('show').run({ id }, testCall()), 'NOT_FOUND');
  });

  it('never replace or remove an image that only has the same id', async () => {
    const bench = makeBench(['second']);
    const there = openPlace(bench, 'second');
    const content = makeContent({ format: 'raw' }, { diskLength: 40_000, seed: 77 });
    await there.require('upload').run({ id: 'same', description: { name: 'theirs' }, content, extras: {} }, testCall());
    const ours = makeContent({ format: 'raw' }, { diskLength: 50_000 });
    await bench.session
      .require('upload')
      .run({ id: 'same', description: { name: 'ours' }, content: ours, extras: {} }, testCall());
    await failureOf(replicate(bench, 'same', ['second']), 'CONFLICT');
    expect((await bench.show('same')).places.map((place) => place.name)).toEqual(['home']);
    await bench.remove('same');
    expect((await there.require('show').run({ id: 'same' }, testCall())).name).toBe('theirs');
  });

  it('cannot be made of an image without data', async () => {
    const bench = makeBench(['second']);
    await failureOf(replicate(bench, (await bench.create('empty')).id, ['second']), 'CONFLICT');
  });

  it('in a place that cannot be read are a warning, and the image is shown', async () => {
    const bench = makeBench(['second']);
    const { id } = await bench.upload('shown');
    mkdirSync(path.join(bench.root, 'second'));
    writeFileSync(path.join(bench.root, 'second', 'index.json'), 'no JSON');
    const call = testCall();
    const image = await bench.session.require('show').run({ id }, call);
    expect(image.places).toEqual([{ name: 'home', status: 'active' }]);
    expect(call.notes).toMatchObject([{ kind: 'warning', message: expect.stringContaining('second') }]);
    expect((await bench.list()).images.length).toBe(1);
    expect(readFileSync(path.join(bench.root, 'second', 'index.json'), 'utf8')).toBe('no JSON');
  });
});

describe('a profile', () => {
  const open = (values: Record<string, string>): unknown => openSession(local, values);
  const configError = (values: Record<string, string>): string => {
    try {
      open(values);
    } catch (error) {
      if (error instanceof ImgctlError && error.code === 'CONFIG') return error.message;
    }
    return 'no CONFIG error';
  };

  it('needs a path, and places that are name=path', () => {
    expect(configError({ path: '' })).toContain('path is required');
    expect(configError({ path: '/a', places: 'second' })).toContain('name=path');
    expect(configError({ path: '/a', places: 'home=/b' })).toContain('home');
    expect(configError({ path: '/a', places: 'x=/b,x=/c' })).toContain('x');
    expect(configError({ path: '/a', places: 'x=/a/' })).toContain('/a');
    open({ path: '/a', places: ' x = /b , y=/c ' });
  });

  it('whose path is a file is refused by the first change', async () => {
    const bench = makeBench();
    writeFileSync(bench.folder, 'a file');
    await failureOf(bench.create('x'), 'CONFIG');
    await failureOf(bench.list(), 'LOCAL');
    expect(readFileSync(bench.folder, 'utf8')).toBe('a file');
  });
});

describe('a place that is another one under a second name', () => {
  it.each(['second', 'third'])('is refused, as %s, before anything is looked for or taken out of it', async (name) => {
    const bench = makeBench();
    const { id } = await bench.upload('only');
    const [link, third] = ['link', 'third'].map((each) => path.join(bench.root, each));
    mkdirSync(third ?? '');
    symlinkSync(name === 'second' ? bench.folder : (third ?? ''), link ?? '');
    const places = name === 'second' ? `second=${link}` : `second=${third},third=${link}`;
    expect(() => openSession(local, { path: bench.folder, places })).toThrow(/is listed twice/);
    expect((await bench.data(id)).length).toBe(50_000);
  });
});
