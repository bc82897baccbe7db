import { describe, expect, it } from 'vitest';
import driver from '../../../src/drivers/incus/index.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';
import { opened } from './stage.ts';

const tokenOf = (secret: string): string =>
  Buffer.from(JSON.stringify({ client_name: 'me', fingerprint: 'ab', addresses: ['127.0.0.1:1'], secret })).toString('base64');
const invites = tokenOf('planted-secret');
const certificates = makeCertificates();
certificates.issue('me', true);
const own = { clientCert: certificates.text('me.crt'), clientKey: certificates.text('me.key') };
certificates.remove();

/** A server that does not trust us yet, and a session with a token for it. */
async function invited(product: 'incus' | 'lxd', token = invites, more: Readonly<Record<string, string>> = own) {
  const { cloud } = await opened({ product, auth: 'untrusted', invites });
  const joins = () => cloud.requests().filter(({ path }) => path.startsWith('/1.0/certificates')).length;
  return { ...openSession(driver, { url: cloud.origin, token, ...more }), cloud, joins };
}

describe.each(['incus', 'lxd'] as const)('a token by which %s trusts a client', (product) => {
  it('is used by who asks to be known, once, and is not sent with anything else', async () => {
    const { session, traces, cloud, joins } = await invited(product);
    const refused = await failureOf(session.require('show').run({ id: 'a'.repeat(64) }, testCall()), 'AUTH', 'NOT_FOUND');
    expect(refused.message).not.toContain('planted');
    expect(joins()).toBe(0);
    expect(await session.probe(testCall())).toMatchObject({ missing: {}, details: { server: product } });
    await session.probe(testCall());
    expect(joins()).toBe(1);
    expect(cloud.requests().filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    expect(traces.filter((line) => line.includes(invites))).toEqual([]);
    const [id = ''] = await cloud.seed([{ name: 'web' }]);
    expect(await session.require('show').run({ id }, testCall())).toMatchObject({ id });
  });

  it('that is not taken is told so, with where to get another one, and is not sent again', async () => {
    const { session, joins } = await invited(product, tokenOf('of another server'));
    const { circumstances } = await failureOf(session.probe(testCall(undefined, 5)), 'AUTH');
    expect([circumstances.hint, joins()]).toEqual([expect.stringContaining('trust add'), 1]);
  });

  it('is not sent twice where the answer is lost', async () => {
    const { session, cloud, joins } = await invited(product);
    cloud.fail({ kind: 'drop', on: ({ path }) => path.startsWith('/1.0/certificates') });
    await failureOf(session.probe(testCall(undefined, 5)), 'NETWORK');
    expect(joins()).toBe(1);
  });

  it('is not used up where it could do nothing, nor shown to whom nobody has looked at', async () => {
    for (const more of [{}, { ...own, insecure: 'true' }]) {
      const { session, joins } = await invited(product, invites, more);
      await failureOf(session.probe(testCall()), 'CONFIG');
      expect(joins()).toBe(0);
    }
  });
});
