import { describe, expect, it } from 'vitest';
import type { HostEnvironment } from '../../../src/core/driver.ts';
import { ImgctlError } from '../../../src/core/errors.ts';
import type { Http } from '../../../src/core/http.ts';
import { Secret } from '../../../src/core/secret.ts';
import { followed, parseAddress } from '../../../src/drivers/rancher/address.ts';
import rancher from '../../../src/drivers/rancher/index.ts';
import { createHttp } from '../../../src/http/index.ts';
import { onRancher } from '../../clouds/rancher/visit.ts';
import { allOf, everything, testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ImgctlError) return error.code;
  }
  return 'none';
}

describe('the address of rancher', () => {
  it('is read from whatever a person pastes', () => {
    const root = 'http://h:8080/v1';
    const scoped = { origin: 'http://h:8080', root, project: '1a5' };
    expect(parseAddress('http://h:8080')).toEqual({ origin: 'http://h:8080', root });
    expect(parseAddress('http://h:8080/v1/schemas?x=1#y')).toEqual({ origin: 'http://h:8080', root });
    expect(parseAddress('http://h:8080//v1//projects/1a5/schemas/')).toEqual(scoped);
    expect(parseAddress('http://h:8080/v1/projects/1a5/images')).toEqual(scoped);
    expect(parseAddress('http://h:8080/v1/projects/1a5', '1a5')).toEqual(scoped);
    expect(parseAddress('http://h:8080', 'Default').project).toBe('Default');
    expect(parseAddress('https://h/cattle/v2-beta/schemas').root).toBe('https://h/cattle/v2-beta');
    expect(parseAddress('https://h/cattle').root).toBe('https://h/cattle/v1');
  });

  it('is refused when it cannot be meant', () => {
    for (const url of ['h:8080', 'ftp://h/v1', '', 'https://h/v3', 'https://h/v3/projects/local:p-x'])
      expect(
        codeOf(() => parseAddress(url)),
        url,
      ).toBe('CONFIG');
    expect(() => parseAddress('https://h/v3')).toThrow(/Rancher 2/);
    expect(() => parseAddress('http://h/v1/projects/1a5', '1a6')).toThrow(/1a5.*1a6/);
    expect(() => parseAddress('http://me:hush@h/v1')).toThrow(/holds credentials/);
    expect(() => parseAddress('http://me:hush@h/v1')).not.toThrow(/hush/);
  });

  it('wants both halves of a key or none', () => {
    const open = (values: Readonly<Record<string, string>>) => (): unknown =>
      openSession(rancher, { url: 'http://127.0.0.1:1', ...values });
    expect(open({ accessKey: 'a' })).toThrow(/secretKey is required/);
    expect(open({ secretKey: 'b' })).toThrow(/accessKey is required/);
    expect(open({})).not.toThrow();
  });
});

describe('links of rancher', () => {
  const secure = parseAddress('https://rancher.test/v1');

  it('are asked as they are at the own origin, and there when a proxy has downgraded them', () => {
    expect(followed('https://rancher.test/v1/images/?action=x', secure)).toBe('https://rancher.test/v1/images/?action=x');
    expect(followed('http://rancher.test/v1/images?marker=m2', secure)).toBe('https://rancher.test/v1/images?marker=m2');
    expect(followed('http://rancher.test:8080/v1/images', secure)).toBe('https://rancher.test/v1/images');
  });

  it('lead nowhere else', () => {
    const strange = [
      'https://other.test/v1',
      'http://other.test/v1',
      'https://rancher.test:8443/v1',
      'https://rancher.test.evil.test/v1',
      '/v1/images',
      '',
    ];
    for (const link of strange)
      expect(
        codeOf(() => followed(link, secure)),
        link,
      ).toBe('PROVIDER');
    expect(codeOf(() => followed('https://h:8080/v1', parseAddress('http://h:8080')))).toBe('PROVIDER');
    expect(() => followed('https://other.test/v1', secure)).toThrow(/https:\/\/rancher\.test.*https:\/\/other\.test/);
  });

  it('never take the key over an open line behind a proxy that ends TLS', () =>
    onRancher({}, async ({ cloud }) => {
      cloud.put({});
      const asked: string[] = [];
      const plain = createHttp({ userAgent: 'imgctl-tests' });
      // The proxy: speaks TLS to the client, plain HTTP to the server, and passes the name on but not the scheme.
      const proxied: Http = {
        ...plain,
        request(request, call) {
          asked.push(String(request.url));
          const url = String(request.url).replace('https://rancher.test', cloud.origin);
          return plain.request({ ...request, url, headers: { ...request.headers, 'x-forwarded-host': 'rancher.test' } }, call);
        },
      };
      const { session } = openSession(rancher, { ...cloud.values, url: 'https://rancher.test/v1' }, { http: proxied });
      const [image] = await allOf(session.require('list').run(everything, testCall()));
      expect(image?.raw['links']).toMatchObject({ self: 'http://rancher.test/v1/images/1i1' });
      await session.require('deactivate').run({ id: '1i1' }, testCall());
      expect(asked.length).toBe(4);
      expect(asked.filter((url) => !url.startsWith('https://rancher.test/'))).toEqual([]);
    }));
});

describe('profiles of rancher’s own tools', () => {
  const around = (env: HostEnvironment['env'], files: Readonly<Record<string, string>> = {}): HostEnvironment => ({
    env,
    home: '/home/me',
    configHome: '/home/me/.config',
    text: async (path) => files[path],
    yaml: () => ({}),
    ini: () => ({}),
  });
  const path = '/home/me/.rancher/cli.json';
  const file = JSON.stringify({ accessKey: 'A', secretKey: 'S', url: 'http://h:8080/v2-beta/schemas', environment: '1a5' });

  it('are found in cli.json', async () => {
    const [found, ...more] = await rancher.discover(around({}, { [path]: file }));
    expect(more).toEqual([]);
    expect(found).toMatchObject({ name: 'rancher', source: path, ambient: true });
    expect(found?.fields).toMatchObject({ url: 'http://h:8080/v2-beta/schemas', accessKey: 'A', project: '1a5' });
    const secret = found?.fields['secretKey'];
    expect(secret instanceof Secret && secret.reveal()).toBe('S');
    expect((await rancher.discover(around({ RANCHER_CLIENT_CONFIG: '/etc/r.json' }, { '/etc/r.json': file })))[0]?.source).toBe(
      '/etc/r.json',
    );
  });

  it('are found in variables, which win over the file', async () => {
    const env = { RANCHER_URL: 'http://other:8080', RANCHER_ENVIRONMENT: 'Default' };
    const found = await rancher.discover(around(env, { [path]: file }));
    expect(found.map(({ name, ambient }) => [name, ambient])).toEqual([
      ['rancher', false],
      ['rancher-env', true],
    ]);
    expect(found[1]?.fields).toMatchObject({ url: 'http://other:8080', accessKey: 'A', project: 'Default' });
    expect(found[1]?.source).toBe('RANCHER_URL, RANCHER_ENVIRONMENT');
    const [cattle] = await rancher.discover(
      around({ CATTLE_URL: 'http://c:8080/v1', CATTLE_ACCESS_KEY: 'C', CATTLE_SECRET_KEY: 'D' }),
    );
    expect(cattle).toMatchObject({ name: 'cattle-env', ambient: true, fields: { url: 'http://c:8080/v1', accessKey: 'C' } });
    expect(JSON.stringify(cattle)).not.toContain('"D"');
  });

  it('are left out when they belong to Rancher 2 or have no url; a damaged file is an error', async () => {
    expect(await rancher.discover(around({ RANCHER_URL: 'https://r/v3' }))).toMatchObject([
      { name: 'rancher-env', fields: {}, ambient: true, leftOut: 'it belongs to Rancher 2, which has no images' },
    ]);
    const keys = JSON.stringify({ accessKey: 'A', secretKey: 'S' });
    expect(await rancher.discover(around({}, { [path]: keys }))).toEqual([
      { name: 'rancher', source: path, fields: {}, leftOut: 'it has no url' },
    ]);
    await expect(rancher.discover(around({}, { [path]: '{' }))).rejects.toThrow(path);
    expect(await rancher.discover(around({}))).toEqual([]);
  });
});
