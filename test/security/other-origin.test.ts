import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskBytes } from '../support/content.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { makeBed, type Bed } from '../clouds/bed.ts';
import { overNetwork, stageOf, verbLines } from '../clouds/index.ts';
import type { VerbLine } from '../clouds/verb-line.ts';
import { inTurns } from '../support/sweep.ts';

let elsewhere: FakeServer;
let bed: Bed | undefined;
beforeEach(async () => {
  elsewhere = await startFakeServer(() => ({ status: 200, body: { data: [], images: [] } }));
});
afterEach(async () => {
  await elsewhere.stop();
  await bed?.stop();
  bed = undefined;
});

const credentials = /^(authorization|x-auth-token|x-subject-token|cookie|proxy-authorization|x-api-.*)$/;

/** What somebody else was told that they should not know. */
const told = (): readonly string[] =>
  elsewhere
    .requests()
    .flatMap(({ method, path, headers, body }) => [
      ...Object.keys(headers).flatMap((name) => (credentials.test(name) ? [`${method} ${path}: ${name}`] : [])),
      ...(/passw|secret|credential/i.test(body) ? [`${method} ${path}: ${body}`] : []),
    ]);

async function begin(
  line: Pick<VerbLine, 'provider' | 'cloud' | 'status' | 'before'>,
): Promise<{ readonly bed: Bed; readonly id: string }> {
  const made = await makeBed({ x: line.cloud ?? line.provider });
  bed = made;
  const id = await made.cloud('x').seed('web', line.status);
  await line.before?.(made);
  return { bed: made, id };
}

const quick = ['-p', 'x', '--timeout', '2s', '--retries', '0'];
/** Nothing is ever finished here: nobody waits for it. */
const soon = (args: readonly string[]): readonly string[] => args.map((arg) => (arg === '5s' ? '100ms' : arg));

const redirects = [301, 302, 303, 307, 308];

describe('redirects to another origin', () => {
  it.each(redirects)('%i: nobody follows', async (status) => {
    // Every verb meets one of them on whatever it asks, and another one once it has signed in.
    for (const [index, line] of verbLines.entries()) {
      const turn = (index + redirects.indexOf(status)) % redirects.length;
      if (turn > 1) continue;
      const { bed: at, id } = await begin(line);
      at.cloud('x').proxy.plan((request) =>
        turn === 0 || stageOf(line.provider).wire?.isSignIn(request) !== true
          ? { kind: 'redirect', status, to: `${elsewhere.origin}${request.path}` }
          : undefined,
      );
      elsewhere.forget();
      const { exitCode } = await at.feed(line.stdin, ...soon(line.args(id, at)), ...quick);
      expect(exitCode, `${line.provider} ${line.verb}`).not.toBe(0);
      const asked = stageOf(line.provider).wire?.redirects ? told() : elsewhere.requests();
      expect(asked, `${line.provider} ${line.verb}`).toEqual([]);
      await at.stop();
    }
    bed = undefined;
  });
});

describe('links to another origin', () => {
  const swapped = (at: Bed, body: string): string => {
    const [own = ''] = Object.values(at.cloud('x').values).flatMap((value) => /^http:\/\/[\d.:]+/.exec(value)?.[0] ?? []);
    const slashed = (url: string): string => url.replaceAll('/', String.raw`\/`);
    return body.replaceAll(slashed(own), slashed(elsewhere.origin)).replaceAll(own, elsewhere.origin);
  };

  for (const where of ['every answer', 'answers about images only', 'schemas only'])
    it(`in ${where}: a key never goes there`, async () => {
      for (const line of inTurns(verbLines, 4).filter(({ provider }) => provider === 'rancher')) {
        const { bed: at, id } = await begin(line);
        at.cloud('x').proxy.plan(({ path }) => {
          const isSchema = path.includes('schemas');
          const meant = where === 'every answer' || isSchema === (where === 'schemas only');
          return meant ? { kind: 'tampered', change: (body) => swapped(at, body) } : undefined;
        });
        await at.feed(line.stdin, ...soon(line.args(id, at)), ...quick);
        expect(elsewhere.requests(), line.verb).toEqual([]);
        await at.stop();
      }
      bed = undefined;
    });

  it.each(overNetwork)(
    'in every answer of %s but that to a sign-in: whoever is asked there is told nothing',
    async (_name, stage) => {
      for (const line of inTurns(stage.verbLines, 4)) {
        const { bed: at, id } = await begin(line);
        at.cloud('x').proxy.plan((request) =>
          stage.wire.isSignIn(request) ? undefined : { kind: 'tampered', change: (body) => swapped(at, body) },
        );
        await at.feed(line.stdin, ...soon(line.args(id, at)), ...quick);
        expect(told(), `${line.provider} ${line.verb}`).toEqual([]);
        await at.stop();
      }
      bed = undefined;
    },
  );

  it('in `next`, `self`, `file` and `schema` of an image service are not asked', async () => {
    for (const line of inTurns(verbLines, 4).filter(({ provider }) => provider === 'openstack')) {
      const { bed: at, id } = await begin(line);
      for (let count = 0; count < 6; count += 1) await at.cloud('x').seed(`other-${count}`);
      at.cloud('x').proxy.plan(({ path }) =>
        path.includes('/v2/images')
          ? {
              kind: 'tampered',
              change: (body) =>
                body.replaceAll(/"(next|self|file|schema|first|direct_url)":\s*"(\/[^"]*)"/g, `"$1":"${elsewhere.origin}$2"`),
            }
          : undefined,
      );
      await at.run(...soon(line.args(id, at)), ...quick);
      expect(elsewhere.requests(), line.verb).toEqual([]);
      await at.stop();
    }
    bed = undefined;
  });

  it('a signed address for data gets the data, and no credentials', async () => {
    const { bed: at } = await begin({ provider: 'linode' });
    at.cloud('x').proxy.plan(({ path }) =>
      path.endsWith('/images/upload')
        ? {
            kind: 'tampered',
            change: (body) => JSON.stringify({ ...JSON.parse(body), upload_to: `${elsewhere.origin}/put?Signature=signed-4711` }),
          }
        : undefined,
    );
    const { stderr } = await at.run(
      'upload',
      at.file('disk.raw', diskBytes('raw', 4096)),
      '--name',
      'new',
      '--wait-timeout',
      '500ms',
      '--debug',
      ...quick,
    );
    expect(elsewhere.requests().map(({ method }) => method)).toEqual(['PUT']);
    expect(told()).toEqual([]);
    expect(stderr).not.toContain('signed-4711');
  });

  it('a URL to upload from is asked without credentials, through redirects too', async () => {
    const { bed: at } = await begin({ provider: 'openstack' });
    const first = await startFakeServer(() => ({
      status: 302,
      headers: { location: `${elsewhere.origin}/disk`, 'set-cookie': 'a=b' },
    }));
    await at.run('upload', `${first.origin}/disk?sig=signed-4711`, '--name', 'new', ...quick);
    await first.stop();
    expect(elsewhere.requests().length).toBeGreaterThan(0);
    expect(told()).toEqual([]);
  });
});
