import { afterEach, describe, expect, it, vi } from 'vitest';
import { challengesOf } from '../../../src/drivers/oci/challenge.ts';
import driver from '../../../src/drivers/oci/index.ts';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { part } from '../../clouds/oci/blobs.ts';
import type { Switches } from '../../clouds/oci/switches.ts';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { gather, makeContent } from '../../support/content.ts';
import { startFakeServer } from '../../support/fake-server.ts';
import { openSession } from '../../support/open-session.ts';

let stop: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  for (const end of stop) await end();
  stop = [];
});

/** From now on it is so many ms after this moment, at the registry too, and stays so. */
function passes(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
}

async function start(switches: Partial<Switches> = {}, more: Readonly<Record<string, string>> = {}) {
  const cloud: OciCloud = await startOci(switches);
  stop.push(() => cloud.stop());
  const { session, traces } = openSession(driver, { ...cloud.values, places: '', ...more });
  const list = () => allOf(session.require('list').run(everything, testCall()));
  return { cloud, session, traces, list };
}
const tokenRequests = (cloud: OciCloud): readonly URL[] =>
  cloud.requests().flatMap(({ path }) => (path.startsWith('/token') ? [new URL(path, cloud.origin)] : []));

describe('challenges', () => {
  it('are read with commas inside quotes, escapes, and several in one header', () => {
    const header =
      'Basic realm="a, \\"b\\"", Bearer realm="https://t/x",service="s",scope="repository:a/b:pull,push repository:c/d:pull", Other';
    expect(challengesOf(header)).toEqual([
      { scheme: 'basic', parameters: { realm: 'a, "b"' } },
      {
        scheme: 'bearer',
        parameters: { realm: 'https://t/x', service: 's', scope: 'repository:a/b:pull,push repository:c/d:pull' },
      },
      { scheme: 'other', parameters: {} },
    ]);
    expect(challengesOf('')).toEqual([]);
    expect(challengesOf('"""=,,')).toEqual([]);
  });
});

describe('signing in by tokens', () => {
  it('takes one token for all that is read, and another to write', async () => {
    const { cloud, session, list } = await start();
    const id = cloud.plant({ name: 'one' });
    for (let n = 0; n < 30; n += 1) cloud.plant({ name: `image-${n}` });
    await list();
    expect(tokenRequests(cloud).map(({ searchParams }) => searchParams.getAll('scope'))).toEqual([
      [`repository:${library}:pull`],
    ]);
    await session.require('patch').run({ id, changes: { name: 'two' }, extras: {} }, testCall());
    expect(tokenRequests(cloud).length).toBe(2);
  });

  it('asks for several scopes one by one', async () => {
    const { cloud, session } = await start();
    const id = cloud.plant({ name: 'mounted' });
    await session.require('replicate').run({ id, add: ['other/place'], remove: [] }, testCall());
    expect(tokenRequests(cloud).map(({ searchParams }) => searchParams.getAll('scope'))).toContainEqual([
      'repository:other/place:pull,push',
      `repository:${library}:pull`,
    ]);
  });

  it('renews a token before its end, and once when it is refused', async () => {
    passes(0);
    const { cloud, list } = await start({ tokenLife: 100 });
    cloud.plant({ name: 'one' });
    await list();
    passes(85_000);
    cloud.forget();
    await list();
    expect(cloud.requests()[0]?.path).toMatch(/^\/token/);
    cloud.tokens.revoke();
    cloud.forget();
    expect((await list()).length).toBe(1);
    expect(tokenRequests(cloud).length).toBe(1);
  });

  it('takes a fresh one before a disk is sent: it may be looked at when all is there', async () => {
    const { cloud, session } = await start({ tokenLife: 1000 });
    const upload = (seed: number) =>
      session
        .require('upload')
        .run(
          { description: { name: 'x' }, content: makeContent({ format: 'raw' }, { diskLength: 20_000, seed }), extras: {} },
          testCall(),
        );
    await upload(1);
    const { now } = Date;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 300_000);
    cloud.forget();
    await upload(2);
    const asked = cloud
      .requests()
      .map(({ method, path, bodyBytes }) => (path.startsWith('/token') ? 'token' : `${method} ${bodyBytes}`));
    expect(asked[asked.indexOf('PUT 20000') - 1]).toBe('token');
  });

  it('gives up after a second refusal: the right is not granted', async () => {
    const { cloud, session } = await start();
    const id = cloud.plant({ name: 'stays' });
    cloud.tokens.withhold('delete');
    await failureOf(session.require('delete').run({ id }, testCall()), 'AUTH');
    expect(cloud.requests().filter(({ method }) => method === 'DELETE').length).toBe(2);
  });

  it('takes another one where a proxy refuses it without a challenge, and blames no password that was taken', async () => {
    const { cloud, list } = await start();
    cloud.plant({ name: 'one' });
    await list();
    cloud.forget();
    const refuse = (times: number) =>
      cloud.fail({ kind: 'answer', status: 401, body: '', times, on: ({ path }) => path.includes('/tags/') });
    refuse(1);
    expect((await list()).length).toBe(1);
    expect(tokenRequests(cloud).length).toBe(1);
    refuse(9);
    expect((await failureOf(list(), 'AUTH')).circumstances).toMatchObject({ status: 401, accepted: true });
  });

  it('asks for what it needs alone where what the challenge names besides is refused', async () => {
    const { cloud, list } = await start({ challengeScope: 'repository:user/image:pull' });
    cloud.plant({ name: 'one' });
    const denied = { kind: 'answer', status: 403, body: '{"details":"no such repository"}', times: 99 } as const;
    cloud.fail({ ...denied, on: ({ path }) => path.startsWith('/token') && path.includes('user%2Fimage') });
    expect((await list()).length).toBe(1);
  });

  it('takes the life of a token that is written as text', async () => {
    const { cloud, list } = await start();
    let handedOut = 0;
    const answer = (): string => JSON.stringify({ token: '', access_token: `t${(handedOut += 1)}`, expires_in: '20.5' });
    cloud.fail({
      kind: 'answer',
      status: 200,
      times: 9,
      on: ({ path }) => path.startsWith('/token'),
      get body() {
        return answer();
      },
    });
    cloud.fail({
      kind: 'answer',
      status: 200,
      times: 9,
      body: '{"tags":[]}',
      on: ({ path }) => path.includes('/tags/') && handedOut > 0,
    });
    passes(0);
    await list();
    passes(5_000);
    await list();
    expect(handedOut).toBe(1);
    passes(20_000);
    await list();
    expect(handedOut).toBe(2);
  });

  it('says that user or password are wrong', async () => {
    const { list } = await start({}, { password: 'not-the-password' });
    expect((await failureOf(list(), 'AUTH')).message).toContain('incorrect username or password');
  });

  it('sends a token of the profile as it is, and credentials nowhere', async () => {
    const { cloud, list } = await start({}, { token: 'a-token-of-the-profile' });
    await failureOf(list(), 'AUTH');
    expect(cloud.requests().map(({ headers }) => headers.authorization)).toEqual(['Bearer a-token-of-the-profile']);
  });
});

describe('credentials', () => {
  it('go by Basic only after the registry has asked for them', async () => {
    const { cloud, list } = await start({ auth: 'basic' });
    cloud.plant({ name: 'one' });
    expect((await list()).length).toBe(1);
    const [first, ...others] = cloud.requests().map(({ headers }) => headers.authorization?.replace(/ .*/, ''));
    expect(first).toBeUndefined();
    expect(new Set(others)).toEqual(new Set(['Basic']));
  });

  it('do not follow a redirect to storage, and the range does', async () => {
    const { cloud, session } = await start();
    const data = Buffer.from('0123456789'.repeat(1000));
    const storage = await startFakeServer(({ url, headers }) => part({ headers }, data, url.pathname.slice(1)));
    stop.push(() => storage.stop());
    const id = cloud.plant({ name: 'elsewhere', data });
    const download = await session.require('download').run({ id }, testCall());
    cloud.switches.storage = storage.origin;
    expect((await gather(download.open())).equals(data)).toBe(true);
    expect(String(await gather(download.open(9_995)))).toBe('56789');
    expect(storage.requests().map(({ headers }) => [headers.authorization, headers.range])).toEqual([
      [undefined, undefined],
      [undefined, 'bytes=9995-9999'],
    ]);
  });

  it('do not go along to another host that an upload is sent to', async () => {
    const { cloud, session } = await start();
    const id = cloud.plant({ name: 'one' });
    const other = await startFakeServer(() => ({ status: 403, body: 'no' }));
    stop.push(() => other.stop());
    cloud.switches.locationOrigin = other.origin;
    await failureOf(session.require('patch').run({ id, changes: { name: 'two' }, extras: {} }, testCall()), 'AUTH');
    expect(other.requests().length).toBeGreaterThan(0);
    for (const { headers } of other.requests()) expect(headers.authorization).toBeUndefined();
  });

  it('and signed addresses are in no trace', async () => {
    const { cloud, session, traces } = await start();
    const id = cloud.plant({ name: 'one' });
    await session.require('patch').run({ id, changes: { name: 'two' }, extras: {} }, testCall());
    const all = traces.join('\n');
    for (const secret of ['a-password-for-tests', 'of-the-fake', '_state=']) expect(all).not.toContain(secret);
  });
});
