import { expect } from 'vitest';
import { matches } from '../../../../src/core/filter.ts';
import { failureOf } from '../../../conformance/stage.ts';
import { patientCall } from '../visit.ts';
import { images, listed, type Cases } from './case.ts';

/** Lists and single images. */
export const reading: Cases = {
  R02: {
    title: 'Follow pagination.next',
    options: { tricks: { mostRows: 2 } },
    async run(visit) {
      await visit.cloud.seed(Array.from({ length: 5 }, (_, n) => ({ name: `n${n}` })));
      expect((await listed(visit)).map(({ id }) => id)).toEqual(['1i1', '1i2', '1i3', '1i4', '1i5']);
      const [first, second, third, ...more] = visit.cloud
        .requests()
        .slice(1)
        .map(({ path }) => path);
      expect(more).toEqual([]);
      expect([second, third]).toEqual([`${first ?? ''}&marker=m2`, `${first ?? ''}&marker=m4`]);
    },
  },
  R03: {
    title: 'Show one',
    async run(visit, version) {
      const id = visit.cloud.put({ number: 5, name: 'docker:ubuntu:14.04' });
      const image = await visit.show(id);
      expect(image).toMatchObject({
        id: '1i5',
        name: 'docker:ubuntu:14.04',
        status: 'active',
        providerStatus: 'active',
        owner: '1a5',
      });
      expect(image.raw).toMatchObject({ transitioning: 'no', description: null, createdTS: 1488362700000, kind: 'image' });
      expect(image.description).toBeUndefined();
      expect(visit.asked()).toEqual([`GET ${images(version)}/1i5`]);
    },
  },
  R05: {
    title: 'Show, not there',
    async run(visit) {
      const error = await failureOf(visit.session.require('show').run({ id: '1i99' }, patientCall()), 'NOT_FOUND');
      expect(error.message).toContain('1i99');
      expect(visit.asked().length).toBe(1);
    },
  },
  R06: {
    title: 'Supported filter',
    async run(visit) {
      await visit.cloud.seed([{ name: 'cirros-a' }, { name: 'cirros-b' }, { name: 'ubuntu' }]);
      const found = await listed(visit, { own: { name_like: 'cirros%' } });
      expect(found.map(({ name }) => name)).toEqual(['cirros-a', 'cirros-b']);
      const path = visit.cloud.requests().at(-1)?.path;
      expect(path).toContain('name_like=cirros%25&');
      expect(path).toContain('removed_null=1');
    },
  },
  R31: {
    title: 'Two modifiers on one field',
    async run(visit) {
      const hours = 3_600_000;
      const start = Date.parse('2017-03-01T00:00:00Z');
      for (let n = 0; n < 8; n += 1) visit.cloud.put({ createdAt: start + n * 9 * hours });
      const filters = { createdAfter: '2017-03-01T09:00:00Z', createdBefore: '2017-03-03T00:00:00Z' };
      const found = (await listed(visit, { filters })).filter((image) => matches(image, filters));
      expect(found.map(({ id }) => id)).toEqual(['1i3', '1i4', '1i5', '1i6']);
      const query = visit.cloud.requests().at(-1)?.path ?? '';
      expect(query.match(/created_/g)?.length).toBe(1);
    },
  },
};
