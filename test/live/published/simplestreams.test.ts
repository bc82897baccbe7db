import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import type { Image } from '../../../src/core/image.ts';
import { missing, startPublishers, type Publishers, type Request } from './bed.ts';

/** What comes of a source: the exit status of each verb, and what is said on the way. */
interface Outcome {
  /** Of `list --all`. */
  readonly list?: number;
  /** Lines of that list. */
  readonly images: number;
  readonly show?: number;
  /** What is shown, where it is not the usual one. */
  readonly id?: string;
  readonly copy?: number;
  /** Stands on stderr of the copy, and with it of the list where that fails too. */
  readonly says?: RegExp;
}

const fine: Outcome = { images: 14 };
/** No verb goes on where the documents cannot be read, or not be believed. */
const refused = (code: number, says: RegExp): Outcome => ({ images: 0, list: code, show: code, copy: code, says });
/** What is wrong with the data shows when it is read. */
const withBadData = (code: number, says: RegExp): Outcome => ({ images: 14, copy: code, says });
const untrusted = (says: string): Outcome => refused(11, new RegExp(`http://\\S+/index\\.sjson\\) ${says}`));
const newest = 'com.ubuntu.cloud:server:24.04:amd64/20261120/disk1.img';

/** By the fault in the way that a signed tree is served. */
const faults: Readonly<Record<string, Outcome>> = {
  'redirect-other': fine,
  'redirect-meta': fine,
  'redirect-data': fine,
  'redirect-plain': refused(9, /refusing the redirect from https:\S+ to http:/),
  'redirect-loop': refused(9, /index\.sjson redirects more than 5 times/),
  lag: withBadData(5, /does not have it yet[\s\S]*24\.04:amd64\/20261101\/disk1\.img/),
  cut: { ...fine, says: /retrying/ },
  'cut-always': withBadData(9, /broke the connection/),
  norange: fine,
  'no-length': fine,
  short: withBadData(11, /got \d+ bytes, expected \d+/),
  long: withBadData(11, /more than the expected \d+ bytes/),
  wrong: withBadData(11, /has the sha256 [\da-f]{64}, not [\da-f]{64}/),
  changing: withBadData(11, /another file than it was/),
  gzipped: fine,
  html: refused(10, /answered a web page/),
  'slow-start': fine,
  forbidden: refused(4, /HTTP 403[\s\S]*Check the address in the profile/),
  nosjson: fine,
  'no-signature': fine,
  'old-index': fine,
  badsig: untrusted('does not match its signature by key [\\dA-F]{40}'),
  expiredkey: untrusted('is signed by key [\\dA-F]{40}, which expired on 2024-01-02[\\s\\S]*expiredKeys=accept'),
  revokedkey: untrusted('is signed by key [\\dA-F]{40}, which is revoked'),
  unknownkey: untrusted('is signed by a key that is not in the keyring \\([\\dA-F]{16,40}\\)[\\s\\S]*KEYRING=FILE'),
  legacykey: fine,
  sha1sig: untrusted('is signed with SHA-1'),
  futuresig: untrusted('is signed in the future \\(2040-01-01\\)'),
  expiredsig: untrusted('is signed by a signature that expired on'),
  unsigned: untrusted('carries no signature[\\s\\S]*verify=checksum'),
  appended: untrusted('has text behind what is signed'),
  prepended: untrusted('has text before what is signed'),
  cutsig: untrusted('is damaged'),
  crlf: fine,
  rollback: { images: 11, id: newest.replace('20261120', '20261101'), says: /older|newer images may be missing/ },
};

const odd = (images: number, more: Partial<Outcome> = {}): Outcome => ({ images, ...more });
const nothing = odd(0, { show: 5, copy: 5, says: /no such image/ });
const disk = 'test.example:one:1.0:amd64/20261120/disk1.img';
const noDigest = odd(1, { copy: 11, says: /no digest that can be relied on/ });

/** By the name of a tree that is rightly signed, and odd inside. */
const trees: Readonly<Record<string, Outcome>> = {
  traversal: odd(1, { says: /10 images are left out/ }),
  'same-ftype': odd(2, { show: 6, copy: 6, says: /several images.*disk1\.img.*disk1-alt\.img/ }),
  'unknown-ftypes': nothing,
  'no-versions': nothing,
  'no-products': nothing,
  aliases: odd(1, { id: disk.replace('disk1.img', 'd') }),
  inherited: odd(1, { show: 5, copy: 5, says: /1\.0\/arm64/ }),
  'md5-only': noDigest,
  'no-hash': noDigest,
  'no-size': odd(1),
  'size-as-text': odd(1),
  'bad-size': odd(1, { copy: 11, says: /got \d+ bytes, expected \d+/ }),
  'bad-hash': odd(1, { copy: 11, says: /has the sha256 [\da-f]{64}, not [\da-f]{64}/ }),
  'hashes-disagree': odd(1),
  'alias-twice': odd(2, { show: 6, copy: 6, says: /several images.*server.*minimal/ }),
  serials: odd(6, { id: disk.replace('20261120', '20261120_07:42') }),
  compressed: odd(3, { id: disk.replace('disk1.img', 'disk.raw.xz') }),
  'hostile-text': odd(1),
  'not-a-disk': odd(1, { copy: 11, says: /HTML page/ }),
  'bad-format': refused(10, /unknown format \\?"products:2\.0/),
  'index-noise': odd(1),
  'missing-products': odd(1, { list: 12, says: /test\.example:gone:download is not there/ }),
  'nested-index': odd(1),
  'unsigned-products': odd(1),
};

const stage = commandStage();
type Env = Readonly<Record<string, string>>;

describe.skipIf(missing !== undefined)(`publishers that sign${missing === undefined ? '' : ` (SKIPPED: ${missing})`}`, () => {
  let publishers: Publishers;
  beforeAll(async () => {
    publishers = await startPublishers();
  });
  afterAll(() => publishers.stop());

  const at = (name: string): string => publishers.at[name] ?? '';
  const source = (place: string, values: Env = {}): Env =>
    profileVariables('u', 'simplestreams', { url: place, keyring: at('KEYRING'), ...values });
  const ubuntu = (values: Env = {}): Env => source(`${at('URL')}/ubuntu/releases`, values);
  const images = async (env: Env, ...more: readonly string[]): Promise<readonly Image[]> =>
    (await stage.ok(['list', '-p', 'u', ...more, '-o', 'json'], { env })).json() as readonly Image[];
  const resolved = async (env: Env, name: string): Promise<string> => (await stage.ok(['resolve', `u:${name}`], { env })).stdout;
  /** What the work has asked for. */
  async function asked(work: () => Promise<unknown>): Promise<readonly Request[]> {
    const before = publishers.requests().length;
    await work();
    return publishers.requests().slice(before);
  }

  async function check(env: Env, name: string, usual: string, outcome: Outcome): Promise<void> {
    const { list = 0, show = 0, copy = 0, id = usual, says } = outcome;
    const run = (...args: readonly string[]) => stage.run([...args, '--retries', '8'], { env });
    const listed = await run('list', '-p', 'u', '--all', '-o', 'id');
    expect(`${listed.exitCode} ${listed.stderr}`).toMatch(new RegExp(`^${list} `));
    expect(listed.stdout.split('\n').filter((line) => line !== '')).toHaveLength(outcome.images);
    for (const [verb, code] of [
      ['show', show],
      ['resolve', show],
    ] as const) {
      const shown = await run(verb, `u:${name}`, ...(verb === 'show' ? ['-o', 'id'] : []));
      expect(`${shown.exitCode} ${shown.stderr}`).toMatch(new RegExp(`^${code} `));
      expect(shown.stdout.trim()).toBe(code === 0 ? id : '');
    }
    const copied = await run('copy', `u:${name}`, 'local:here');
    expect(`${copied.exitCode} ${copied.stderr}`).toMatch(new RegExp(`^${copy} `));
    if (says) expect(copied.stderr).toMatch(says);
    if (says && list !== 0) expect(listed.stderr).toMatch(says);
    expect(await stage.names()).toEqual(copy === 0 ? ['here'] : []);
  }

  it('every fault of the bed is known here, and every odd tree', async () => {
    expect((await publishers.listed('/x/')).map(([name]) => name).toSorted()).toEqual(Object.keys(faults).toSorted());
    expect((await publishers.listed('/odd/')).map(([name]) => name).toSorted()).toEqual(Object.keys(trees).toSorted());
  });

  describe('served with a fault', () => {
    it.each(Object.entries(faults))('%s', async (mode, outcome) => {
      const isBad = ['expiredkey', 'revokedkey'].includes(mode);
      const values = isBad ? { keyring: `${at('KEYS')}/keyring-with-bad-ones.gpg` } : {};
      const secure = mode === 'redirect-plain';
      const env = source(`${at(secure ? 'TLS_URL' : 'URL')}/x/${mode}/ubuntu/releases`, {
        ...values,
        ...(secure ? { caBundle: at('CA') } : {}),
      });
      await check(env, '24.04', newest, outcome);
    });
  });

  describe('with an odd tree', () => {
    it.each(Object.entries(trees))('%s', async (name, outcome) => {
      await check(source(`${at('URL')}/odd/${name}`), '1.0', disk, outcome);
    });

    it('show nothing of what lies elsewhere, and ask for nothing outside of their root', async () => {
      const env = source(`${at('URL')}/odd/traversal`);
      const requests = await asked(async () => {
        for (let n = 0; n < 10; n += 1)
          for (const text of [`bad${n}`, `test.example:bad${n}:1.0:amd64/20261120/disk1.img`])
            expect((await stage.run(['show', `u:${text}`], { env })).exitCode).toBe(5);
      });
      expect(requests.filter(({ url }) => !url.startsWith('/odd/traversal/streams/v1/'))).toEqual([]);
    });

    it('draw no control characters', async () => {
      const env = source(`${at('URL')}/odd/hostile-text`);
      const { stdout, stderr } = await stage.run(['list', '-p', 'u', '--all'], { env });
      expect(stdout + stderr).not.toMatch(/[\u001b\u0007\u202e]/);
      const missed = await stage.run(['show', 'u:1.1'], { env });
      expect([missed.exitCode, missed.stderr]).toEqual([5, expect.not.stringMatching(/[\u001b\u0007\u202e]/)]);
    });
  });

  describe('list', () => {
    it('the newest serial of what is supported, by two requests', async () => {
      let found: readonly Image[] = [];
      const requests = await asked(async () => {
        found = await images(ubuntu());
      });
      expect(requests.map(({ url }) => url.split('/').at(-1))).toEqual([
        'index.sjson',
        'com.ubuntu.cloud:released:download.sjson',
      ]);
      expect(found.map(({ properties }) => [properties.os_version, properties.version_name])).toEqual([
        ['24.04', '20261120'],
        ['22.04', '20261118.1'],
      ]);
      expect(found[0]).toMatchObject({
        id: newest,
        architecture: 'x86_64',
        status: 'active',
        visibility: 'public',
        createdAt: '2026-11-20T00:00:00Z',
        expiresAt: '2029-05-31T00:00:00Z',
        checksums: { sha256: expect.stringMatching(/^[\da-f]{64}$/), md5: expect.stringMatching(/^[\da-f]{32}$/) },
        properties: { os_distro: 'ubuntu', os_version: '24.04' },
      });
      expect(found[0]?.virtualBytes).toBeUndefined();
    });

    it('all, each with a name of its own', async () => {
      const found = await images(ubuntu(), '--all');
      expect(found).toHaveLength(14);
      expect(new Set(found.map(({ name }) => name)).size).toBe(14);
      expect(found.filter(({ diskFormat }) => diskFormat === 'vmdk')).toHaveLength(3);
      expect(found.find(({ properties }) => properties.os_version === '23.10')?.providerStatus).toBe('end-of-life');
    });

    it('what fits a filter, and refuse one that nobody knows', async () => {
      const env = ubuntu();
      expect((await images(env, '--filter', 'arch=arm64')).map(({ architecture }) => architecture)).toEqual(['aarch64']);
      expect((await images(env, '--filter', 'release=jammy')).map(({ properties }) => properties.os_version)).toEqual(['22.04']);
      expect((await stage.run(['list', '-p', 'u', '--filter', 'flavour=x'], { env })).exitCode).toBe(2);
      const { stdout } = await stage.ok(['list', '-p', 'u', '--columns', 'name,architecture,size'], { env });
      expect(stdout).toMatch(/ubuntu-noble-24\.04-amd64-server-20261120\s+x86_64/);
    });

    it('nothing new by one conditional request, and everything where nothing is kept', async () => {
      const env = ubuntu();
      const first = await images(env);
      const requests = await asked(async () => expect(await images(env)).toEqual(first));
      expect(requests).toMatchObject([{ status: 304, ifNoneMatch: expect.any(String) }]);
      const aside = { ...env, XDG_CACHE_HOME: stage.file('another') };
      expect((await asked(() => images(aside))).map(({ status }) => status)).toEqual([200, 200]);
    });

    it('nothing new by one conditional request where the signatures lie beside', async () => {
      const env = source(`${at('URL')}/x/nosjson/ubuntu/releases`);
      const first = await images(env);
      const requests = await asked(async () => expect(await images(env)).toEqual(first));
      expect(requests).toMatchObject([{ status: 304, ifNoneMatch: expect.any(String) }]);
    });

    it('image servers of LXD and Incus, that sign nothing', async () => {
      const env = source(`${at('URL')}/images`, { keyring: '', verify: 'checksum' });
      const found = await images(env);
      expect(found.map(({ properties }) => properties.os_distro).toSorted()).toEqual(['alpine', 'debian']);
      expect(await resolved(env, 'debian/13')).toBe('debian:trixie:amd64:default/20261120_05:24/disk.qcow2\n');
      expect(found.map(({ createdAt }) => createdAt)).toContain('2026-11-20T05:24:00Z');
    });
  });

  it.each([
    ['24.04', newest],
    ['noble', newest],
    ['lts', newest],
    ['default', newest],
    ['24.04/arm64', newest.replace('amd64', 'arm64')],
    ['24.04/20261101', newest.replace('20261120', '20261101')],
    ['24.04/arm64/20261010', newest.replace('amd64', 'arm64').replace('20261120', '20261010')],
  ])('%s means %s, and each document is asked for once', async (name, id) => {
    const requests = await asked(async () => expect(await resolved(ubuntu(), name)).toBe(`${id}\n`));
    expect(requests).toHaveLength(2);
  });

  it('are copied with what was proved, and the next night moves no bytes', async () => {
    const env = ubuntu();
    const copied = (await stage.ok(['copy', 'u:24.04', 'local:ubuntu-24.04', '-o', 'json'], { env })).json() as Image;
    expect(copied).toMatchObject({
      name: 'ubuntu-24.04',
      contentId: expect.any(String),
      properties: {
        product_name: 'com.ubuntu.cloud:server:24.04:amd64',
        version_name: '20261120',
        item_name: 'disk1.img',
        source_content_id: 'com.ubuntu.cloud:released:download',
        'imgctl.source.signer': expect.stringMatching(/^[\dA-F]{40}$/),
      },
    });
    const requests = await asked(() => stage.ok(['copy', 'u:24.04', 'local:ubuntu-24.04', '--if-exists', 'skip'], { env }));
    expect(requests.filter(({ url }) => url.endsWith('.img'))).toEqual([]);
  });

  it('redirect data elsewhere, where no credentials go', async () => {
    const env = source(`${at('URL')}/x/redirect-data/ubuntu/releases`, { username: 'u', password: 'p' });
    const requests = await asked(() => stage.ok(['copy', 'u:24.04', 'local:here'], { env }));
    const main = Number(new URL(at('URL')).port);
    expect(requests.filter(({ port }) => port !== main).length).toBeGreaterThan(0);
    expect(requests.every(({ port, authorization }) => (authorization === true) === (port === main))).toBe(true);
  });

  it('are not followed elsewhere where nothing is signed', async () => {
    const values = { keyring: '', verify: 'checksum' };
    const run = (mode: string) =>
      stage.run(['list', '-p', 'u', '-o', 'id'], { env: source(`${at('URL')}/x/${mode}/ubuntu/releases`, values) });
    expect((await run('redirect-meta')).exitCode).toBe(9);
    expect((await run('nosjson')).exitCode).toBe(0);
  });

  it('are taken with a key that has expired where the profile says so, which is told', async () => {
    const keyring = `${at('KEYS')}/keyring-with-bad-ones.gpg`;
    const env = source(`${at('URL')}/x/expiredkey/ubuntu/releases`, { keyring, expiredKeys: 'accept' });
    const { stderr, exitCode } = await stage.run(['list', '-p', 'u'], { env });
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/warning: .*key [\dA-F]{40}, which expired on 2024-01-02/)]);
    expect(stderr.match(/warning:/g)).toHaveLength(1);
  });

  it('name an image by its id, and it is not shown where its list is not to be believed', async () => {
    const { stdout, exitCode } = await stage.run(['show', `u:${newest}`, '-o', 'json'], {
      env: source(`${at('URL')}/x/badsig/ubuntu/releases`),
    });
    expect([exitCode, stdout]).toEqual([11, '']);
  });
});
