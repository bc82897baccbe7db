import path from 'node:path';
import { isChannelWord } from '../../core/channel.ts';
import { configError, notFoundError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import type { Description } from '../../core/operation.ts';
import { withoutCredentials } from '../../core/redact.ts';
import { readTextFile } from '../../host/text-file.ts';
import { parseWritten } from '../../host/yaml.ts';
import { usualGrace } from './retirement.ts';
import { isUrl } from '../trust/beside.ts';
import { checkTemplate } from './display-name.ts';
import { ManifestFields, type ManifestPlace } from './manifest-fields.ts';
import type { Manifest, ManifestImage } from './manifest.ts';

/** The file that is read where none is named. */
export const usualManifest = 'images.yaml';

export const manifestKeys = ['manifest', 'defaults', 'images'] as const;
/** What may be said of every image, and of all of them under `defaults`. */
export const commonKeys = [
  'latest',
  'arch',
  'verify',
  'checksum',
  'fromFormat',
  'diskFormat',
  'allowUnsafe',
  'targets',
  'displayName',
  'description',
  'visibility',
  'protect',
  'hide',
  'containerFormat',
  'architecture',
  'minDisk',
  'minRam',
  'tags',
  'properties',
  'places',
  'exactPlaces',
  'channel',
  'keep',
  'grace',
] as const;
export const imageKeys = ['name', 'source', ...commonKeys] as const;

/** Names by which marks are kept: they stand in properties, tags and templates of every provider. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const nameRule = 'is no name of letters, digits, ".", "_" and "-", at most 63 of them';

/** Reads a manifest, YAML or JSON. Throws NOT_FOUND, LOCAL, and CONFIG with file and path for whatever is not as it has to be. */
export async function readManifest(file: string): Promise<Manifest> {
  const text = await readTextFile(file);
  if (text === undefined)
    throw notFoundError(`no such file: ${file}`, { hint: 'Name the manifest with --file.', ofNoImage: true });
  return manifestIn(text, file, path.dirname(path.resolve(file)));
}

/** The manifest in a text. Throws CONFIG as `readManifest`. */
export function manifestIn(text: string, file: string, folder: string): Manifest {
  const { value, lineOf } = parseWritten(text, file);
  return manifestFrom(value, file, folder, lineOf);
}

/** The manifest that a value is. `folder`: where relative paths of files begin. */
export function manifestFrom(value: unknown, file: string, folder: string, lineOf?: ManifestPlace['lineOf']): Manifest {
  const whole = new ManifestFields(value, { file, path: '', lineOf }, manifestKeys);
  const id = whole.required('manifest');
  if (!namePattern.test(id)) throw whole.wrong('manifest', nameRule);
  const defaults = new ManifestFields(whole.raw('defaults') ?? {}, { file, path: 'defaults', lineOf }, commonKeys);
  const listed = whole.raw('images');
  if (!Array.isArray(listed)) throw whole.wrong('images', 'is missing, or no list');
  const images = listed.map((one: unknown, index) =>
    imageFrom(one, defaults, { file, path: `images[${index}]`, lineOf }, folder),
  );
  const twice = images.find(({ name }, index) => images.findIndex((other) => other.name === name) !== index);
  if (twice) throw configError(`${file}: ${twice.path}.name is "${twice.name}", as that of an image before it`);
  return { id, images, file, written: { value, folder } };
}

function imageFrom(value: unknown, defaults: ManifestFields, at: ManifestPlace, folder: string): ManifestImage {
  const own = new ManifestFields(value, at, imageKeys);
  const name = own.required('name');
  if (!namePattern.test(name)) throw own.wrong('name', nameRule);
  const merged = mergedFields(own, defaults);
  const { places, isExactly } = placesIn(own, defaults);
  const targets = merged((of) => of.words('targets')) ?? [];
  if (targets.length === 0) throw own.wrong('targets', 'is missing: profiles in which it is to be');
  const displayName = merged((of) => {
    const text = of.word('displayName');
    if (text !== undefined) of.understood('displayName', () => checkTemplate(text));
    return text;
  });
  return {
    name,
    source: sourceIn(
      own,
      merged((of) => of.checksum('checksum')),
      folder,
    ),
    latest: merged((of) => of.flag('latest')) ?? false,
    ...given({
      arch: merged((of) => of.word('arch')),
      verify: merged((of) => of.verify('verify')),
      checksum: merged((of) => of.checksum('checksum')),
      fromFormat: merged((of) => of.format('fromFormat')),
      diskFormat: merged((of) => of.format('diskFormat')),
      retention: retentionIn(own, defaults),
      channel: channelWordIn(own, defaults),
    }),
    allowUnsafe: merged((of) => of.words('allowUnsafe')) ?? [],
    targets,
    displayName: displayName ?? '{{name}}',
    labels: labelsIn(own, defaults),
    places,
    isExactly,
    path: at.path,
  };
}

/** What is said of the image itself, else what is said of all. */
const mergedFields =
  (own: ManifestFields, defaults: ManifestFields) =>
  <T>(read: (of: ManifestFields) => T | undefined): T | undefined =>
    read(own) ?? read(defaults);

function labelsIn(own: ManifestFields, defaults: ManifestFields): Omit<Description, 'name'> {
  const merged = mergedFields(own, defaults);
  const tags = [...new Set([...(defaults.words('tags') ?? []), ...(own.words('tags') ?? [])])];
  const properties = { ...defaults.pairs('properties'), ...own.pairs('properties') };
  return given<Omit<Description, 'name'>>({
    description: merged((of) => of.text('description')),
    visibility: merged((of) => of.visibility('visibility')),
    protected: merged((of) => of.flag('protect')),
    hidden: merged((of) => of.flag('hide')),
    containerFormat: merged((of) => of.word('containerFormat')),
    architecture: merged((of) => of.word('architecture')),
    minDiskBytes: merged((of) => of.size('minDisk', 'GiB')),
    minRamBytes: merged((of) => of.size('minRam', 'MiB')),
    tags: tags.length > 0 ? tags : undefined,
    properties: Object.keys(properties).length > 0 ? properties : undefined,
  });
}

function channelWordIn(own: ManifestFields, defaults: ManifestFields): string | undefined {
  const of = own.has('channel') ? own : defaults;
  const word = of.word('channel');
  if (word === undefined || isChannelWord(word)) return word;
  throw of.wrong('channel', 'is no channel: a word of lower-case letters, digits, ".", "_" and "-", at most 41 of them');
}

function retentionIn(own: ManifestFields, defaults: ManifestFields): ManifestImage['retention'] {
  const merged = mergedFields(own, defaults);
  const keep = merged((of) => of.count('keep'));
  const grace = merged((of) => of.duration('grace'));
  if (keep !== undefined) return { keep, grace: grace ?? usualGrace };
  if (own.has('grace')) throw own.wrong('grace', 'stands without keep: how many versions stay');
  return undefined;
}

/** Of an image that says one of both, what is said of all is not meant. */
function placesIn(own: ManifestFields, defaults: ManifestFields): Pick<ManifestImage, 'places' | 'isExactly'> {
  const of = own.has('places') || own.has('exactPlaces') ? own : defaults;
  const [places, exact] = [of.words('places'), of.words('exactPlaces')];
  if (places && exact) throw of.wrong('exactPlaces', 'stands beside places: which of the two is meant cannot be told');
  if (exact?.length === 0) throw of.wrong('exactPlaces', 'is empty: an image is in some place');
  return { places: exact ?? places ?? [], isExactly: exact !== undefined };
}

function sourceIn(own: ManifestFields, checksum: string | undefined, folder: string): string {
  const source = own.required('source');
  if (isUrl(source)) {
    if (!URL.canParse(source)) throw own.wrong('source', 'is no valid URL');
    const shown = [source, checksum ?? ''].find((address) => withoutCredentials(address) !== address);
    if (shown !== undefined) {
      const key = shown === source ? 'source' : 'checksum';
      throw own.wrong(key, 'holds a password or a token', 'Put it into a profile, and name PROFILE:IMAGE.');
    }
    if (checksum === undefined)
      throw own.wrong(
        'checksum',
        'is missing: without it nobody can tell whether what is at the URL is another one by now',
        'Say auto, ALGO:HEX, or the URL of a checksum file.',
      );
    return source;
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source))
    throw own.wrong('source', 'has a scheme that is not supported', 'Use http:// or https://.');
  return isPath(source) ? path.resolve(folder, source) : source;
}

/** A file is told from an image by how it is written: nothing need be there to know what is meant. */
export const isPath = (source: string): boolean =>
  path.isAbsolute(source) || /^\.{0,2}[/\\]/.test(source) || (!source.includes(':') && /[./\\]/.test(source));
