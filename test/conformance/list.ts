import { expect } from 'vitest';
import { abortedError } from '../../src/core/errors.ts';
import { matches } from '../../src/core/filter.ts';
import type { Image } from '../../src/core/image.ts';
import type { Filter, Filters } from '../../src/core/operation.ts';
import { allOf, everything, failureOf, testCall, type Stage } from './stage.ts';
import { wellFormed } from './well-formed.ts';

const dayMs = 86_400_000;

/** Filters that pick some of these images by what the provider says of them: at least one for every field that is there. */
function filtersFor(images: readonly Image[], prefix: string): readonly Filters[] {
  const [first] = images;
  const sizes = images.flatMap((image) => image.sizeBytes ?? []);
  const wishes: (Filters | undefined)[] = [
    { name: `${prefix}*` },
    { name: first?.name ?? '' },
    { name: `${prefix}?` },
    { status: 'active' },
    { status: 'queued' },
    { status: 'inactive' },
    ...images.map((image) => (image.visibility ? { visibility: image.visibility } : undefined)),
    ...images.map((image) => (image.tags.length > 0 ? { tags: image.tags } : undefined)),
    ...images.map((image) => (Object.keys(image.properties).length > 0 ? { properties: image.properties } : undefined)),
    { tags: ['suite-nobody-has-this'] },
    first?.owner === undefined ? undefined : { owner: first.owner },
    { owner: 'suite-nobody' },
    first?.diskFormat === undefined ? undefined : { diskFormat: first.diskFormat },
    { diskFormat: 'vhdx' },
    sizes.length > 0 ? { minSizeBytes: Math.max(...sizes) } : undefined,
    sizes.length > 0 ? { maxSizeBytes: Math.min(...sizes) } : undefined,
    { createdBefore: new Date(Date.now() - 10 * 365 * dayMs).toISOString() },
    { createdAfter: new Date(Date.now() - 10 * 365 * dayMs).toISOString() },
    { name: `${prefix}*`, status: 'active', minSizeBytes: 1 },
  ];
  return wishes.filter((wish) => wish !== undefined);
}

export function listTests(stage: Stage): void {
  const { cloud, driver } = stage;
  const facts = driver.facts.list;
  const many = stage.threePages ?? (cloud.wire ? 60 : 12);
  const list = (signal?: AbortSignal) => stage.open().session.require('list').run(everything, testCall(signal));

  stage.test('gives the same answer whoever filters', async () => {
    const prefix = stage.unique('fil');
    const ids = await stage.seed(
      { name: `${prefix}-alpha`, tags: ['suite-one', 'suite-two'], properties: { suite_p: '1' }, data: Buffer.alloc(2048, 1) },
      { name: `${prefix}-beta`, tags: ['suite-one'], properties: { suite_p: '2' }, data: Buffer.alloc(4096, 2) },
      { name: `${prefix}5`, status: 'queued' },
      { name: `${prefix}-[x] é`.replace(/[^\w-]/g, '.'), status: 'inactive' },
    );
    const own = (images: readonly Image[]): readonly Image[] => images.filter((image) => ids.includes(image.id));
    const all = own(await stage.list());
    expect(all.length).toBe(ids.length);
    for (const filters of filtersFor(all, prefix)) {
      const expected = all.filter((image) => matches(image, filters)).map((image) => image.id);
      const answer = await stage.list({ filters });
      const name = JSON.stringify(filters);
      expect(
        own(answer)
          .filter((image) => matches(image, filters))
          .map((image) => image.id)
          .sort(),
        name,
      ).toEqual([...expected].sort());
      const exact = Object.keys(filters).every((filter) => facts?.filters.includes(filter as Filter));
      if (exact)
        expect(
          answer.filter((image) => !matches(image, filters)).map((image) => image.id),
          `${name} is declared`,
        ).toEqual([]);
    }
  });

  stage.test('gives every image once, over all pages', async () => {
    const prefix = stage.unique('page');
    const ids = await stage.seed(
      ...Array.from({ length: many }, (_, n) => ({ name: `${prefix}-${n}`, data: Buffer.from('x'.repeat(512)) })),
    );
    await stage.list();
    stage.cloudNow().forget();
    const found = (await stage.list()).filter((image) => image.name.startsWith(prefix));
    expect(found.map((image) => image.id).sort()).toEqual([...ids].sort());
    for (const image of found.slice(0, 5)) wellFormed(image);
    const requests = stage.cloudNow().requests().length;
    if (cloud.wire && stage.pages !== 'none') expect(requests, 'pages; see threePages').toBeGreaterThanOrEqual(3);
    if (cloud.wire && stage.pages === 'none') expect(requests, 'there are no pages').toBe(1);
  });

  stage.test('says how many images there will be before the first of them, or does not', async () => {
    const call = testCall();
    let listed = 0;
    let known: readonly number[] | undefined;
    for await (const _image of stage.open().session.require('list').run(everything, call)) {
      known ??= [...call.expected];
      listed += 1;
    }
    expect(call.expected.length === 0 || known?.length !== 0, 'said before the first').toBe(true);
    for (const images of known?.slice(0, 1) ?? []) expect(images).toBeGreaterThanOrEqual(listed);
  });

  stage.test('stops asking when nobody reads on', async () => {
    let seen = 0;
    for await (const image of list()) {
      expect(image.id).not.toBe('');
      if ((seen += 1) === 2) break;
    }
    expect(seen).toBe(2);
    if (cloud.wire) expect(stage.cloudNow().requests().length).toBeLessThan(3);
  });

  stage.test('stops when it is told to', async () => {
    const controller = new AbortController();
    let seen = 0;
    let asked = 0;
    const reading = (async () => {
      for await (const _image of list(controller.signal)) {
        seen += 1;
        if (seen > 1) continue;
        controller.abort(abortedError('stopped by the test'));
        asked = stage.cloudNow().requests().length;
      }
    })();
    await failureOf(reading, 'ABORTED');
    expect(stage.cloudNow().requests().length).toBe(asked);
  });

  stage.test('asks nothing when it was stopped before it began', async () => {
    stage.cloudNow().forget();
    await failureOf(allOf(list(AbortSignal.abort(abortedError('stopped by the test')))), 'ABORTED');
    expect(stage.cloudNow().requests()).toEqual([]);
  });

  stage.test('tells own images from all', async () => {
    const [mine = '', theirs = ''] = await stage.seed(
      { name: stage.unique('mine') },
      { name: stage.unique('theirs'), isPublic: true },
    );
    const own = (await stage.list({ scope: 'mine' })).map((image) => image.id);
    expect(own).toContain(mine);
    if (facts?.publicByOwner) {
      const { message, circumstances } = await failureOf(stage.list({ scope: 'all' }), 'USAGE');
      expect(`${message} ${circumstances.hint ?? ''}`).toContain('--owner');
      expect(own).not.toContain(theirs);
      const { owner = '' } = await stage.show(theirs);
      expect((await stage.list({ scope: 'all', filters: { owner } })).map((image) => image.id)).toContain(theirs);
      return;
    }
    const all = await stage.list({ scope: 'all' });
    expect(all.map((image) => image.id)).toEqual(expect.arrayContaining([mine, theirs]));
    const foreign = cloud.wire && all.find((image) => image.id === theirs)?.visibility === 'public';
    if (foreign) expect(own).not.toContain(theirs);
    expect(own.filter((id) => !all.some((image) => image.id === id))).toEqual([]);
  });

  for (const field of facts?.sorts ?? [])
    stage.test(`sorts by ${field} as declared`, async () => {
      const prefix = stage.unique('sort');
      await stage.seed(
        ...['b', 'c', 'a'].map((letter, n) => ({ name: `${prefix}-${letter}`, data: Buffer.alloc(512 * (n + 1)) })),
      );
      const values = async (descending: boolean): Promise<readonly unknown[]> =>
        (await stage.list({ sort: [{ field, descending }] }))
          .filter((image) => image.name.startsWith(prefix))
          .map((image) => (image as unknown as Readonly<Record<string, unknown>>)[field]);
      const up = await values(false);
      expect(up.length).toBe(3);
      expect(up).toEqual([...up].sort(compare));
      expect(await values(true)).toEqual([...up].sort(compare).reverse());
    });

  if (facts?.after)
    stage.test('begins behind an image', async () => {
      await stage.seed({ name: stage.unique('after') }, { name: stage.unique('after') }, { name: stage.unique('after') });
      const [, second, ...rest] = (await stage.list()).map((image) => image.id);
      expect((await stage.list({ after: second ?? '' })).map((image) => image.id)).toEqual(rest);
    });
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one) < String(other) ? -1 : 1;
}
