import { describe, expect, it } from 'vitest';
import driver from '../../../src/drivers/openstack/index.ts';
import { projects } from '../../clouds/openstack/keystone.ts';
import { useOpenstack } from '../../clouds/openstack/use.ts';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';

const { cloud } = useOpenstack();
type Values = Readonly<Record<string, string>>;

/** Lists with these values and returns method and path of each request. */
async function list(values: Values): Promise<readonly string[]> {
  cloud().forget();
  await allOf(openSession(driver, values).session.require('list').run(everything, testCall()));
  return cloud()
    .requests()
    .map(({ method, path }) => `${method} ${path.split('?')[0] ?? ''}`);
}
const fails = (values: Values, ...codes: Parameters<typeof failureOf>[1][]) => failureOf(list(values), ...codes);
const without = (values: Values, ...names: readonly string[]): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));

describe('the image service', () => {
  it('is that of the region, with whatever prefix it has', async () => {
    expect((await list({ ...cloud().values, region: 'RegionTwo' })).at(-1)).toBe('GET /image-two/v2/images');
    expect((await list({ ...cloud().values, region: 'Prefixed' })).at(-1)).toBe('GET /glance/v2/images');
  });

  it('is asked for by name when there are several, and an unknown one is answered with those there are', async () => {
    for (const values of [without(cloud().values, 'region'), { ...cloud().values, region: 'Atlantis' }])
      expect((await fails(values, 'CONFIG')).circumstances.hint).toBe('Set region to one of: Prefixed, RegionOne, RegionTwo');
  });

  it('is at the given address, whatever the catalogue says', async () => {
    for (const tail of ['', '/', '/v2', '/v2/', '/v2.9'])
      expect((await list({ ...cloud().values, imageEndpoint: `${cloud().origin}/image-two${tail}` })).at(-1)).toBe(
        'GET /image-two/v2/images',
      );
  });

  it('is told from its own list of versions', async () => {
    cloud().fail({ kind: 'answer', status: 300, body: '{"versions":[]}', on: ({ path }) => path.startsWith('/image/') });
    const error = await fails(cloud().values, 'CONFIG');
    expect(error.message).toContain('list of versions');
    expect(error.circumstances.hint).toContain('imageEndpoint');
  });

  it('does not lead our token elsewhere', async () => {
    cloud().fail({
      kind: 'answer',
      status: 302,
      headers: { location: `${cloud().origin}/thief` },
      on: ({ path }) => path.startsWith('/image/'),
    });
    await fails(cloud().values, 'PROVIDER');
    expect(
      cloud()
        .requests()
        .some(({ path }) => path.startsWith('/thief')),
    ).toBe(false);
  });
});

describe('probe', () => {
  it('tells who we are and what the site lacks', async () => {
    const probe = () => openSession(driver, cloud().values).session.probe(testCall());
    const whole = await probe();
    expect(whole.who).toBe('demo@demo');
    expect(whole.details).toMatchObject({
      projectId: projects.demo,
      roles: 'member',
      region: 'RegionOne',
      stores: 'fast, cheap, frozen',
    });
    expect(whole.missing).toEqual({});
    Object.assign(cloud().one.site, { methods: [], stores: undefined });
    expect(Object.keys((await probe()).missing).sort()).toEqual(['import', 'places', 'replicate']);
  });

  it('wraps what is secret', () => {
    for (const name of ['password', 'applicationCredentialSecret', 'token'])
      expect(driver.profile[name]?.secret, name).toBe(true);
  });
});
