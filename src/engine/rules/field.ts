import { imageFields, statuses, visibilities } from '../../core/image.ts';
import { nearest } from '../../host/did-you-mean.ts';

/** What kind of value a field has; of a `text` property a rule may also ask for a number or a time. */
export type FieldKind = 'text' | 'property' | 'flag' | 'size' | 'time' | 'list';

/** A field of an image that a rule can be about. */
export interface RuleField {
  /** As it is written: `diskFormat`, `properties.os_distro`. */
  readonly name: string;
  readonly kind: FieldKind;
  /** The only values that it can have. */
  readonly values?: readonly string[];
}

/** The fields of an image in its JSON; of `places` and `checksums` the names are meant. */
export const fieldKinds: Readonly<
  Record<Exclude<(typeof imageFields)[number], 'properties' | 'progress'>, Exclude<FieldKind, 'property'>>
> = {
  profile: 'text',
  provider: 'text',
  id: 'text',
  name: 'text',
  aliases: 'list',
  description: 'text',
  status: 'text',
  providerStatus: 'text',
  visibility: 'text',
  owner: 'text',
  protected: 'flag',
  hidden: 'flag',
  diskFormat: 'text',
  containerFormat: 'text',
  architecture: 'text',
  sizeBytes: 'size',
  virtualBytes: 'size',
  minDiskBytes: 'size',
  minRamBytes: 'size',
  checksums: 'list',
  tags: 'list',
  places: 'list',
  createdAt: 'time',
  updatedAt: 'time',
  expiresAt: 'time',
  contentId: 'text',
};

const closed: Readonly<Record<string, readonly string[]>> = { status: statuses, visibility: visibilities };
const propertyPattern = /^properties\.(.+)$/s;

/** What is written for it elsewhere. */
const otherWords: Readonly<Record<string, string>> = {
  size: 'sizeBytes',
  age: 'createdAt',
  created: 'createdAt',
  updated: 'updatedAt',
  format: 'diskFormat',
  labels: 'tags',
  label: 'tags',
  checksum: 'checksums',
};

/** The field of this name; absent: there is none. */
export function fieldNamed(name: string): RuleField | undefined {
  if (propertyPattern.test(name)) return { name, kind: 'property' };
  const kind = Object.entries(fieldKinds).find(([known]) => known === name)?.[1];
  const values = closed[name];
  return kind && { name, kind, ...(values ? { values } : {}) };
}

/** The name of the property that a field is; absent: it is none. */
export const propertyIn = (field: string): string | undefined => propertyPattern.exec(field)?.[1];

/** What may have been meant by a field that there is not. */
export const nearFields = (name: string): readonly string[] =>
  otherWords[name] === undefined ? nearest(name, Object.keys(fieldKinds)) : [otherWords[name]];
