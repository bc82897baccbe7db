import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ImgctlError } from '../../../src/core/errors.ts';
import { commonKeys, imageKeys, manifestFrom, manifestKeys } from '../../../src/engine/desired/read-manifest.ts';
import { placedImages } from '../../../src/engine/desired/targets.ts';
import { parseWritten } from '../../../src/host/yaml.ts';

const schema = JSON.parse(readFileSync(new URL('../../../schema/manifest.schema.json', import.meta.url), 'utf8')) as {
  properties: Record<string, { properties: object; items: { properties: object } }>;
};
const fits = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
const read = (value: unknown) => manifestFrom(value, 'images.yaml', '/srv');
const image = { name: 'web', source: 'ubuntu:noble', targets: ['pcd'] };
const of = (...images: readonly object[]) => ({ manifest: 'fleet', images });
const failure = (value: unknown): string => {
  try {
    read(value);
  } catch (error) {
    if (error instanceof ImgctlError) return `${error.code} ${error.message}`;
  }
  return 'it was taken';
};

const wrong: readonly (readonly [what: string, value: unknown, told: string])[] = [
  ['nothing', undefined, 'the manifest is empty, and not a mapping'],
  ['a list', [], 'the manifest is a list'],
  ['no id', { images: [] }, 'manifest is missing'],
  ['an id that is no name', { manifest: 'a b', images: [] }, 'manifest is no name'],
  ['no images', { manifest: 'fleet' }, 'images is missing'],
  ['an unknown key', { ...of(), imags: [] }, 'imags is not known'],
  ['an unknown key of an image', of({ ...image, taget: 'x' }), 'images[0].taget is not known'],
  ['no name', of({ ...image, name: undefined }), 'images[0].name is missing'],
  ['no source', of({ name: 'web', targets: 'pcd' }), 'images[0].source is missing'],
  ['no targets', of({ name: 'web', source: 'a:b' }), 'images[0].targets is missing'],
  ['a name twice', of(image, image), 'images[1].name is "web"'],
  ['a number for a text', of({ ...image, description: 5 }), 'images[0].description is a number'],
  ['a number as a property', of({ ...image, properties: { tier: 1 } }), 'images[0].properties.tier is a number'],
  ['a property of ours', of({ ...image, properties: { 'imgctl.managed': 'x' } }), 'is set by imgctl only'],
  ['a text for a flag', of({ ...image, protect: 'yes' }), 'images[0].protect is a string'],
  ['a visibility that there is not', of({ ...image, visibility: 'secret' }), 'images[0].visibility is "secret"'],
  ['a size without a unit', of({ ...image, minDisk: '20' }), 'images[0].minDisk'],
  ['a size that is none', { manifest: 'f', defaults: { minRam: 'much' }, images: [] }, ''],
  ['a tag that is no text', of({ ...image, tags: ['a', 1] }), 'images[0].tags[1] is a number'],
  ['a word of a template', of({ ...image, displayName: '{{name}}-{{sreial}}' }), 'images[0].displayName'],
  ['an open brace', of({ ...image, displayName: '{{name' }), 'braces'],
  ['both kinds of places', of({ ...image, places: ['a'], exactPlaces: ['b'] }), 'images[0].exactPlaces stands beside places'],
  ['a URL without a checksum', of({ ...image, source: 'https://site.example/disk.qcow2' }), 'images[0].checksum is missing'],
  ['a URL with a password', of({ ...image, checksum: 'auto', source: 'https://me:hunter2@site.example/d' }), 'holds a password'],
  ['a number of versions that is none', of({ ...image, keep: 0 }), 'images[0].keep is no whole number above 0'],
  ['a grace without versions', of({ ...image, grace: '3d' }), 'images[0].grace stands without keep'],
  ['a digest that is none', of({ ...image, checksum: 'sha256:zz' }), 'images[0].checksum is not right: a sha256 digest has 64'],
  ['a way to verify that is none', of({ ...image, verify: 'blah' }), 'images[0].verify is not right: "blah" is no way to verify'],
  ['a grace that is none', of({ ...image, keep: 1, grace: 'long' }), 'images[0].grace is not right'],
  ['a scheme', of({ ...image, source: 'ftp://site.example/d' }), 'images[0].source has a scheme'],
];

describe('a manifest', () => {
  it.each(wrong)('with %s is refused, with file and path', (_what, value, told) => {
    const text = failure(value);
    if (told === '') return expect(read(value).images).toEqual([]);
    expect(text).toMatch(/^CONFIG images\.yaml: /);
    expect(text).toContain(told);
    expect(text).not.toContain('hunter2');
  });

  it('with any odd value of any key is taken, or refused as what it is: never another failure', () => {
    const values = ['', ' ', 'x\ny', '\u0000', 0, -1, 1.5, true, [], [''], [0], [null], {}, { a: 0 }, { '': 'x' }, { a: {} }];
    const directory = { reference: () => ({ image: '' }), select: (patterns: readonly string[]) => patterns } as never;
    const outcome = (value: unknown): string => {
      try {
        placedImages(read(value), undefined, directory);
        return 'taken';
      } catch (error) {
        return error instanceof ImgctlError ? `${error.code} ${error.message}` : String(error);
      }
    };
    const cases = values.flatMap((odd) => [
      ...manifestKeys.map((key) => ({ ...of(image), [key]: odd })),
      ...commonKeys.map((key) => ({ ...of(image), defaults: { [key]: odd } })),
      ...imageKeys.map((key) => of({ ...image, [key]: odd })),
    ]);
    const odd = cases.map((one) => [outcome(one), one] as const);
    expect(odd.filter(([text]) => text !== 'taken' && !text.startsWith('CONFIG images.yaml: '))).toEqual([]);
    const empty = ['arch', 'verify', 'checksum', 'displayName', 'containerFormat', 'architecture', 'channel', 'name', 'source'];
    expect(empty.filter((key) => outcome(of({ ...image, [key]: '' })) === 'taken')).toEqual([]);
  });

  it('is read from YAML, with what is said of all images in what is said of one', () => {
    const text = `
manifest: fleet
defaults:
  targets: [pcd, 'dc-*']
  tags: [blessed]
  properties: { tier: gold, team: infra }
  minDisk: 20GiB
images:
  - name: noble
    source: ubuntu:noble
    displayName: 'Ubuntu {{serial}}'
    tags: [lts]
    properties: { tier: silver }
  - name: own
    source: ./build/disk.qcow2
    targets: lab
`;
    const { value } = parseWritten(text, 'images.yaml');
    expect(fits(value), JSON.stringify(fits.errors)).toBe(true);
    const [noble, own] = read(value).images;
    expect(noble).toMatchObject({ targets: ['pcd', 'dc-*'], displayName: 'Ubuntu {{serial}}', source: 'ubuntu:noble' });
    expect(noble?.labels).toEqual({
      tags: ['blessed', 'lts'],
      properties: { tier: 'silver', team: 'infra' },
      minDiskBytes: 20 * 2 ** 30,
    });
    expect(own).toMatchObject({ targets: ['lab'], source: '/srv/build/disk.qcow2', displayName: '{{name}}' });
  });

  it('is YAML 1.2 as rules are: words and versions are texts, anchors merge, and a failure names its line', () => {
    const text = (more: string): string =>
      `manifest: fleet\nx: &base { targets: [pcd] }\nimages:\n  - <<: *base\n    name: web\n    source: ubuntu:noble\n    ${more}\n`;
    const parsed = (more: string) =>
      parseWritten(text(more).replace('x: &base { targets: [pcd] }', 'defaults: &base { targets: [pcd] }'), 'images.yaml');
    const { value } = parsed('properties: { agent: yes, version: 22.10, day: 2026-11-29 }');
    expect(read(value).images[0]).toMatchObject({
      targets: ['pcd'],
      labels: { properties: { agent: 'yes', version: '22.10', day: '2026-11-29' } },
    });
    const told = (more: string): string => {
      try {
        const { value: odd, lineOf } = parsed(more);
        manifestFrom(odd, 'images.yaml', '/srv', lineOf);
      } catch (error) {
        return error instanceof ImgctlError ? `${error.code} ${error.message}` : String(error);
      }
      return '';
    };
    expect(told('protect: yes')).toBe('CONFIG images.yaml:7: images[0].protect is a string, and not true or false');
    expect(told('tags: [a, 1]')).toBe('CONFIG images.yaml:7: images[0].tags[1] is a number, and not a text');
    expect(told('checksum: [')).toMatch(
      /^CONFIG images\.yaml:\d+: not readable as YAML or JSON: a bracket is not closed, or a line is indented otherwise than those it belongs to$/,
    );
    expect(told('name: web')).toBe('CONFIG images.yaml:7: a key is there twice');
  });

  it('has a schema that knows the same keys, and refuses most of what is refused', () => {
    expect(Object.keys(schema.properties).filter((key) => key !== '$schema')).toEqual([...manifestKeys]);
    expect(Object.keys(schema.properties.defaults?.properties ?? {}).toSorted()).toEqual(commonKeys.toSorted());
    expect(Object.keys(schema.properties.images?.items.properties ?? {}).toSorted()).toEqual(imageKeys.toSorted());
    const untold = [
      'a name twice',
      'no targets',
      'a size that is none',
      'a URL without a checksum',
      'a URL with a password',
      'a scheme',
      'both kinds of places',
      'a grace without versions',
      'a word of a template',
      'an open brace',
      'a property of ours',
    ];
    for (const [what, value] of wrong)
      if (!untold.includes(what) && value !== undefined)
        expect([what, fits(JSON.parse(JSON.stringify(value)))]).toEqual([what, false]);
  });
});
