import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Image } from '../../src/core/image.ts';
import { PipeClosed } from '../../src/ui/io.ts';
import { renderMany, type RenderOptions } from '../../src/ui/render.ts';
import type { OutputFormat } from '../../src/ui/view.ts';
import { imageView } from '../../src/ui/views/image.ts';
import { fakeIo } from '../support/fake-io.ts';
import { debian, image, ubuntu } from './samples.ts';

const as = (format: OutputFormat, more: Partial<RenderOptions> = {}): RenderOptions => ({
  format,
  header: true,
  raw: false,
  ...more,
});
const evil = image({
  id: 'x',
  name: 'a\u001b[2J\u202e\u2028"\n,\u{e0041}\ud800 yes',
  properties: { 'k\u202e': 'no', when: '12:30' },
  description: '',
});
const plain = ({ raw: _raw, ...rest }: Image): object => rest;
const wellFormed = (value: object): unknown => JSON.parse(JSON.stringify(value));

async function* thenBreaks(images: readonly Image[]): AsyncGenerator<Image> {
  yield* images;
  throw new Error('the third page did not come');
}

const page = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('documents', () => {
  it('are one JSON array, as JSON.stringify would indent it', async () => {
    const io = fakeIo();
    expect(await renderMany(imageView, [ubuntu, debian], as('json'), io)).toBe(2);
    expect(io.out).toBe(
      `${JSON.stringify([imageView.json(ubuntu, { raw: false }), imageView.json(debian, { raw: false })], null, 2)}\n`,
    );
  });

  it.each([
    ['json', '[]\n'],
    ['jsonl', ''],
    ['yaml', '[]\n'],
    ['csv', 'id\r\n'],
    ['id', ''],
  ] as const)('are valid when empty: %s', async (format, text) => {
    const io = fakeIo({ terminal: true });
    expect(await renderMany(imageView, [], as(format, { columns: ['id'] }), io)).toBe(0);
    expect([io.out, io.err]).toEqual([text, '']);
  });

  it.each([[[ubuntu]], [[ubuntu, debian]]])(
    'are left open when the source breaks, which is then thrown: a part is not taken for the whole',
    async (images) => {
      const io = fakeIo();
      await expect(renderMany(imageView, thenBreaks(images), as('json'), io)).rejects.toThrow('the third page did not come');
      expect(() => JSON.parse(io.out) as unknown).toThrow();
      expect(JSON.parse(`${io.out}]`)).toEqual(images.map(plain));
    },
  );

  it.each(['table', 'csv', 'yaml', 'jsonl', 'id'] as const)(
    'give the rows that came before the source broke: %s',
    async (format) => {
      const io = fakeIo();
      await expect(renderMany(imageView, thenBreaks([debian]), as(format), io)).rejects.toThrow('third page');
      expect(io.out).toContain('b2a1');
    },
  );

  it.each(['table', 'wide', 'csv', 'json', 'yaml', 'jsonl', 'id'] as const)(
    'are not begun when the source breaks before the first item: %s',
    async (format) => {
      const io = fakeIo();
      await expect(renderMany(imageView, thenBreaks([]), as(format), io)).rejects.toThrow('third page');
      expect(io.out).toBe('');
    },
  );

  it('carry hostile text exactly, and harmlessly', async () => {
    for (const format of ['json', 'yaml', 'jsonl'] as const) {
      const io = fakeIo();
      await renderMany(imageView, [evil], as(format), io);
      expect(io.out).not.toMatch(
        new RegExp(String.raw`[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u{e0000}-\u{e007f}]`, 'u'),
      );
      const read: unknown = format === 'yaml' ? parse(io.out, { version: '1.1' }) : JSON.parse(io.out);
      expect(format === 'jsonl' ? [read] : read).toEqual([wellFormed(plain(evil))]);
    }
  });

  it('are YAML that old and new readers take alike', async () => {
    const io = fakeIo();
    await renderMany(
      imageView,
      [image({ name: 'yes', owner: '0123', createdAt: '2026-11-21T08:00:00Z', properties: { a: '1e3', b: '~' } }), debian],
      as('yaml'),
      io,
    );
    const [old, recent] = (['1.1', '1.2'] as const).map((version) => parse(io.out, { version }) as unknown);
    expect(old).toEqual(recent);
    expect(old).toMatchObject([
      { name: 'yes', owner: '0123', createdAt: '2026-11-21T08:00:00Z', properties: { a: '1e3', b: '~' } },
      { id: 'b2a1' },
    ]);
  });

  it('quote CSV as RFC 4180 says', async () => {
    const io = fakeIo();
    const odd = image({ id: 'a,b', name: 'say "hi"\r\nthere\u001b', tags: ['x', 'y'] });
    await renderMany(imageView, [odd], as('csv', { columns: ['id', 'name', 'tags', 'size'] }), io);
    expect(io.out).toBe('id,name,tags,sizeBytes\r\n"a,b","say ""hi""\r\nthere\\u001b","x,y",\r\n');
  });

  it('are written as pages arrive', async () => {
    const seen: string[] = [];
    const io = fakeIo();
    async function* pages(): AsyncGenerator<Image> {
      for (let at = 0; at < 3; at += 1) {
        yield* [ubuntu, debian];
        await page();
        seen.push(io.out);
      }
    }
    await renderMany(imageView, pages(), as('jsonl', { columns: ['id'] }), io);
    expect(seen.map((out) => out.split('\n').length - 1)).toEqual([2, 4, 6]);
    expect(io.writes).toHaveLength(3);
  });

  it('hold no more than a bounded piece of text', async () => {
    const io = fakeIo();
    function* many(): Generator<Image> {
      for (let at = 0; at < 5000; at += 1) yield ubuntu;
    }
    await renderMany(imageView, many(), as('jsonl'), io);
    expect(Math.max(...io.writes.map((text) => text.length))).toBeLessThan(70_000);
    expect(io.out.split('\n')).toHaveLength(5001);
  });

  it.each(['json', 'table', 'csv'] as const)('stop asking for more once nobody reads: %s', async (format) => {
    const io = fakeIo({ stdoutClosesAfter: 1 });
    let asked = 0;
    async function* endless(): AsyncGenerator<Image> {
      for (;;) {
        asked += 1;
        yield ubuntu;
        if (asked % 10 === 0) await page();
      }
    }
    await expect(renderMany(imageView, endless(), as(format), io)).rejects.toBeInstanceOf(PipeClosed);
    expect(asked).toBeLessThan(100);
  });

  it('tell of the failure rather than of the closed pipe when there are both', async () => {
    const io = fakeIo({ stdoutClosesAfter: 0 });
    await expect(renderMany(imageView, thenBreaks([ubuntu]), as('json'), io)).rejects.toThrow('third page');
  });
});
