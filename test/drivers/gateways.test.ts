import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../src/core/driver.ts';
import { operationNames, readingVerbs, type OperationName } from '../../src/core/operation.ts';
import { changes as changesAt, overNetwork, statusFor, looksAt, stageOf } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { allOf, everything, failure, testCall } from '../conformance/stage.ts';
import { gather, makeContent } from '../support/content.ts';
import { openSession } from '../support/open-session.ts';
import { hasTurn } from '../support/sweep.ts';

const html = { 'content-type': 'text/html' };
const json = { 'content-type': 'application/json' };
const page = (status: number, words: string): string =>
  `<html>\r\n<head><title>${status} ${words}</title></head>\r\n<body>\r\n<center><h1>${status} ${words}</h1></center>\r\n` +
  '<hr><center>nginx/1.18.0 (Ubuntu)</center>\r\n</body>\r\n</html>\r\n';
const apache404 =
  '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n' +
  '<p>The requested URL was not found on this server.<br />\n</p>\n<hr>\n<address>Apache/2.4.41 Server at c Port 80</address>\n</body></html>\n';

/** What whoever stands in front of a provider says in its place. */
const answers: Readonly<Record<string, { status: number; headers?: Readonly<Record<string, string>>; body: string }>> = {
  '404 page': { status: 404, headers: html, body: page(404, 'Not Found') },
  '404 page of Apache': { status: 404, headers: html, body: apache404 },
  '404 without a body': { status: 404, body: '' },
  '404 in plain text': { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' },
  '404 of a router, in JSON': { status: 404, headers: json, body: '{"message":"no Route matched with those values"}' },
  '404 of a server, in JSON': {
    status: 404,
    headers: json,
    body: '{"timestamp":1,"status":404,"error":"Not Found","path":"/x"}',
  },
  '404 of a function, in JSON': { status: 404, headers: json, body: '{"errors":[{"status":"404","title":"Not Found"}]}' },
  '410 page': { status: 410, headers: html, body: page(410, 'Gone') },
  '405 page': { status: 405, headers: html, body: page(405, 'Not Allowed') },
  '422 page': { status: 422, headers: html, body: page(422, 'Unprocessable Entity') },
  '501 page': { status: 501, headers: html, body: page(501, 'Not Implemented') },
  '502 page': { status: 502, headers: html, body: page(502, 'Bad Gateway') },
  'sign-in page': { status: 200, headers: html, body: '<!doctype html><title>Sign in</title><form></form>' },
};

type Verb = (session: Session, id: string) => Promise<unknown>;
const content = (isPlain: boolean) =>
  makeContent(isPlain ? { format: 'raw' } : { format: 'raw', compression: 'gzip' }, { diskLength: 4096 });
const simple =
  (name: 'deactivate' | 'reactivate' | 'delete' | 'restore' | 'purge'): Verb =>
  (session, id) =>
    session.require(name).run({ id }, testCall());

/** What each verb is asked for. */
const verbs: Readonly<Record<OperationName, Verb>> = {
  list: (session) => allOf(session.require('list').run(everything, testCall())),
  show: (session, id) => session.require('show').run({ id }, testCall()),
  create: (session) => {
    const { disk } = stageOf(session.provider).samples;
    const fromDisk = disk === undefined ? {} : { fromDisk: disk };
    return session.require('create').run({ description: { name: 'new' }, ...fromDisk, extras: {} }, testCall());
  },
  patch: (session, id) => {
    const field = session.driver.facts.patch?.fields.includes('name') ? 'name' : 'description';
    return session.require('patch').run({ id, changes: { [field]: 'other' }, extras: {} }, testCall());
  },
  deactivate: simple('deactivate'),
  reactivate: simple('reactivate'),
  delete: simple('delete'),
  restore: simple('restore'),
  purge: simple('purge'),
  replicate: (session, id) => {
    const { place = '' } = stageOf(session.provider).samples;
    return session.require('replicate').run({ id, add: [place], remove: [] }, testCall());
  },
  upload: (session) => {
    const blocks = session.find('upload')?.blocks !== undefined;
    return session.require('upload').run({ description: { name: 'new' }, content: content(blocks), extras: {} }, testCall());
  },
  download: async (session, id) => gather((await session.require('download').run({ id }, testCall())).open()),
  import: (session) => {
    const description = { name: 'new', diskFormat: 'raw' };
    return session.require('import').run({ description, url: 'https://site.example/disk', extras: {} }, testCall());
  },
  share: (session, id) =>
    session
      .require('share')
      .run(
        { id, action: 'add', with: stageOf(session.provider).samples.partner ?? 'f00d0000c0ffee00f00d0000c0ffee00' },
        testCall(),
      ),
  places: (session) => session.require('places').run({}, testCall()),
  uses: async (session, id) =>
    session.require('uses').run({ images: [await session.require('show').run({ id }, testCall())] }, testCall()),
};

type Asked = { readonly method: string; readonly path: string };

const reads: readonly OperationName[] = [...readingVerbs];

describe.each(overNetwork)('in front of %s', (_name, stage) => {
  const { driver, wire, silent = {} } = stage;
  const verbsHere = operationNames.filter((verb) => driver.facts[verb]);
  const asked = verbsHere.filter((verb) => silent[verb] === undefined);
  const changes = (request: Asked): boolean => changesAt(stage, request);
  let cloud: RunningCloud;
  const ids = new Map<OperationName, string>();
  beforeAll(async () => {
    cloud = await stage.cloud.start();
    for (const verb of asked) {
      const [id = ''] = await cloud.seed([{ name: `for-${verb}`, status: statusFor(driver, verb) }]);
      ids.set(verb, id);
    }
  });
  afterAll(() => cloud.stop());

  it.each(Object.entries(silent) as [OperationName, string][])('%s asks nobody: %s', async (verb) => {
    cloud.forget();
    await verbs[verb](openSession(driver, cloud.values).session, '');
    expect(cloud.requests()).toEqual([]);
  });

  it.each(wire.notFound)('what is its own word is taken for that: %s', async (body) => {
    const id = ids.get('show') ?? '';
    let isOn = true;
    cloud.fail({
      kind: 'answer',
      status: 404,
      body,
      times: 99,
      on: (asked) => isOn && (wire.servesFiles === true || looksAt(wire, asked, id)),
    });
    const failed = await failure(verbs.show(openSession(driver, cloud.values).session, id));
    isOn = false;
    expect(failed, String(failed)).toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(Object.entries(answers))('a %s is no word of the provider, whatever was asked', async (title, answer) => {
    const place = Object.keys(answers).indexOf(title) + overNetwork.findIndex(([, other]) => other === stage);
    const isItsWord = wire.servesFiles === true && [404, 410].includes(answer.status);
    let on: ((one: Asked) => boolean) | undefined;
    // Who signs in at a wrong address is told so.
    cloud.fail({ kind: 'answer', ...answer, times: 9999, on: (one) => !wire.isSignIn(one) && on?.(one) === true });
    for (const [index, verb] of asked.entries()) {
      if (!hasTurn(index + place, 8)) continue;
      for (const whom of reads.includes(verb) ? [() => true] : [() => true, changes]) {
        const { session } = openSession(driver, cloud.values);
        const id = ids.get(verb) ?? '';
        on = whom;
        const failed = await failure(verbs[verb](session, id)).catch((error: unknown) => error);
        on = undefined;
        expect(failed, `${verb}: ${String(failed)}`).toMatchObject({ code: isItsWord ? 'NOT_FOUND' : 'PROVIDER' });
        expect(String(failed)).not.toMatch(/<\w|read-only/);
      }
    }
    // What was removed is not shown everywhere.
    for (const id of [...ids].flatMap(([verb, one]) => (statusFor(driver, verb) === 'removed' ? [] : [one])))
      expect((await verbs.show(openSession(driver, cloud.values).session, id)) as object).toHaveProperty('id', id);
  });
});
