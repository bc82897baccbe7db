import type { Changes, Editable } from './operation.ts';

/** Everything that can be said of an image when it is made or changed, in the order in which it is shown. */
export const editableFields = [
  'name',
  'description',
  'visibility',
  'owner',
  'protected',
  'hidden',
  'diskFormat',
  'containerFormat',
  'architecture',
  'minDiskBytes',
  'minRamBytes',
  'tags',
  'properties',
] as const satisfies readonly Editable[];

/** The tags after a change; the order of those that stay is kept. Absent: the change does not touch tags. */
export function tagsAfter(now: readonly string[], changes: Changes): readonly string[] | undefined {
  if (changes.tags) return [...new Set(changes.tags)];
  if (!changes.addTags && !changes.removeTags) return undefined;
  const gone = new Set(changes.removeTags);
  return [...new Set([...now.filter((tag) => !gone.has(tag)), ...(changes.addTags ?? [])])];
}

/** The properties after a change. */
export function propertiesAfter(now: Readonly<Record<string, string>>, changes: Changes): Readonly<Record<string, string>> {
  const after = new Map([...Object.entries(now), ...Object.entries(changes.properties ?? {})]);
  for (const name of changes.removeProperties ?? []) after.delete(name);
  return Object.fromEntries(after);
}
