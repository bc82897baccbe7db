import { fc } from '../../../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { imageFrom, type Image, type ImageRecord } from '../../../../src/core/image.ts';
import type { Tree } from '../../../../src/core/publication.ts';
import { treeFormat } from '../../../../src/drivers/simplestreams/publish/index.ts';
import { publishedPath } from '../../../../src/drivers/_published/path.ts';

type Files = Record<string, string>;
type Json = Readonly<Record<string, unknown>>;
const now = new Date('2026-11-29T04:00:00Z');
const digit = (character: string): string => character.repeat(64);

const image = (name: string, more: Partial<ImageRecord> = {}): Image =>
  imageFrom(
    {
      id: `id-of-${name}`,
      name,
      status: 'active',
      providerStatus: 'active',
      tags: [],
      properties: {},
      places: [],
      raw: {},
      createdAt: '2026-11-20T05:24:59Z',
      architecture: 'x86_64',
      ...more,
    },
    { profile: 'p', provider: 'fake' },
  );
const disk = (character = 'd') => ({ bytes: 7, sha256: digit(character), fingerprint: digit('f'), contentId: undefined });
const open = (files: Files, more: { readonly isSigned?: boolean; readonly now?: Date } = {}): Promise<Tree> =>
  treeFormat.open(async (path) => files[path], { isSigned: false, architecture: 'amd64', now, ...more });

/** The tree with these images in it, as files. */
async function published(images: readonly Image[], before: Files = {}, more: Parameters<typeof open>[1] = {}): Promise<Files> {
  const tree = await open(before, more);
  for (const one of images) tree.begin(one).add(disk());
  return { ...before, ...written(tree) };
}
const written = (tree: Tree): Files => Object.fromEntries(tree.documents().map(({ path, text }) => [path, text]));
const products = (files: Files) =>
  (JSON.parse(files['streams/v1/images.json'] ?? '') as { products: Record<string, Json & { versions: Json }> }).products;
const index = (files: Files, name = 'index.json') =>
  JSON.parse(files[`streams/v1/${name}`] ?? '') as { readonly updated: string; readonly index: Readonly<Record<string, Json>> };

describe('a published image', () => {
  it('is told in the words of publishers', async () => {
    const properties = {
      os_distro: 'ubuntu',
      os_version: '24.04',
      hw_disk_bus: 'scsi',
      'imgctl.source.url': 'https://example.test/web.img',
      'imgctl.source.digest': `sha256:${digit('c')}`,
    };
    const web = image('web', { properties, checksums: { sha256: digit('A') }, expiresAt: '2029-05-31T10:00:00Z' });
    const files = await published([web]);
    const folder = 'images/web/amd64/20261120_0524';
    const metadata = { path: expect.stringMatching(`^${folder}/metadata-[0-9a-f]{12}\\.tar$`) as string, size: 2048 };
    const combined = { 'combined_disk-kvm-img_sha256': digit('f'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string };
    const system = { os: 'ubuntu', release: '24.04', version: '24.04' };
    expect(products(files)).toEqual({
      'web:amd64': {
        ...system,
        aliases: 'web',
        arch: 'amd64',
        release_title: 'web',
        support_eol: '2029-05-31',
        versions: {
          '20261120_05:24': {
            ...system,
            pubname: 'web-20261120_0524',
            'imgctl.origin': `sha256:${digit('a')}`,
            'imgctl.source.url': 'https://example.test/web.img',
            'imgctl.source.digest': `sha256:${digit('c')}`,
            items: {
              'disk.qcow2': { ftype: 'disk-kvm.img', path: `${folder}/disk-dddddddddddd.qcow2`, sha256: digit('d'), size: 7 },
              'incus.tar.xz': { ftype: 'incus.tar.xz', ...metadata, ...combined },
              'lxd.tar.xz': { ftype: 'lxd.tar.xz', ...metadata, ...combined },
            },
          },
        },
      },
    });
    expect(index(files)).toEqual({
      format: 'index:1.0',
      updated: 'Sun, 29 Nov 2026 04:00:00 +0000',
      index: {
        images: {
          datatype: 'image-downloads',
          format: 'products:1.0',
          path: 'streams/v1/images.json',
          products: ['web:amd64'],
          updated: 'Sun, 29 Nov 2026 04:00:00 +0000',
        },
      },
    });
  });

  it('is found again by its digest, its content or its id', async () => {
    const contentId = `blocks-sha256:${digit('b')}`;
    const tree = await open({});
    tree.begin(image('digest', { checksums: { sha512: 'e'.repeat(128), md5: 'x' } })).add(disk());
    tree.begin(image('content')).add({ ...disk(), contentId });
    tree.begin(image('id')).add(disk());
    const again = await open(written(tree));
    const found = (one: Image): boolean => again.find(one).length > 0;
    expect(found(image('digest', { id: 'other', checksums: { sha512: 'E'.repeat(128) } }))).toBe(true);
    expect(found(image('digest', { checksums: { sha512: 'f'.repeat(128) } }))).toBe(false);
    expect(found(image('content', { id: 'other', contentId }))).toBe(true);
    expect(found(image('content', { id: 'other' }))).toBe(false);
    expect(found(image('id'))).toBe(true);
    expect(found(image('id', { architecture: 'aarch64' }))).toBe(false);
  });

  it('keeps the serial of its publisher, unless clients would pass over it', async () => {
    const serialOf = async (serial: string) =>
      (await open({})).begin(image('web', { properties: { 'imgctl.source.serial': serial } })).serial;
    for (const serial of ['20261101', '20261101.1', '20261101-2345', '20261101_05:24'])
      expect(await serialOf(serial)).toBe(serial);
    for (const serial of ['', '2026', '20261399', '20260231', '20261101/..', '20261101 1', '../20261101'])
      expect(await serialOf(serial)).toBe('20261120_05:24');
    expect((await open({})).begin(image('web', { createdAt: undefined })).serial).toBe('20261129_04:00');
  });

  it('gets a version of its own where another one has its product and serial, also at the same time', async () => {
    const tree = await open({});
    const [first, second] = [tree.begin(image('web')), tree.begin(image('web', { id: 'other' }))];
    second.add(disk('2'));
    first.add(disk('1'));
    const files = written(tree);
    expect(Object.keys(products(files)['web:amd64']?.versions ?? {}).sort()).toEqual(['20261120_05:24', '20261120_05:24.1']);
    expect((await open(files)).begin(image('web', { id: 'third' })).serial).toBe('20261120_05:24.2');
    expect(first.placed(disk('1')).disk.path).not.toBe(second.placed(disk('1')).disk.path);
  });

  it('gets a serial behind all that want the same, however many there are, and whichever of them are gone', async () => {
    const tree = await open({});
    const given: string[] = [];
    for (let count = 0; count < 120; count += 1) {
      const version = tree.begin(image('web', { id: String(count) }));
      version.add(disk());
      given.push(version.serial);
      if (count % 7 === 0) tree.keepNewest(1);
    }
    expect(new Set(given).size).toBe(120);
    expect(given).toEqual(given.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))));
    const again = await open(written(tree));
    const { serial } = again.begin(image('web', { id: 'again' }));
    expect(serial > (given.at(-1) ?? '')).toBe(true);
  });

  it('never has one path for two contents', async () => {
    const version = (await open({})).begin(image('web'));
    expect(version.placed(disk('1')).disk.path).not.toBe(version.placed(disk('2')).disk.path);
  });

  it('tells what is newest of its product, whenever it was published', async () => {
    const made = (day: string, version: string) =>
      image('web', { id: day, createdAt: `2026-11-${day}T00:00:00Z`, properties: { os_distro: 'debian', os_version: version } });
    const files = await published([made('20', '13'), made('10', '12')]);
    expect(products(files)['web:amd64']).toMatchObject({ version: '13', release: '13' });
    const later = await published([image('web', { id: 'x', createdAt: '2026-11-25T00:00:00Z' })], files);
    expect(products(later)['web:amd64']).not.toHaveProperty('version');
  });
});

describe('names that somebody chose', () => {
  const hostile = [
    '../x',
    'a/b',
    'a\\b',
    '.',
    '..',
    '...',
    '',
    ' ',
    '\u0000',
    'a\nb',
    '-x',
    '~',
    'con',
    'a:b',
    'a,b',
    '%2e%2e',
    'ä',
    '__proto__',
  ];

  it.each(hostile)('%j leads to a path that every reader takes', async (name) => {
    const version = (await open({})).begin(image(name));
    expect(version.product).toMatch(/^[\w][\w.-]*:amd64$/);
    const placed = version.placed(disk());
    for (const { path } of [placed.metadata, placed.disk]) {
      expect(path).toMatch(/^images\/\w[\w.-]*\/amd64\/20261120_0524\/[\w.-]+$/);
      expect(publishedPath(path)).toBe(path);
    }
  });

  const anyName = fc.string({ unit: fc.constantFrom(...'aA1_-+./\\:, \0\n%ä\u202e\ud800'), maxLength: 120 });

  it('never make one product of two images', () =>
    fc.assert(
      fc.asyncProperty(anyName, anyName, async (one, other) => {
        const tree = await open({});
        const [first, second] = [image(one), image(other)].map((each) => tree.productOf(each));
        expect(first).toMatch(/^\w[\w.-]{0,110}:amd64$/);
        expect(first === second).toBe(one === other);
      }),
    ));

  it('are aliases as far as a reader could type them', async () => {
    const aliasOf = async (name: string) => Object.values(products(await published([image(name)])))[0]?.aliases;
    for (const name of ['web', 'debian/13', 'debian:12', 'a b', 'größe']) expect(await aliasOf(name)).toBe(name);
    for (const name of ['a,b', ' a', 'a\nb', '', '\u202ea']) expect(await aliasOf(name)).toMatch(/^[\w-]+-[0-9a-f]{8}$/);
  });

  it('are the alias of one product only', async () => {
    const other = { versions: {}, arch: 'amd64', aliases: 'x, web' };
    const files = await published([image('x')]);
    const listed = JSON.parse(files['streams/v1/images.json'] ?? '') as { products: Json };
    const text = JSON.stringify({ ...listed, products: { other } });
    const after = await published([image('web'), image('web', { architecture: 'aarch64' })], {
      ...files,
      'streams/v1/images.json': text,
    });
    expect(Object.entries(products(after)).map(([name, { aliases }]) => [name, aliases])).toEqual([
      ['other', 'x, web'],
      ['web:amd64', ''],
      ['web:arm64', 'web'],
    ]);
  });
});

describe('a tree that is there', () => {
  const entry = { format: 'products:1.0', path: 'streams/v1/theirs.json', datatype: 'image-downloads' };
  const theirs: Files = {
    'streams/v1/index.json': JSON.stringify({ format: 'index:1.0', more: 1, index: { theirs: entry, odd: 'a text' } }),
    'streams/v1/images.json': JSON.stringify({
      format: 'products:1.0',
      license: 'x',
      products: {
        odd: 'a text',
        'web:amd64': { aliases: 'web,lts', mine: true, versions: { '20261101': { items: { 'x.vcdiff': {} } }, odd: 7 } },
      },
    }),
  };

  it('keeps all that is in it, understood or not', async () => {
    const files = await published([image('web')], theirs);
    expect(JSON.parse(files['streams/v1/images.json'] ?? '')).toMatchObject({ license: 'x', products: { odd: 'a text' } });
    expect(products(files)['web:amd64']).toMatchObject({
      aliases: 'web,lts',
      mine: true,
      versions: { '20261101': { items: { 'x.vcdiff': {} } }, odd: 7, '20261120_05:24': {} },
    });
    expect(index(files)).toMatchObject({ more: 1, index: { theirs: entry, odd: 'a text', images: {} } });
  });

  it('is the same bytes as long as nothing is added', async () => {
    const files = await published([image('web')]);
    expect(written(await open(files, { now: new Date('2027-01-01') }))).toEqual(files);
  });

  it('never becomes older than it was', async () => {
    const files = await published([image('web')]);
    const after = await published([image('db')], files, { now: new Date('2020-01-01') });
    expect(index(after).updated).toBe(index(files).updated);
  });

  it.each<[string, Files]>([
    ['no JSON', { 'streams/v1/index.json': 'text' }],
    ['another format', { 'streams/v1/index.json': '{"format":"index:2.0"}' }],
    ['an index that is a list', { 'streams/v1/index.json': '{"format":"index:1.0","index":[]}' }],
    ['products that are a list', { 'streams/v1/images.json': '{"format":"products:1.0","products":[]}' }],
    [
      'images elsewhere',
      { 'streams/v1/index.json': '{"format":"index:1.0","index":{"images":{"path":"streams/v1/others.json"}}}' },
    ],
    ['a signature of the clear text', { 'streams/v1/index.sjson': '-----BEGIN' }],
    ['a detached signature', { 'streams/v1/images.json.gpg': '-----BEGIN' }],
  ])('is left alone where it has %s', async (_what, files) => {
    await expect(open(files)).rejects.toMatchObject({ code: 'CONFLICT', circumstances: { hint: expect.any(String) as string } });
  });

  it('gets no version of a product that is not understood', async () => {
    const text = JSON.stringify({ format: 'products:1.0', products: { 'web:amd64': 'a text' } });
    const tree = await open({ 'streams/v1/images.json': text });
    expect(() => tree.begin(image('web'))).toThrow(/not understood/);
  });
});

describe('a signed tree', () => {
  it('names signed documents in signed documents, and what is not signed as it is', async () => {
    const other = (name: string) => ({ path: `streams/v1/${name}.json` });
    const before: Files = {
      'streams/v1/index.json': JSON.stringify({ format: 'index:1.0', index: { both: other('both'), plain: other('plain') } }),
      'streams/v1/both.sjson': 'signed',
    };
    const tree = await open(before, { isSigned: true });
    tree.begin(image('web')).add(disk());
    expect(tree.documents().map(({ path, isSigned }) => [path, isSigned])).toEqual([
      ['streams/v1/images.json', false],
      ['streams/v1/images.sjson', true],
      ['streams/v1/index.json', false],
      ['streams/v1/index.sjson', true],
    ]);
    const pathsIn = (name: string) => Object.values(index(written(tree), name).index).map(({ path }) => path);
    expect(pathsIn('index.json')).toEqual(['streams/v1/both.json', 'streams/v1/plain.json', 'streams/v1/images.json']);
    expect(pathsIn('index.sjson')).toEqual(['streams/v1/both.sjson', 'streams/v1/plain.json', 'streams/v1/images.sjson']);
  });
});
