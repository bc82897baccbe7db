import { usageError } from '../../core/errors.ts';
import { isOwnProperty } from '../../core/image.ts';
import type { Call, Changes } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { reserved } from './fields.ts';
import type { FoundImage } from './images.ts';
import { tagsOf } from './record.ts';
import { textIn } from './xml.ts';

/** A tag as EC2 has it: with an empty value it is a tag here, with any other a property. */
export type Tag = readonly [key: string, value: string];

const check = (name: string): void => {
  if (reserved.test(name)) throw usageError(`"${name}" is reserved: it cannot be set`);
};

/** Oddity: tags and properties are one here, so that a tag would take the place of what imgctl keeps under such a name. */
const checkTag = (tag: string): void => {
  if (isOwnProperty(tag))
    throw usageError(`tag "${tag}" is set by imgctl only`, { hint: 'Use a name that does not begin with "imgctl.".' });
};

/** Tags and properties of a new image. Throws USAGE for names that are AWS's own, and for tags that would be imgctl's. */
export function newTags({
  tags = [],
  properties = {},
}: {
  readonly tags?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
}): readonly Tag[] {
  const all = new Map<string, string>([...tags.map((tag) => [tag, ''] as const), ...Object.entries(properties)]);
  tags.forEach(checkTag);
  for (const name of all.keys()) check(name);
  return [...all];
}

/** Tags of a thing that is made, as `TagSpecification.1`; nothing where there are none: an empty list is refused. */
export const tagSpecification = (kinds: readonly string[], tags: readonly Tag[]): Readonly<Record<string, string>> =>
  tags.length === 0
    ? {}
    : Object.fromEntries(
        kinds.flatMap((kind, index) => {
          const at = `TagSpecification.${index + 1}`;
          return [
            [`${at}.ResourceType`, kind] as const,
            ...tags.flatMap(([key, value], n) => [
              [`${at}.Tag.${n + 1}.Key`, key] as const,
              [`${at}.Tag.${n + 1}.Value`, value] as const,
            ]),
          ];
        }),
      );

/** What has to be set, and what taken away, so that an image is as wanted. */
export interface TagChange {
  readonly set: readonly Tag[];
  /** With the value that it must have to be taken away; absent: whatever it is. */
  readonly remove: readonly (readonly [key: string, value?: string])[];
}

/** Only what differs from what is there. Throws USAGE as `newTags`. */
export function tagChange({ wire }: FoundImage, changes: Changes): TagChange {
  const now = tagsOf(wire);
  const { tags, addTags = [], removeTags = [], properties = {}, removeProperties = [] } = changes;
  const mine = [...now].filter(([name]) => !reserved.test(name));
  const wanted = new Map<string, string>([
    ...[...(tags ?? []), ...addTags].map((tag) => [tag, ''] as const),
    ...Object.entries(properties),
  ]);
  [...(tags ?? []), ...addTags].forEach(checkTag);
  for (const name of [...wanted.keys(), ...removeTags, ...removeProperties]) check(name);
  const dropped = tags ? mine.filter(([name, value]) => value === '' && !tags.includes(name)).map(([name]) => name) : removeTags;
  return {
    set: [...wanted].filter(([name, value]) => now.get(name) !== value),
    remove: [
      ...dropped.filter((name) => now.get(name) === '' && !wanted.has(name)).map((name) => [name, ''] as const),
      ...removeProperties.filter((name) => now.has(name) && !wanted.has(name)).map((name) => [name] as const),
    ],
  };
}

/** Writes tags of an image; nothing where there is nothing to write: a list without tags would take all of them away. */
export async function writeTags(
  client: AwsClient,
  { wire, region }: FoundImage,
  { set, remove }: TagChange,
  call: Call,
): Promise<void> {
  const id = textIn(wire.imageId) ?? '';
  const resource = { 'ResourceId.1': id };
  const what = `changing the tags of image ${id}`;
  const form = (tags: readonly (readonly [string, string?])[]): Readonly<Record<string, string | undefined>> =>
    Object.fromEntries(
      tags.flatMap(([key, value], index) => [
        [`Tag.${index + 1}.Key`, key],
        [`Tag.${index + 1}.Value`, value],
      ]),
    );
  if (remove.length > 0)
    await client.ec2({ region, action: 'DeleteTags', what, form: { ...resource, ...form(remove) }, repeatable: true }, call);
  if (set.length > 0)
    await client.ec2({ region, action: 'CreateTags', what, form: { ...resource, ...form(set) }, repeatable: true }, call);
}
