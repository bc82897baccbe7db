import { areOtherDisks, type Image } from '../../core/image.ts';
import type { EngineContext } from '../context.ts';
import { compareImages } from './list.ts';
import type { Fleet } from './multi-list.ts';
import type { ImageGroup } from '../../core/image-group.ts';

export const groupKeys = ['contentId', 'name'] as const;
export type GroupKey = (typeof groupKeys)[number];

const newestFirst = [{ field: 'createdAt', descending: true }];

/**
 * Groups by name or by content, in the order in which their first images come; images without the key are in no group.
 * `silent` are profiles that could not be asked. By name, the newest image is what the others are compared with.
 */
export function groupImages(
  all: readonly Image[],
  by: GroupKey,
  profiles: readonly string[],
  silent: ReadonlySet<string>,
): readonly ImageGroup[] {
  const groups = grouped(
    all.filter((image) => image[by]),
    (image) => image[by] ?? '',
  );
  const named = grouped(all, ({ name }) => name);
  return [...groups].map(([group, found]) => {
    const images = [...found].sort((a, b) => compareImages(a, b, newestFirst));
    const namesakes = new Set(images.flatMap(({ name }) => (name === '' ? [] : (named.get(name) ?? []))));
    const standing = (profile: string): Standing => {
      if (silent.has(profile)) return 'unknown';
      const candidates = [...new Set([...images, ...namesakes])].filter((image) => image.profile === profile);
      return standingOf(candidates, by === 'name' ? images.slice(0, 1) : images);
    };
    const of = (wanted: Standing): readonly string[] => profiles.filter((profile) => standing(profile) === wanted);
    return {
      by,
      group,
      images,
      same: of('same'),
      behind: of('behind'),
      ahead: of('ahead'),
      missing: of('missing'),
      unknown: of('unknown'),
    };
  });
}

/** What several profiles have of the same, and how many of their images have nothing to be grouped by. */
export interface Comparison {
  readonly groups: readonly ImageGroup[];
  readonly without: number;
}

/** Reads what a fleet answers, and compares its profiles. */
export async function compareFleet(
  { images, failed }: Fleet,
  by: GroupKey,
  profiles: readonly string[],
  { drivers }: Pick<EngineContext, 'drivers'>,
): Promise<Comparison> {
  const all: Image[] = [];
  for await (const image of images) all.push(image);
  // The built-in store lacks nothing as long as nobody keeps anything in it.
  const isUsed = (name: string) => name !== drivers.usual || all.some(({ profile }) => profile === name);
  return {
    groups: groupImages(all, by, profiles.filter(isUsed), failed),
    without: all.filter((image) => !image[by]).length,
  };
}

function grouped(images: readonly Image[], keyOf: (image: Image) => string): ReadonlyMap<string, readonly Image[]> {
  const groups = new Map<string, Image[]>();
  for (const image of images) {
    const group = groups.get(keyOf(image));
    if (group) group.push(image);
    else groups.set(keyOf(image), [image]);
  }
  return groups;
}

type Standing = 'same' | 'behind' | 'ahead' | 'missing' | 'unknown';

/** Where a profile with these images stands to the disk that the wanted images hold; the wanted are sorted newest first. */
function standingOf(own: readonly Image[], wanted: readonly Image[]): Standing {
  const [newest] = [...own].sort((a, b) => compareImages(a, b, newestFirst));
  const [reference] = wanted;
  if (!newest || !reference) return 'missing';
  if (own.some((image) => wanted.some((other) => image === other || isSame(image, other) === true))) return 'same';
  if (isSame(newest, reference) === undefined || !newest.createdAt || !reference.createdAt) return 'unknown';
  return newest.createdAt > reference.createdAt ? 'ahead' : 'behind';
}

/** Whether two images hold the same disk; absent where nothing tells. Digests differ where only the format does, so they prove no difference. */
export function isSame(a: Image, b: Image): boolean | undefined {
  if (areOtherDisks(a, b)) return false;
  if (a.contentId !== undefined && b.contentId !== undefined) return a.contentId === b.contentId;
  const [left, right] = [a.checksums ?? {}, b.checksums ?? {}];
  const common = Object.keys(left).find((algorithm) => Object.hasOwn(right, algorithm));
  if (common !== undefined && left[common] === right[common]) return true;
  return common !== undefined && a.diskFormat !== undefined && a.diskFormat === b.diskFormat ? false : undefined;
}
