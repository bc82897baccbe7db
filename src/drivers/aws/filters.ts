import { imageFields } from '../../core/image.ts';
import type { ListRequest } from '../../core/operation.ts';
import { escaped } from './images.ts';

/** Filters of DescribeImages that are worth typing. */
export const ownFilters: Readonly<Record<string, string>> = {
  architecture: 'i386, x86_64, arm64, x86_64_mac or arm64_mac',
  'block-device-mapping.snapshot-id': 'a snapshot that it holds',
  'creation-date': 'when it was made, * and ? stand for anything: 2026-11-*',
  description: 'the whole description, * and ? stand for anything',
  'ena-support': 'true or false: enhanced networking',
  'image-type': 'machine, kernel or ramdisk',
  'is-public': 'true or false: everybody may use it',
  name: 'the whole name, * and ? stand for anything',
  'owner-alias': 'amazon, aws-marketplace or aws-backup-vault, with --all',
  platform: 'windows',
  'root-device-type': 'ebs or instance-store',
  'source-image-id': 'the image that it is a copy of',
  'source-image-region': 'the region of that image',
  'source-instance-id': 'the instance that it was made from',
  state: 'available, pending, failed or disabled',
  'tag-key': 'a tag that it has, whatever its value',
  'virtualization-type': 'hvm or paravirtual',
};

/** A name of a property that may be a field of ours, or of EC2's record, too: whether it matches is not for the server to say. */
const isField = (name: string): boolean =>
  (imageFields as readonly string[]).includes(name) || /[a-z][A-Z]/.test(name) || ['hypervisor', 'platform'].includes(name);

/** The most that a value may hold. */
const longest = 200;

/** A glob as EC2 has it, which knows `*` and `?` alone: of any other the beginning, and anything behind it. */
export function namePattern(glob: string): string {
  const other = glob.search(/[^\w\s.\-/()'@*?]/);
  const end = Math.min(other < 0 ? glob.length : other, longest);
  return end === glob.length ? glob : `${glob.slice(0, end)}*`;
}

type Filter = readonly [name: string, value: string];

/** What of a request EC2 narrows the list by: never by more than is meant. */
export function filtersFor({ filters, own }: ListRequest, isOwnList: boolean): readonly Filter[] {
  const { name, properties = {}, tags = [] } = filters;
  const tagged: readonly Filter[] = [
    ...Object.entries(properties).flatMap(([key, value]): Filter[] =>
      isField(key) || key.length > 127 || value === '' || value.length > longest ? [] : [[`tag:${key}`, escaped(value)]],
    ),
    ...tags.slice(0, 1).flatMap((tag): Filter[] => (tag.length > 127 ? [] : [['tag-key', escaped(tag)]])),
  ];
  return [
    ...(name === undefined || name === '' ? [] : [['name', namePattern(name)] as const]),
    // Tags of others' images nobody sees.
    ...(isOwnList ? tagged : []),
    ...Object.entries(own).filter(([filter]) => filter !== 'owner-alias'),
  ];
}

export const filterForm = (filters: readonly Filter[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    filters.flatMap(([name, value], index) => [
      [`Filter.${index + 1}.Name`, name],
      [`Filter.${index + 1}.Value.1`, value],
    ]),
  );
