import { inspect } from 'node:util';
import { expect } from 'vitest';
import type { Code, ImgctlError } from '../../src/core/errors.ts';
import { openSession, type OpenSession } from '../support/open-session.ts';
import type { Fault, RunningCloud } from './cloud.ts';
import { allOf, everything, failure, testCall, type Stage } from './stage.ts';

const always = 1000;
const words = 'The suite says no: 4711';

interface Case {
  readonly title: string;
  readonly fault: Fault;
  readonly code: Code;
  /** The provider explained itself, and its words are to be kept. */
  readonly explained?: boolean;
}

const statusCodes: readonly (readonly [number, Code])[] = [
  [401, 'AUTH'],
  [403, 'AUTH'],
  [404, 'NOT_FOUND'],
  [409, 'CONFLICT'],
  [413, 'LIMIT'],
  [429, 'LIMIT'],
  [500, 'PROVIDER'],
  [503, 'PROVIDER'],
];

function cases(errorBody: (words: string) => string): readonly Case[] {
  const json = { 'content-type': 'application/json' };
  const html = { 'content-type': 'text/html' };
  return [
    ...statusCodes.map(([status, code]): Case => ({
      title: `${status} with the provider's words`,
      fault: { kind: 'answer', status, headers: status === 429 ? { ...json, 'retry-after': '1' } : json, body: errorBody(words) },
      code,
      explained: true,
    })),
    { title: '500 without a body', fault: { kind: 'answer', status: 500, body: '' }, code: 'PROVIDER' },
    {
      title: '502 in HTML',
      fault: { kind: 'answer', status: 502, headers: html, body: '<html><h1>Bad gateway</h1></html>' },
      code: 'PROVIDER',
    },
    {
      title: 'HTML instead of JSON',
      fault: { kind: 'answer', status: 200, headers: html, body: '<html>Please log in</html>' },
      code: 'PROVIDER',
    },
    {
      title: 'half a JSON text',
      fault: { kind: 'answer', status: 200, headers: json, body: '{"data": [{"id": "x", "na' },
      code: 'PROVIDER',
    },
    {
      title: 'JSON of another shape',
      fault: { kind: 'answer', status: 200, headers: json, body: '[1, 2, 3]' },
      code: 'PROVIDER',
    },
    { title: 'an answer cut off', fault: { kind: 'truncate' }, code: 'NETWORK' },
    { title: 'a dropped connection', fault: { kind: 'drop' }, code: 'NETWORK' },
  ];
}

/** The secret values of the profile, also as HTTP Basic would send them. */
function secretsOf(stage: Stage, values: Readonly<Record<string, string>>): readonly string[] {
  const isSecret = (name: string): boolean => stage.driver.profile[name]?.secret === true;
  const secrets = Object.entries(values).flatMap(([name, value]) => (isSecret(name) ? [value] : []));
  const open = Object.entries(values).flatMap(([name, value]) => (isSecret(name) ? [] : [value]));
  const basic = secrets.flatMap((secret) => open.map((user) => Buffer.from(`${user}:${secret}`).toString('base64')));
  return [...secrets, ...basic];
}

function expectNoSecret(
  stage: Stage,
  error: ImgctlError,
  { traces }: OpenSession,
  values: Readonly<Record<string, string>>,
): void {
  const secrets = secretsOf(stage, values);
  const shown = [
    error.message,
    error.stack ?? '',
    JSON.stringify(error),
    inspect(error, { depth: 10, showHidden: true }),
    ...traces,
  ];
  for (const secret of secrets)
    expect(
      shown.some((text) => text.includes(secret)),
      'a secret is shown',
    ).toBe(false);
}

/** What a driver makes of a provider that fails: the kind of error, the provider's words, and no secret. */
export function faultTests(stage: Stage): void {
  const { errorBody } = stage;
  if (!errorBody) throw new Error('a cloud with a wire needs the option errorBody');

  async function on(work: (cloud: RunningCloud, open: OpenSession, id: string) => Promise<void>): Promise<void> {
    const cloud = await stage.cloud.start();
    try {
      const [id = ''] = await cloud.seed([{ name: 'faulty', status: 'active' }]);
      const open = openSession(stage.driver, cloud.values);
      await open.session.require('show').run({ id }, testCall());
      await work(cloud, open, id);
    } finally {
      await cloud.stop();
    }
  }

  stage.test('the profile of the tests has a secret to be kept', async () => {
    expect(secretsOf(stage, stage.cloudNow().values).length).toBeGreaterThan(0);
  });

  for (const [index, header] of stage.driver.requestIds.entries())
    for (const status of index === 0 ? [302, 401, 403, 409, 500] : [409])
      stage.test(`${status} names the request as ${header} does`, () =>
        on(async (cloud, open, id) => {
          const headers = { 'content-type': 'application/json', [header]: 'planted-4711', location: '/elsewhere' };
          cloud.fail({ kind: 'answer', status, headers, body: errorBody(words), times: always });
          const { session } = open;
          const works: readonly (() => Promise<unknown>)[] = [
            () => session.require('show').run({ id }, testCall()),
            () => allOf(session.require('list').run(everything, testCall())),
            ...(stage.driver.facts.delete ? [() => session.require('delete').run({ id }, testCall())] : []),
          ];
          for (const work of works) {
            const error = await failure(work());
            expect(error.circumstances, error.message).toMatchObject({ requestId: 'planted-4711', status });
          }
        }),
      );

  stage.test('what is no JSON names the request too', () =>
    on(async (cloud, open, id) => {
      const [header = ''] = stage.driver.requestIds;
      const headers = { 'content-type': 'text/html', [header]: 'planted-4711' };
      cloud.fail({ kind: 'answer', status: 200, headers, body: '<html>Please log in</html>', times: always });
      const error = await failure(open.session.require('show').run({ id }, testCall()));
      expect(error.circumstances).toMatchObject({ requestId: 'planted-4711' });
    }),
  );

  for (const { title, fault, code, explained } of cases(errorBody)) {
    stage.test(`show: ${title}`, () =>
      on(async (cloud, open, id) => {
        cloud.fail({ ...fault, times: always });
        const error = await failure(open.session.require('show').run({ id }, testCall()));
        expect(error.code, error.message).toBe(code);
        if (explained) expect(error.message).toContain(words);
        if (fault.status !== undefined && fault.status >= 400) expect(error.circumstances.status).toBe(fault.status);
        expectNoSecret(stage, error, open, cloud.values);
        expect(open.traces.length, 'trace lines').toBeGreaterThan(0);
      }),
    );

    stage.test(`list: ${title}`, () =>
      on(async (cloud, open) => {
        cloud.fail({ ...fault, times: always });
        const error = await failure(allOf(open.session.require('list').run(everything, testCall())));
        expect(error.code, error.message).toBe(code);
        if (explained) expect(error.message).toContain(words);
        expectNoSecret(stage, error, open, cloud.values);
      }),
    );
  }

  if (stage.driver.facts.patch)
    stage.test('a refused change keeps the provider’s words', () =>
      on(async (cloud, open, id) => {
        const body = errorBody(words);
        cloud.fail({
          kind: 'answer',
          status: 409,
          headers: { 'content-type': 'application/json' },
          body,
          times: always,
          on: ({ method }) => method !== 'GET',
        });
        const asked = stage.driver.facts.patch?.fields.includes('name') ? { name: 'other' } : { description: 'other' };
        const error = await failure(
          open.session.require('patch').run({ id, changes: asked, extras: stage.extras?.patch ?? {} }, testCall()),
        );
        expect(error.code).toBe('CONFLICT');
        expect(error.message).toContain(words);
        expectNoSecret(stage, error, open, cloud.values);
      }),
    );
}
