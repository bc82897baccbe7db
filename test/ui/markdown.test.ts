import { describe, expect, it } from 'vitest';
import { renderMany, renderOne, type RenderOptions } from '../../src/ui/render.ts';
import { imageView } from '../../src/ui/views/image.ts';
import { fakeIo } from '../support/fake-io.ts';
import { image, ubuntu } from './samples.ts';

const as = (more: Partial<RenderOptions> = {}): RenderOptions => ({ format: 'markdown', header: true, raw: false, ...more });
const columns = ['name', 'sizeBytes', 'tags'];

describe('a list as Markdown', () => {
  it('is a table that a merge request shows', async () => {
    const io = fakeIo();
    const one = image({ name: 'web', sizeBytes: 2048, tags: ['a', 'b'] });
    await renderMany(imageView, [one, ubuntu], as({ columns }), io);
    expect(io.out.split('\n').slice(0, 3)).toEqual(['| name | size | tags |', '| --- | --- | --- |', '| web | 2.0 KiB | a, b |']);
  });

  it('holds no markup, and no line end, that a value brings', async () => {
    const io = fakeIo();
    const evil = image({ name: 'a | b\n<img src=x> [x](http://y) `c` **d** \\| \u202e' });
    await renderMany(imageView, [evil], as({ columns: ['name'] }), io);
    const [, , row = '', end] = io.out.split('\n');
    expect(end).toBe('');
    expect(row.replaceAll(/\\./g, '')).not.toMatch(/[<>[\]`*\u202e]|.\|./);
  });

  it('gives times as they are, and has a first line without names where no header is wanted', async () => {
    const io = fakeIo();
    await renderOne(imageView, image({ createdAt: '2026-11-01T00:00:00Z' }), as({ columns: ['createdAt'], header: false }), io);
    expect(io.out).toBe('|  |\n| --- |\n| 2026-11-01T00:00:00Z |\n');
  });

  it('is nothing where there is nothing', async () => {
    const io = fakeIo();
    await renderMany(imageView, [], as(), io);
    expect(io.out).toBe('');
  });
});
