import { expect, it } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import { overNetwork } from '../clouds/index.ts';
import { allOf, everything, testCall } from '../conformance/stage.ts';
import { openSession } from '../support/open-session.ts';

const mostPages = 350;

const paged = overNetwork.flatMap(([name, { driver, cloud, wire }]) =>
  wire.endless ? [[name, { driver, place: cloud, endless: wire.endless }] as const] : [],
);

for (const [name, { driver, place, endless }] of paged)
  for (const isEmpty of [false, true])
    it(`${name}: a list of which every page leads on comes to an end, and does not pass for whole: ${isEmpty ? 'empty' : 'the same'} pages`, async () => {
      const { isList, rows, next, emptyIsLast } = endless;
      const cloud = await place.start();
      try {
        await cloud.seed([{ name: 'a' }, { name: 'b' }]);
        const { session, answers } = openSession(driver, cloud.values);
        await allOf(session.require('list').run(everything, testCall()));
        const isPage = (answer: unknown): boolean =>
          typeof answer === 'object' &&
          answer !== null &&
          !('id' in answer) &&
          Array.isArray((answer as Record<string, unknown>)[rows]);
        const first = JSON.stringify(answers.findLast(isPage));
        const asked = cloud.requests().findLast(({ path }) => isList(path))?.path ?? '';
        const origin = new URL(Object.values(cloud.values).find((value) => value.startsWith('http')) ?? 'http://x').origin;
        const on = ({ method, path }: { method: string; path: string }): boolean => method === 'GET' && isList(path);
        for (let n = 1; n <= mostPages; n += 1) {
          const { headers, body } = next(n, `${origin}${asked}`);
          const page = { ...(JSON.parse(first) as object), ...body, ...(isEmpty ? { [rows]: [] } : {}) };
          const type = { 'content-type': 'application/json' };
          cloud.fail({ kind: 'answer', status: 200, headers: { ...type, ...headers }, body: JSON.stringify(page), on });
        }
        cloud.forget();
        const call = testCall();
        const ended = await allOf(session.require('list').run(everything, call)).catch((error: unknown) => error);
        const isTold = JSON.stringify(call.notes).includes('incomplete');
        if (!isEmpty || emptyIsLast === undefined)
          expect([ended instanceof ImgctlError && ended.code, isTold]).toEqual(isTold ? [false, true] : ['PROVIDER', false]);
        expect(cloud.requests().filter(on).length).toBeLessThan(mostPages);
      } finally {
        await cloud.stop();
      }
    });
