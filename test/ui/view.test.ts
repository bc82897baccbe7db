import { describe, expect, it } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import { nearest } from '../../src/host/did-you-mean.ts';
import { columnsOf } from '../../src/ui/view.ts';
import { imageView } from '../../src/ui/views/image.ts';
import { image } from './samples.ts';

const names = (given: string[] | undefined, format: 'table' | 'wide' = 'table'): string[] =>
  columnsOf(imageView, given, format).map(({ name }) => name);
const valueOf = (name: string, of = image()): unknown => columnsOf(imageView, [name], 'table')[0]?.column.value(of);

function thrown(act: () => unknown): ImgctlError {
  try {
    act();
  } catch (error) {
    if (error instanceof ImgctlError) return error;
  }
  throw new Error('nothing was thrown');
}

describe('columns', () => {
  it('are the usual ones, or the wide ones', () => {
    expect(names(undefined)).toEqual(['id', 'name', 'status', 'visibility', 'diskFormat', 'sizeBytes', 'createdAt']);
    expect(names([])).toEqual(names(undefined));
    expect(names(undefined, 'wide')).toEqual(expect.arrayContaining(['profile', 'owner', 'places']));
  });

  it('may be asked for by what stands above them', () => {
    expect(names(['size', 'created', 'format'])).toEqual(['sizeBytes', 'createdAt', 'diskFormat']);
  });

  it('reach into records', () => {
    const one = image({
      properties: { 'os.name': 'ubuntu' },
      checksums: { md5: 'cd' },
      places: [{ name: 'us-ord', status: 'active' }],
      raw: { owner: { name: 'me' }, 'a.b': { c: 1 }, list: [5] },
    });
    expect(valueOf('properties.os.name', one)).toBe('ubuntu');
    expect(valueOf('checksums.md5', one)).toBe('cd');
    expect(valueOf('places.us-ord', one)).toBe('active');
    expect(valueOf('raw.owner.name', one)).toBe('me');
    expect(valueOf('raw.list.0', one)).toBe(5);
    expect(valueOf('raw', one)).toEqual(one.raw);
    for (const absent of ['properties.nope', 'properties.toString', 'raw.owner.nope', 'raw.constructor.name', 'places.nope'])
      expect(valueOf(absent, one)).toBeUndefined();
  });

  it.each(['nmae', 'properties.', 'tags.x', '.x', 'constructor', '__proto__'])('are refused when unknown: %s', (name) => {
    const error = thrown(() => names([name]));
    expect(error.code).toBe('USAGE');
    expect(error.message).toBe(`unknown column: ${name}`);
    expect(error.circumstances.hint).toContain('Columns: profile, provider, id, name,');
  });

  it('that are nearly right are suggested', () => {
    expect(thrown(() => names(['nmae'])).circumstances.hint).toMatch(/^Did you mean name\? Columns: /);
  });
});

describe('nearest', () => {
  const verbs = ['list', 'show', 'create', 'upload', 'download', 'delete', 'replicate', 'reactivate', 'deactivate'];
  it.each([
    ['lst', ['list']],
    ['uplaod', ['upload']],
    ['DELTE', ['delete']],
    ['down', ['download']],
    ['activate', ['reactivate', 'deactivate']],
    ['xyzzy', []],
    ['', []],
  ])('%s: %j', (word, found) => {
    expect(nearest(word, verbs)).toEqual(found);
  });

  it('gives no more than asked for, each once', () => {
    expect(nearest('prod-x', ['prod-a', 'prod-b', 'prod-c', 'prod-d', 'prod-a'])).toHaveLength(3);
    expect(nearest('prod-x', ['prod-a', 'prod-b', 'prod-a'])).toEqual(['prod-a', 'prod-b']);
  });
});
