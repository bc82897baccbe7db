import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../conformance/cloud.ts';
import { readingVerbs, type OperationName } from '../../src/core/operation.ts';
import { overNetwork } from '../clouds/index.ts';
import { journalText } from '../support/killed-run.ts';
import { everyCommand } from '../support/command-lines.ts';
import { hasTurn } from '../support/sweep.ts';
import { plant, seeded, waysToWrite, type Planted } from './planted.ts';

/** An answer that quotes all secrets, each in every way. `at` is what the words begin with, so that a cut falls elsewhere each time. */
type Echo = (words: string, secrets: readonly string[]) => Pick<Fault, 'status' | 'headers' | 'body'>;

const json = { 'content-type': 'application/json' };
/** Where the message of an error stands in the bodies of all providers. */
const jsonBody = (words: string): string =>
  JSON.stringify({
    message: words,
    error: { message: words, title: words },
    errors: [{ reason: words, code: words, message: words, detail: words }],
    type: 'error',
    code: words,
    detail: words,
    fieldName: words,
  });
/** What a header may hold. */
const inHeader = (words: string): string => words.replace(/[^ -~]/g, '').slice(0, 4000);

const echoes: Readonly<Record<string, Echo>> = {
  '401 in JSON': (words) => ({ status: 401, headers: { ...json, 'www-authenticate': 'Basic realm="x"' }, body: jsonBody(words) }),
  '403 as text': (words) => ({ status: 403, headers: { 'content-type': 'text/plain' }, body: words }),
  '409 in HTML': (words) => ({
    status: 409,
    headers: { 'content-type': 'text/html' },
    body: `<html><head><title>${words}</title></head><body>${words}</body></html>`,
  }),
  '500 in JSON': (words) => ({ status: 500, headers: json, body: jsonBody(words) }),
  '400 with headers': (words) => ({
    status: 400,
    headers: { ...json, 'x-request-id': inHeader(words), 'x-openstack-request-id': inHeader(words) },
    body: '{}',
  }),
  '302 with all in the address': (_words, secrets) => ({
    status: 302,
    headers: {
      location: `http://127.0.0.1:9/${encodeURIComponent(secrets[0] ?? '')}?Signature=signed-4711&all=${encodeURIComponent(secrets.join(' '))}`,
    },
  }),
  '200 that is no JSON': (words) => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: words }),
};

const manners = [[], ['--debug'], ['-o', 'json'], ['--debug', '-o', 'json', '-v']];

describe.each(overNetwork)('an answer of %s that quotes the credentials', (provider, stage) => {
  let planted: Planted;
  let answering: { readonly echo: Echo; readonly signIn: boolean } | undefined;
  beforeAll(async () => {
    planted = await plant(provider);
    const fault: Fault = {
      kind: 'answer',
      times: Number.MAX_SAFE_INTEGER,
      on: (request) =>
        answering !== undefined && (answering.signIn || !(stage.wire.isSignIn(request) || stage.wire.asksForSchema?.(request))),
    };
    // What is answered is asked for anew each time, for tokens become known as the tests go on.
    const now = (): Pick<Fault, 'status' | 'headers' | 'body'> => {
      const secrets = planted.secrets();
      count += 7;
      return answering?.echo(`${'x'.repeat(count % 190)} ${secrets.flatMap(waysToWrite).join(' ')}`, secrets) ?? {};
    };
    let count = 0;
    const live = ['status', 'headers', 'body'] as const;
    let last = now();
    for (const field of live)
      Object.defineProperty(fault, field, {
        get() {
          if (field === 'status') last = now();
          return last[field];
        },
      });
    planted.cloud.fail(fault);
    await planted.run(['list', '-p', 'x']);
  });
  afterAll(() => planted.stop());

  it.each(Object.keys(echoes))('%s: shows none of them, whatever the command', async (kind) => {
    const echo = echoes[kind];
    if (!echo) throw new Error(kind);
    const turn = Object.keys(echoes).indexOf(kind);
    const file = planted.file('disk.raw', Buffer.alloc(4096, 'x'));
    const seenFailures = new Set<number>();
    const leaking: string[] = [];
    const quoted = new Set<string>();
    answering = undefined;
    const id = await seeded(planted);
    for (const [index, line] of everyCommand({ stage, profile: 'x', id, file, folder: planted.home.folder }).entries()) {
      // Manners, and whether it comes to the sign-in already, take turns.
      if (!hasTurn(index + turn, 4)) continue;
      answering = { echo, signIn: (index + turn) % 5 === 0 };
      const manner = line.includes('-o')
        ? (manners[Math.floor((index + turn) / 2) % 2] ?? [])
        : (manners[Math.floor((index + turn) / 2) % 4] ?? []);
      const { stdout, stderr, exitCode } = await planted.run([...line, ...manner, '--retries', '0']);
      seenFailures.add(exitCode);
      const shown = `${stdout}\n${stderr}`;
      const secrets = planted.secrets();
      for (const secret of secrets) quoted.add(secret);
      const found = [...secrets.flatMap(waysToWrite), 'signed-4711'].filter((needle) => shown.includes(needle));
      // Whoever cuts a quotation in the middle of a secret shows its beginning.
      const cut = secrets
        .map((secret) => secret.slice(0, 12))
        .filter((beginning) => beginning.length === 12 && shown.includes(beginning));
      const [first] = [...found, ...cut];
      if (first !== undefined) leaking.push(`${[...line, ...manner].join(' ')}: ${first}`);
    }
    answering = undefined;
    expect(leaking).toEqual([]);
    const journal = journalText(planted.home.folder);
    // Who only lists and shows has nothing to write down.
    if (Object.keys(stage.driver.facts).some((verb) => !readingVerbs.has(verb as OperationName)))
      expect(journal).toContain('"outcome"');
    expect([...[...quoted].flatMap(waysToWrite), 'signed-4711'].filter((needle) => journal.includes(needle))).toEqual([]);
    expect(seenFailures.has(1), 'a bug').toBe(false);
    expect(seenFailures.size).toBeGreaterThan(1);
  });
});
