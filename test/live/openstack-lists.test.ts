import { describe, expect, it } from 'vitest';
import type { Description, ListRequest } from '../../src/core/operation.ts';
import driver from '../../src/drivers/openstack/index.ts';
import { allOf, everything, testCall } from '../conformance/stage.ts';
import { type User } from './real-cloud.ts';
import { as, missing, names, show, unique, uploaded } from './site.ts';

describe.skipIf(missing !== undefined)(
  missing === undefined ? 'a real site: lists' : `a real site: lists (no real Glance: ${missing})`,
  () => {
    describe('lists', () => {
      it('mine: own community images too; all: those of others; hidden ones in between', async () => {
        const mark = unique('mark');
        const make = (name: string, more: Description, user: User = 'demo') =>
          as(user)
            .require('create')
            .run({ description: { name, tags: [mark], ...more }, extras: {} }, testCall());
        await make('a', { visibility: 'community' });
        await make('b', { hidden: true });
        await make('c', { visibility: 'private' });
        await make('d', { visibility: 'community' }, 'alt');
        const sort = [{ field: 'name', descending: false }];
        const listed = (more: Partial<ListRequest>) => names({ filters: { tags: [mark] }, sort, ...more });
        expect(await listed({})).toEqual(['a', 'c']);
        expect(await listed({ hidden: true })).toEqual(['a', 'b', 'c']);
        expect(await listed({ scope: 'all' })).toEqual(['a', 'c', 'd']);
        const [first] = await allOf(
          as('demo')
            .require('list')
            .run({ ...everything, filters: { tags: [mark] }, sort }, testCall()),
        );
        expect(await listed({ hidden: true, after: first?.id ?? '' })).toEqual(['b', 'c']);
      });

      it('every image that stays, exactly once, while others come and go between the pages', async () => {
        const site = as('demo', 'RegionTwo');
        const tags = [unique('mark')];
        const make = async (name: string): Promise<string> =>
          (await site.require('create').run({ description: { name, tags }, extras: {} }, testCall())).id;
        const ids: string[] = [];
        for (let n = 0; n < 63; n += 1) ids.push(await make(`stays-${n}`));
        const goes = ids.filter((_, n) => n % 9 === 4 || n === 32);
        const seen: string[] = [];
        for await (const image of site.require('list').run({ ...everything, filters: { tags } }, testCall())) {
          seen.push(image.id);
          if (seen.length % 7 === 3) await make(`comes-${seen.length}`);
          const gone = seen.length % 7 === 5 ? goes.pop() : undefined;
          if (gone !== undefined) await site.require('delete').run({ id: gone }, testCall());
        }
        expect(seen.filter((id, n) => seen.indexOf(id) !== n)).toEqual([]);
        const left = await allOf(site.require('list').run({ ...everything, filters: { tags } }, testCall()));
        expect(ids.filter((id) => left.some((image) => image.id === id) && !seen.includes(id))).toEqual([]);
        expect(new Set(left.map((image) => image.id)).size).toBe(left.length);
      });

      it('every filter of Glance’s own is taken', async () => {
        const { id } = await uploaded({ name: unique('own'), tags: ['own-tag'] });
        const { raw } = await show(id);
        const special: Record<string, string> = {
          status: 'in:active,queued',
          tag: 'own-tag',
          visibility: 'all',
          member_status: 'all',
          size_min: '1',
          size_max: '9999999999',
          created_at: 'gte:2020-01-01T00:00:00Z',
          updated_at: 'neq:2020-01-01T00:00:00Z',
        };
        for (const name of Object.keys(driver.facts.list?.own ?? {})) {
          const value = special[name] ?? (/_(min|max)$/.test(name) ? (name.endsWith('_min') ? '0' : '99') : String(raw[name]));
          const found = await allOf(
            as('demo')
              .require('list')
              .run({ ...everything, own: { [name]: value } }, testCall()),
          );
          expect(
            found.map((image) => image.id),
            `${name}=${value}`,
          ).toContain(id);
        }
      });
    });
  },
);
