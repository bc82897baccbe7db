import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { given, type Visibility } from '../../../core/image.ts';
import type { Properties } from '../../../core/provenance.ts';
import type { Description } from '../../../core/operation.ts';
import { withoutCredentials } from '../../../core/redact.ts';
import { isUrl } from '../../trust/beside.ts';
import { checkTemplate } from '../display-name.ts';
import type { ManifestImage, Version } from '../manifest.ts';
import { imageKeys, metaKeys, oimTag, pointerVersion, versionKeys } from './keys.ts';
import { naturalOrder } from './natural-order.ts';
import { OimFields, type OimPlace } from './oim-fields.ts';

const mib = 1024 ** 2;
const gib = 1024 ** 3;

/** One version of an image as it stands there. */
interface Written {
  readonly fields: OimFields;
  readonly version: string;
  readonly path: string;
}

/**
 * The images that one of OIM's stands for, one for each version, older ones first; none where it is not enabled. Of `multi: true` the newest bears
 * the plain name, and older ones their version behind it; else each is an image by itself, and its version a part of its name.
 */
export function oimImages(value: unknown, place: OimPlace, targets: readonly string[]): readonly ManifestImage[] {
  const fields = new OimFields(value, place, imageKeys);
  if (fields.flag('enable') === false) return [];
  const listed = fields.raw('versions');
  if (!Array.isArray(listed)) throw fields.wrong('versions', 'is missing, or no list');
  const versions = listed
    .map((one: unknown, index): Written => {
      const at = `${place.path}.versions[${index}]`;
      const own = new OimFields(one, { ...place, path: at }, versionKeys);
      return { fields: own, version: own.required('version'), path: at };
    })
    .toSorted((a, b) => naturalOrder(a.version, b.version));
  const twice = versions.find(({ version }, index) => versions[index + 1]?.version === version);
  if (twice) throw twice.fields.wrong('version', `is "${twice.version}", as that of another one`);
  const all = new OimImage(fields, targets);
  return versions.map((one, index) => all.version(one, versions[index + 1] === undefined, versions.at(-1)));
}

class OimImage {
  readonly #fields: OimFields;
  readonly #targets: readonly string[];
  readonly #name: string;
  readonly #separator: string;
  readonly #isMulti: boolean;

  constructor(fields: OimFields, targets: readonly string[]) {
    this.#fields = fields;
    this.#targets = targets;
    this.#name = fields.required('name');
    this.#separator = fields.text('separator') ?? ' ';
    this.#isMulti = fields.flag('multi') ?? false;
    fields.understood('name', () => checkTemplate(this.#name));
  }

  version(one: Written, isNewest: boolean, newest: Written = one): ManifestImage {
    const { fields, version } = one;
    const isPointer = version === pointerVersion;
    const displayName = this.#isMulti
      ? isNewest
        ? this.#name
        : `${this.#name}${this.#separator}(${version})`
      : `${this.#name}${this.#separator}${version}`;
    const properties = this.#properties(one);
    const superseded = this.#isMulti ? this.#superseded(newest) : undefined;
    const isSuperseded = superseded !== undefined && !isNewest && has({ ...properties }, superseded.where);
    const { architecture, description, ...others } = { ...properties, ...(isSuperseded ? superseded.properties : {}) };
    const url = fields.required('url');
    const series = wordFrom(this.#name);
    return {
      name: this.#isMulti && isNewest ? series : wordFrom(`${this.#name} ${version}`),
      source: sourceFrom(fields),
      latest: false,
      ...given({ checksum: checksumIn(fields, isPointer), diskFormat: this.#fields.format('format') }),
      allowUnsafe: [],
      targets: this.#targets,
      displayName,
      labels: given<Omit<Description, 'name'>>({
        visibility: this.#visibility(fields),
        hidden: fields.flag('hidden'),
        architecture,
        description,
        minDiskBytes: this.#fields.units('min_disk', gib),
        minRamBytes: this.#fields.units('min_ram', mib),
        tags: this.#tags(),
        properties: others,
      }),
      places: [],
      isExactly: false,
      path: one.path,
      fitsDisk: true,
      isInactive: this.#fields.choice('status', ['active', 'deactivated']) === 'deactivated',
      ...given({ id: fields.text('id') }),
      version: {
        label: version,
        property: 'internal_version',
        separator: this.#separator,
        ...given<Partial<Version>>({
          series: this.#isMulti ? series : undefined,
          plainName: this.#isMulti ? this.#name : undefined,
          superseded,
        }),
        isNewest: isNewest || !this.#isMulti,
        made: {
          tag: oimTag,
          ...(this.#isMulti ? { series: { image_description: properties.image_description ?? this.#name } } : {}),
          same: isPointer ? {} : { internal_version: version, image_source: shownSource(url) },
        },
        ...(isPointer ? { pointer: { digest: 'upstream_checksum', date: 'image_build_date' } } : {}),
      },
    };
  }

  /** In the order in which its manager sets them, later ones above earlier ones. */
  #properties({ fields, version }: Written): Readonly<Record<string, string>> {
    const isPointer = version === pointerVersion;
    const built = fields.text('build_date')?.slice(0, 10);
    const osVersion = this.#isMulti ? fields.text('os_version') : version;
    return given<Record<string, string>>({
      image_description: this.#name,
      image_name: this.#name,
      ...this.#fields.meta(metaKeys),
      internal_version: isPointer ? undefined : version,
      image_original_user: this.#fields.required('login'),
      ...(osVersion === undefined ? {} : { os_version: osVersion }),
      ...fields.meta(metaKeys),
      image_source: shownSource(fields.required('url')),
      ...(built === undefined ? {} : { image_build_date: built }),
    }) as Readonly<Record<string, string>>;
  }

  #visibility(fields: OimFields): Visibility | undefined {
    return fields.visibility('visibility') ?? this.#fields.visibility('visibility');
  }

  #tags(): readonly string[] {
    const distribution = this.#fields.meta(metaKeys).os_distro;
    return [...new Set([...(this.#fields.words('tags') ?? []), oimTag, ...(distribution ? [`os:${distribution}`] : [])])];
  }

  /** Of a kind only one may be generic that everybody finds: older ones say so. */
  #superseded(newest: Written): Version['superseded'] {
    const { os_purpose: purpose, ...meta } = this.#properties(newest);
    const visibility = this.#visibility(newest.fields);
    const isFound = (visibility === 'public' || visibility === 'community') && newest.fields.flag('hidden') !== true;
    if (purpose !== 'generic' || !isFound) return undefined;
    const kind = ['architecture', 'os_distro', 'os_version'].flatMap((key) => (meta[key] ? [[key, meta[key]]] : []));
    return { where: { os_purpose: purpose, ...Object.fromEntries(kind) }, properties: { os_purpose: 'oldgeneric' } };
  }
}

const has = (properties: Properties, wanted: Properties): boolean =>
  Object.entries(wanted).every(([name, value]) => properties[name] === value);

/** A word that marks can bear. */
const wordFrom = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 63);

/** Where it is read from: an address, or a file. */
function sourceFrom(fields: OimFields): string {
  const key = fields.text('mirror_url') === undefined ? 'url' : 'mirror_url';
  const text = fields.required(key);
  if (withoutCredentials(text) !== text) throw fields.wrong(key, 'holds a password or a token');
  if (isUrl(text)) {
    if (URL.canParse(text)) return text;
    throw fields.wrong(key, 'is no valid URL');
  }
  if (text.startsWith('file:///')) return fields.understood(key, () => fileURLToPath(text));
  if (text.startsWith('file:') && !text.startsWith('file://')) return path.resolve(text.slice('file:'.length));
  throw fields.wrong(key, 'has a scheme that is not supported', 'Use http://, https:// or file:///.');
}

/** The address as others may see it: of a file its name. */
const shownSource = (url: string): string =>
  url.startsWith('file:') && url.includes('/') ? `file:${url.split('/').at(-1) ?? ''}` : url;

const algorithms: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 64: 'sha256', 128: 'sha512' };

function checksumIn(fields: OimFields, isPointer: boolean): string | undefined {
  if (!isPointer) return digestIn(fields);
  const [one, other] = [fields.text('checksums_url'), fields.text('checksum_url')];
  if ((one === undefined) === (other === undefined))
    throw fields.wrong('checksums_url', `of "${pointerVersion}" is needed, or checksum_url, and not both`);
  return one ?? other;
}

/** Its algorithm may be left out: the length tells it. */
function digestIn(fields: OimFields): string | undefined {
  const given = fields.text('checksum');
  if (given === undefined || given.includes(':')) return fields.checksum('checksum');
  const algorithm = algorithms[given.length];
  if (algorithm === undefined) throw fields.wrong('checksum', 'is no digest', 'Use ALGO:HEX, such as sha256:HEX.');
  return `${algorithm}:${given}`;
}
