import { expect } from 'vitest';
import type { Session } from '../../src/core/driver.ts';
import type { ApiRequest, Http } from '../../src/core/http.ts';
import type { Image } from '../../src/core/image.ts';
import type { Changes } from '../../src/core/operation.ts';
import { createHttp } from '../../src/http/index.ts';
import { openSession } from '../support/open-session.ts';
import { failureOf, testCall, type Stage } from './stage.ts';

/** Whether a request reads an image: by its address, or by a form where everything is asked for by POST. */
const isLook = ({ method, url, form, harmless }: ApiRequest, id: string): boolean =>
  method === 'GET'
    ? decodeURIComponent(String(url)).endsWith(id)
    : harmless === true && Object.values(form ?? {}).some((value) => value === id);

/** An http whose first look at the image is followed by what somebody else does before the answer is read. */
function watched(http: Http, id: string, elsewhere: () => Promise<unknown>): Http {
  let left = 1;
  return {
    ...http,
    async request(request, call) {
      const answer = await http.request(request, call);
      if (left > 0 && answer.status === 200 && isLook(request, id)) {
        left -= 1;
        await elsewhere();
      }
      return answer;
    },
  };
}

/** Two who change one image: neither loses what the other has written, and where both want the same field the later one is told. */
export function meanwhileTests(stage: Stage): void {
  const fields = stage.driver.facts.patch?.fields ?? [];
  const patchIn = (session: Session, id: string, changes: Changes, basis?: Image): Promise<Image> =>
    session.require('patch').run({ id, changes, extras: stage.extras?.patch ?? {}, ...(basis ? { basis } : {}) }, testCall());
  const patch = (id: string, changes: Changes, basis?: Image): Promise<Image> =>
    patchIn(stage.open().session, id, changes, basis);
  const subject = (): Promise<string> =>
    stage.active({ description: 'before', tags: ['suite-before'], properties: { suite_a: '1', suite_b: '1' } });
  /** A fresh session in which somebody else comes between the first look at the image and what follows. */
  const interrupted = (id: string, elsewhere: () => Promise<unknown>): Session => {
    const http = createHttp({ userAgent: 'imgctl-tests' });
    return openSession(stage.driver, stage.cloudNow().values, { http: watched(http, id, elsewhere) }).session;
  };

  /** For each field: what somebody else makes of it, what is wanted here, and a part of it that the refusal must name. */
  const meetings: readonly (readonly [string, Changes, Changes, string])[] = [
    ['description', { description: 'theirs' }, { description: 'ours' }, 'description was "before" and is "theirs"'],
    ['tags', { addTags: ['suite-theirs'] }, { tags: ['suite-before', 'suite-ours'] }, 'suite-theirs'],
    ['properties', { properties: { suite_a: 'theirs' } }, { properties: { suite_a: 'ours' } }, 'property suite_a was "1"'],
    [
      'properties',
      { removeProperties: ['suite_b'] },
      { properties: { suite_b: '2' } },
      'property suite_b was "1" and is not set',
    ],
  ];
  for (const [field, theirs, ours, told] of meetings.filter(([name]) => fields.some((known) => known === name)))
    stage.test(`refuses to overwrite what somebody else has made of it meanwhile: ${JSON.stringify(theirs)}`, async () => {
      const id = await subject();
      const basis = await stage.show(id);
      await patch(id, theirs);
      const before = await stage.show(id);
      const { message } = await failureOf(patch(id, ours, basis), 'CONFLICT');
      expect(message, field).toContain(told);
      expect(message).toContain('nothing was written');
      const { raw: _raw, ...after } = await stage.show(id);
      expect(after).toEqual({ ...before, raw: undefined });
      // Whoever wants what is there already meets nobody.
      await patch(id, theirs, basis);
    });

  stage.test('keeps what somebody else has made of other fields meanwhile', async () => {
    const id = await subject();
    const basis = await stage.show(id);
    const has = (field: string): boolean => fields.some((known) => known === field);
    const named = has('name') ? { name: stage.unique('theirs') } : {};
    if (has('name')) await patch(id, named);
    if (has('tags')) await patch(id, { addTags: ['suite-theirs'] });
    if (has('properties')) await patch(id, { properties: { suite_b: 'theirs', suite_c: 'theirs' } });
    await patch(id, { description: 'ours', ...(has('properties') ? { properties: { suite_a: 'ours' } } : {}) }, basis);
    const after = await stage.show(id);
    expect(after).toMatchObject({ ...named, description: 'ours' });
    if (has('tags')) expect([...after.tags].sort()).toEqual(['suite-before', 'suite-theirs']);
    if (has('properties')) expect(after.properties).toMatchObject({ suite_a: 'ours', suite_b: 'theirs', suite_c: 'theirs' });
  });

  if (!stage.cloud.wire) return;
  stage.test('loses nothing that is written between its first look and its write', async () => {
    const id = await subject();
    const named = fields.includes('name') ? { name: stage.unique('theirs') } : {};
    const hasTags = fields.includes('tags');
    const session = interrupted(id, () => patch(id, { ...named, ...(hasTags ? { addTags: ['suite-theirs'] } : {}) }));
    await patchIn(session, id, {
      description: 'ours',
      ...(hasTags ? { addTags: ['suite-ours'], removeTags: ['suite-before'] } : {}),
    });
    const after = await stage.show(id);
    expect(after).toMatchObject({ ...named, description: 'ours' });
    if (hasTags) expect([...after.tags].sort()).toEqual(['suite-ours', 'suite-theirs']);
  });

  if (fields.includes('tags'))
    stage.test('tells who meets it between its first look and its write', async () => {
      const id = await subject();
      const session = interrupted(id, () => patch(id, { description: 'theirs' }));
      const failed = failureOf(patchIn(session, id, { description: 'ours', addTags: ['suite-ours'] }), 'CONFLICT');
      expect((await failed).message).toContain('description was "before" and is "theirs"');
      expect(await stage.show(id)).toMatchObject({ description: 'theirs', tags: ['suite-before'] });
    });

  if (fields.includes('tags'))
    stage.test('makes a list anew for every try of a write that is refused for a while', async () => {
      const id = await subject();
      let others: Promise<unknown> | undefined;
      const busy = { kind: 'answer', status: 429, headers: { 'retry-after': '0.1' } } as const;
      stage.cloudNow().fail({ ...busy, on: ({ method, path }) => !['GET', 'HEAD'].includes(method) && !path.includes('/auth/') });
      const http = createHttp({ userAgent: 'imgctl-tests' });
      // Whoever looks again sees what the others have done by then, however busy this machine is.
      const later: Http = { ...http, request: (request, its) => Promise.resolve(others).then(() => http.request(request, its)) };
      const { session } = openSession(stage.driver, stage.cloudNow().values, { http: later });
      const call = { ...testCall(undefined, 2), note: () => void (others ??= patch(id, { addTags: ['suite-theirs'] })) };
      await session.require('patch').run({ id, changes: { addTags: ['suite-ours'] }, extras: {} }, call);
      await others;
      expect([...(await stage.show(id)).tags].sort()).toEqual(['suite-before', 'suite-ours', 'suite-theirs']);
    });
}
