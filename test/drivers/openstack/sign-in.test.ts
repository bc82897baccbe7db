import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import driver from '../../../src/drivers/openstack/index.ts';
import { startOpenstack, type OpenstackCloud } from '../../clouds/openstack/index.ts';
import { appCredential, projects, users } from '../../clouds/openstack/keystone.ts';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

let cloud: OpenstackCloud;
beforeEach(async () => {
  cloud = await startOpenstack();
});
afterEach(() => {
  vi.useRealTimers();
  return cloud.stop();
});

type Values = Readonly<Record<string, string>>;

/** Lists with these values and returns what was asked: method and path of each request, and the first one's JSON. */
async function list(values: Values): Promise<{ asked: readonly string[]; auth: unknown }> {
  cloud.forget();
  await allOf(openSession(driver, values).session.require('list').run(everything, testCall()));
  const requests = cloud.requests();
  const body = requests[0]?.body ?? '';
  return {
    asked: requests.map(({ method, path }) => `${method} ${path.split('?')[0] ?? ''}`),
    auth: body === '' ? undefined : (JSON.parse(body) as { auth: unknown }).auth,
  };
}
const fails = (values: Values, ...codes: Parameters<typeof failureOf>[1][]) => failureOf(list(values), ...codes);
/** `failureOf` for what already `connect` refuses. */
const refused = (values: Values) => failureOf((async () => openSession(driver, values))(), 'CONFIG');

function without(values: Values, ...names: readonly string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

async function tokenOf(user: string, scoped = true): Promise<string> {
  const domain = { id: 'default' };
  const scope = { scope: { project: { name: users[user]?.project, domain } } };
  const identity = { methods: ['password'], password: { user: { name: user, domain, password: users[user]?.password } } };
  const answer = await fetch(`${cloud.origin}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity, ...(scoped ? scope : {}) } }),
  });
  return answer.headers.get('x-subject-token') ?? '';
}

describe('the ways to sign in', () => {
  const user = (domain: object) => ({ name: 'demo', domain, password: users.demo?.password });

  it('password: the default domain by id, another by name, the project in the domain of the user', async () => {
    expect((await list(cloud.values)).auth).toEqual({
      identity: { methods: ['password'], password: { user: user({ id: 'default' }) } },
      scope: { project: { name: 'demo', domain: { id: 'default' } } },
    });
    expect((await list({ ...cloud.values, userDomain: 'Default' })).auth).toEqual({
      identity: { methods: ['password'], password: { user: user({ name: 'Default' }) } },
      scope: { project: { name: 'demo', domain: { name: 'Default' } } },
    });
  });

  it('password: a project by id needs no domain', async () => {
    const { auth } = await list({ ...without(cloud.values, 'project'), projectId: projects.demo ?? '' });
    expect(auth).toMatchObject({ scope: { project: { id: projects.demo } } });
  });

  it('application credential: by id or by name, and never with a scope', async () => {
    const base = {
      authUrl: `${cloud.origin}/v3`,
      region: 'RegionOne',
      project: 'demo',
      applicationCredentialSecret: appCredential.secret,
    };
    const { id, name, secret } = appCredential;
    expect((await list({ ...base, applicationCredentialId: id })).auth).toEqual({
      identity: { methods: ['application_credential'], application_credential: { id, secret } },
    });
    expect((await list({ ...base, applicationCredentialName: name, username: 'demo' })).auth).toEqual({
      identity: {
        methods: ['application_credential'],
        application_credential: { name, user: { name: 'demo', domain: { id: 'default' } }, secret },
      },
    });
  });

  it('token: used as it is, or exchanged for one of the project', async () => {
    const base = { authUrl: `${cloud.origin}/v3`, region: 'RegionOne', token: await tokenOf('demo') };
    expect((await list(base)).asked).toEqual(['GET /v3/auth/tokens', 'GET /image/v2/images']);
    expect((await list({ ...base, project: 'demo' })).auth).toMatchObject({
      identity: { methods: ['token'] },
      scope: { project: { name: 'demo' } },
    });
  });

  it('token and image endpoint: Keystone is not asked at all', async () => {
    const { asked } = await list({ token: await tokenOf('demo'), imageEndpoint: `${cloud.origin}/image/v2/` });
    expect(asked).toEqual(['GET /image/v2/images']);
  });

  it('takes the address with and without the version, and that of a Platform9 by its host', async () => {
    const keystone = ['', '/', '/v3', '/v3/'].map((tail) => ({ ...cloud.values, authUrl: `${cloud.origin}${tail}` }));
    for (const values of keystone) expect((await list(values)).asked[0]).toBe('POST /v3/auth/tokens');
    const host = { ...without(cloud.values, 'authUrl'), host: cloud.origin, region: 'Prefixed' };
    expect((await list(host)).asked).toEqual(['POST /keystone/v3/auth/tokens', 'GET /glance/v2/images']);
  });
});

describe('the token', () => {
  it('is fetched at the first request, once, also by verbs that run at the same time', async () => {
    const [id = ''] = await cloud.seed([{ name: 'one' }]);
    const { session } = openSession(driver, cloud.values);
    expect(cloud.requests()).toEqual([]);
    const show = () => session.require('show').run({ id }, testCall());
    await Promise.all([show(), show(), show()]);
    await show();
    expect(cloud.requests().filter(({ method }) => method === 'POST').length).toBe(1);
  });

  it('is renewed after a 401, once for all', async () => {
    const [id = ''] = await cloud.seed([{ name: 'one' }]);
    const { session } = openSession(driver, cloud.values);
    const show = () => session.require('show').run({ id }, testCall());
    await show();
    cloud.keystone.revokeAll();
    cloud.forget();
    expect((await Promise.all([show(), show()])).map((image) => image.id)).toEqual([id, id]);
    expect(cloud.requests().filter(({ method }) => method === 'POST').length).toBe(1);
    cloud.fail({ kind: 'answer', status: 401, times: 2, on: ({ path }) => path.startsWith('/image'), body: '' });
    await failureOf(show(), 'AUTH');
  });

  it('is renewed before bytes are sent when it is about to end', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    cloud.keystone.lifeS = 100;
    const { session } = openSession(driver, cloud.values);
    const description = { name: 'late' };
    const queued = await session
      .require('create')
      .run({ description: { ...description, diskFormat: 'raw' }, extras: {} }, testCall());
    vi.setSystemTime(Date.now() + 60_000);
    cloud.forget();
    await session
      .require('upload')
      .run({ into: queued.id, description, content: makeContent({ format: 'raw' }), extras: {} }, testCall());
    const asked = cloud.requests().map(({ method, path }) => `${method} ${path.replace(queued.id, 'ID')}`);
    expect(asked).toEqual([
      'GET /image/v2/images/ID',
      'POST /v3/auth/tokens',
      'PUT /image/v2/images/ID/file',
      'GET /image/v2/images/ID',
    ]);
  });

  it('is renewed when the bytes are refused with 401 and can be sent again', async () => {
    const { session } = openSession(driver, cloud.values);
    const upload = (blind: boolean) => {
      cloud.fail({ kind: 'answer', status: 401, body: '', on: ({ method, path }) => method === 'PUT' && path.endsWith('/file') });
      const content = makeContent({ format: 'raw' }, { blind });
      return session.require('upload').run({ description: { name: 'again' }, content, extras: {} }, testCall());
    };
    expect((await upload(false)).status).toBe('active');
    await failureOf(upload(true), 'AUTH');
    expect(cloud.one.store.images.size).toBe(1);
  });
});

describe('what cannot sign in', () => {
  it('is refused before any request when values are missing', async () => {
    const { values } = cloud;
    const hopeless: readonly Values[] = [
      without(values, 'password'),
      without(values, 'username'),
      without(values, 'authUrl'),
      { ...values, authUrl: 'keystone.example' },
      { ...values, authUrl: `${cloud.origin}/v2.0` },
      { ...values, imageEndpoint: 'glance' },
      { ...values, interface: 'private' },
      { authUrl: cloud.origin, applicationCredentialId: 'x' },
      { authUrl: cloud.origin, applicationCredentialName: 'x', applicationCredentialSecret: 'y' },
    ];
    for (const each of hopeless) expect((await refused(each)).circumstances.hint ?? '', JSON.stringify(each)).not.toBe('');
    expect(cloud.requests()).toEqual([]);
  });

  it("keeps Keystone's words and shows no secret", async () => {
    const error = await fails({ ...cloud.values, password: 'wrong-hunter3' }, 'AUTH');
    expect(error.message).toContain('The request you have made requires authentication. (HTTP 401)');
    expect(error.circumstances).toMatchObject({ status: 401, requestId: 'req-keystone' });
    expect(JSON.stringify([error.message, error.circumstances])).not.toContain('hunter3');
  });

  it('is AUTH also for an application credential that Keystone does not find', async () => {
    const values = { authUrl: cloud.origin, applicationCredentialId: 'nope', applicationCredentialSecret: 'x' };
    expect((await fails(values, 'AUTH')).message).toContain('Could not find Application Credential: nope.');
  });

  it('names the project as what is missing when the token has none', async () => {
    expect((await fails(without(cloud.values, 'project'), 'CONFIG')).circumstances.hint).toContain('project');
    await fails({ authUrl: cloud.origin, token: await tokenOf('demo', false) }, 'CONFIG');
  });

  it('knows another address from a refusal', async () => {
    const error = await fails({ ...cloud.values, authUrl: `${cloud.origin}/image` }, 'CONFIG');
    expect(error.message).toContain('is not Keystone v3');
  });
});
