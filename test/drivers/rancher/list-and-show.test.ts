import { describe, expect, it } from 'vitest';
import type { ListRequest } from '../../../src/core/operation.ts';
import rancher from '../../../src/drivers/rancher/index.ts';
import { listed } from '../../clouds/rancher/cases/case.ts';
import { onRancher, type Visit } from '../../clouds/rancher/visit.ts';
import { allOf, everything, failure, failureOf, testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';

const json = { 'content-type': 'application/json' };
const lastQuery = ({ cloud }: Visit): URLSearchParams => new URLSearchParams(cloud.requests().at(-1)?.path.split('?')[1]);

describe('listing on rancher', () => {
  it('narrows at the server what it can do exactly, one condition a field', () =>
    onRancher({}, async (visit) => {
      const queries: readonly (readonly [ListRequest['filters'], Readonly<Record<string, string>>])[] = [
        [{ name: 'ubuntu' }, { name: 'ubuntu' }],
        [{ name: 'docker:*?04' }, { name_like: 'docker:%_04' }],
        [{ name: '100%*' }, {}],
        [{ name: 'a_b*' }, {}],
        [
          { status: 'active', owner: '1a5' },
          { state: 'active', accountId: '1a5' },
        ],
        [{ status: 'pending', owner: 'somebody' }, {}],
        [{ createdAfter: '2017-03-01T10:00:00.500Z' }, { created_gt: '2017-03-01T10:00:00Z' }],
        [{ createdBefore: '2017-03-01T10:00:00.500Z' }, { created_lt: '2017-03-01T10:00:01Z' }],
      ];
      for (const [filters, wanted] of queries) {
        await listed(visit, { filters });
        expect(Object.fromEntries(lastQuery(visit)), JSON.stringify(filters)).toEqual({
          limit: '1000',
          removed_null: '1',
          ...wanted,
        });
      }
      await listed(visit, { filters: { name: 'x*' }, own: { name_prefix: 'y' }, limit: 7 });
      expect(Object.fromEntries(lastQuery(visit))).toEqual({ limit: '7', name_prefix: 'y', removed_null: '1' });
    }));

  it('refuses its own filters where the server would pass over them', () =>
    onRancher({}, async (visit) => {
      expect((await failure(listed(visit, { own: { checksum: 'x' } }))).code).toBe('USAGE');
      const error = await failureOf(
        listed(visit, { own: { created_gt: '2017-01-01T00:00:00Z', created_lt: '2018-01-01T00:00:00Z' } }),
        'USAGE',
      );
      expect(error.message).toContain('only one condition on created');
      expect(visit.asked()).toEqual([]);
      for (const name of ['name_like', 'state', 'kind', 'uuid', 'created_gte'])
        expect(rancher.facts.list?.own).toHaveProperty(name);
    }));

  it('takes no answer for filtered whose echo lacks the filter', () =>
    onRancher({}, async (visit) => {
      const body = JSON.stringify({ type: 'collection', data: [], pagination: null, filters: { kind: null } });
      visit.cloud.fail({ kind: 'answer', status: 200, headers: json, body, on: ({ path }) => path.includes('kind=') });
      const error = await failureOf(listed(visit, { own: { kind: 'image' } }), 'PROVIDER');
      expect(error.message).toContain('did not apply the filter kind');
    }));

  it('hides removed images on every version, and shows them when they are asked for and the server can', async () => {
    for (const [version, shown] of [
      ['1.1', ['1i1']],
      ['1.5', []],
      ['1.6', ['1i1']],
    ] as const)
      await onRancher({ version, transitionMs: 0 }, async (visit) => {
        const id = visit.cloud.put({ state: 'inactive' });
        visit.cloud.start(id, 'remove');
        expect(await listed(visit), version).toEqual([]);
        expect(
          (await listed(visit, { filters: { status: 'deleted' } })).map((image) => image.id),
          version,
        ).toEqual(shown);
      });
  });

  it('gives an image once, though it slips from page to page', () =>
    onRancher({ tricks: { mostRows: 2, opaqueMarkers: true } }, async (visit) => {
      for (let n = 1; n <= 4; n += 1) visit.cloud.put({});
      const found: string[] = [];
      for await (const { id } of visit.session.require('list').run(everything, testCall())) {
        found.push(id);
        // Somebody puts a row in front, so that all others move on by one.
        if (found.length === 2) visit.cloud.putFirst();
      }
      expect(found).toEqual(['1i1', '1i2', '1i3', '1i4']);
      expect(visit.asked().length).toBe(3);
    }));

  it('fails when the next page was read before', () =>
    onRancher({ tricks: { mostRows: 2 } }, async (visit) => {
      for (let n = 1; n <= 5; n += 1) visit.cloud.put({});
      visit.cloud.tricks.nextLoops = true;
      const error = await failureOf(listed(visit), 'PROVIDER');
      expect(error.message).toContain('second time');
      expect(visit.asked().length).toBeLessThan(4);
    }));

  it('warns when the key of an account is used without a project', () =>
    onRancher({ key: 'account', path: '/v2-beta' }, async ({ session, cloud }) => {
      cloud.put({});
      const call = testCall();
      expect(await allOf(session.require('list').run(everything, call))).toEqual([]);
      expect(call.notes).toEqual([{ kind: 'warning', message: expect.stringContaining('set project') as string }]);
    }));

  it('answers another id than the one asked for: not found', () =>
    onRancher({}, async (visit) => {
      visit.cloud.put({ number: 5 });
      expect((await failure(visit.show('1i05'))).code).toBe('NOT_FOUND');
      expect((await failure(visit.show('1st5'))).code).toBe('NOT_FOUND');
    }));

  it('asks a server without access control without a key', () =>
    onRancher({ key: null }, async (visit) => {
      visit.cloud.put({});
      expect((await listed(visit)).length).toBe(1);
      for (const { headers } of visit.cloud.requests()) expect(headers).not.toHaveProperty('authorization');
    }));
});

describe('the eye of an administrator without a project', () => {
  it('is turned to his own images, unless others are asked for; what is left out is said', () =>
    onRancher({ key: 'superadmin', path: '/v1' }, async (visit) => {
      const own = visit.cloud.put({ name: 'web' });
      const theirs = visit.cloud.put({ name: 'web', accountId: '1a5' });
      const ask = async (request: Partial<ListRequest>) => {
        const call = testCall();
        const images = await allOf(visit.session.require('list').run({ ...everything, ...request }, call));
        return [images.map(({ id }) => id), call.notes.length];
      };
      expect(await ask({})).toEqual([[own], 1]);
      expect(await ask({ scope: 'own' })).toEqual([[own], 0]);
      expect(await ask({ scope: 'all' })).toEqual([[own, theirs], 0]);
      expect(await ask({ filters: { owner: '1a5' } })).toEqual([[theirs], 0]);
      expect(await ask({ own: { accountId: '1a5' } })).toEqual([[theirs], 0]);
      expect(await visit.session.owners('Default', testCall())).toEqual([{ id: '1a5', names: ['Default'] }]);
      expect(await visit.session.owners('Nowhere', testCall())).toEqual([]);
    }));
});

describe('errors of rancher', () => {
  it('names code and field where there is no message, and never null', () =>
    onRancher({ key: 'superadmin' }, async (visit) => {
      const description = { name: 'x'.repeat(256) };
      const error = await failureOf(visit.session.require('create').run({ description, extras: {} }, testCall()), 'USAGE');
      expect(error.message).toContain('MaxLengthExceeded, in field name');
      expect(error.message).not.toContain('null');
    }));

  it('gives the number under which the server logged a failure of its own', () =>
    onRancher({}, async (visit) => {
      const body = JSON.stringify({
        id: 'made-up-log-id',
        type: 'error',
        status: 500,
        code: 'Internal Server Error',
        message: null,
        detail: null,
      });
      visit.cloud.fail({ kind: 'answer', status: 500, headers: json, body });
      expect((await failureOf(listed(visit), 'PROVIDER')).message).toContain('made-up-log-id');
    }));

  it('says where a server sends it, and does not go there', () =>
    onRancher({}, async (visit) => {
      visit.cloud.fail({ kind: 'answer', status: 302, headers: { location: 'https://elsewhere.test/v1' } });
      expect((await failureOf(listed(visit), 'PROVIDER')).message).toContain('https://elsewhere.test/v1');
      expect(visit.cloud.requests().length).toBe(1);
    }));

  it('finds a project by its name, or says that there is none', () =>
    onRancher({ key: 'account' }, async ({ cloud }) => {
      const url = `${cloud.origin}/v1`;
      const { session } = openSession(rancher, { ...cloud.values, url, project: 'Nowhere' });
      const error = await failureOf(allOf(session.require('list').run(everything, testCall())), 'NOT_FOUND');
      expect(error.message).toContain('"Nowhere"');
    }));
});
