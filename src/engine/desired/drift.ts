import type { Image } from '../../core/image.ts';
import { markChanges, marksOf } from '../../core/marks.ts';
import type { Changes, Description } from '../../core/operation.ts';
import type { Abilities, Wanted } from './case.ts';

/** How a record differs from what is said of it: what is to be changed, and each difference in words. None: `words` is empty. */
export interface Drift {
  readonly changes: Changes;
  readonly words: readonly string[];
}

type Labels = Omit<Description, 'name'>;

const gib = 1024 ** 3;

/** What is said of an image, once it is known how large it is: nobody can start it from a smaller disk. */
export function fitting({ labels, fitsDisk }: Pick<Wanted, 'labels' | 'fitsDisk'>, image: Image): Labels {
  if (!fitsDisk) return labels;
  const needed = Math.ceil(Math.max(image.sizeBytes ?? 0, image.virtualBytes ?? 0) / gib) * gib;
  return { ...labels, minDiskBytes: Math.max(labels.minDiskBytes ?? 0, needed) };
}

/** The smallest disk that a new image needs, now that it is known how large it is. */
export function fitted(wanted: Wanted, made: Image, can: Abilities): Changes {
  const { minDiskBytes } = fitting(wanted, made);
  if (!wanted.fitsDisk || !can.patch.includes('minDiskBytes') || minDiskBytes === (made.minDiskBytes ?? 0)) return {};
  return minDiskBytes === undefined ? {} : { minDiskBytes };
}

/** What is named must be so; what is not named may be as it is, as may tags and properties besides those that are named. */
export function driftOf(image: Image, { tags = [], properties = {}, ...fields }: Labels): Drift {
  const others = Object.entries(fields).filter(
    ([field, value]) => value !== undefined && !isSo(image[field as keyof typeof fields], value),
  );
  const missing = tags.filter((tag) => !image.tags.includes(tag));
  const odd = Object.entries(properties).filter(([name, value]) => image.properties[name] !== value);
  return {
    changes: {
      ...(Object.fromEntries(others) as Changes),
      ...(missing.length > 0 ? { addTags: missing } : {}),
      ...(odd.length > 0 ? { properties: Object.fromEntries(odd) } : {}),
    },
    words: [
      ...others.map(([field, value]) => `${field} is ${shown(image[field as keyof typeof fields])}, not ${shown(value)}`),
      ...missing.map((tag) => `tag ${tag} is missing`),
      ...odd.map(([name, value]) => `property ${name} is ${shown(image.properties[name])}, not ${shown(value)}`),
    ],
  };
}

/** An image that is wanted is not on its way out: the mark that says so goes, and so does what has hidden it. */
export function unretired(image: Image, { hidden }: Labels): Drift {
  if (marksOf(image).retired === undefined) return { changes: {}, words: [] };
  const isHidden = image.hidden === true && hidden === undefined;
  return {
    changes: { ...markChanges(image, { retired: null }), ...(isHidden ? { hidden: false } : {}) },
    words: ['it is retired'],
  };
}

/** What a provider does not say of a flag or a size is as if it were not set. */
function isSo(there: unknown, wanted: unknown): boolean {
  if (there === undefined || there === null) return wanted === false || wanted === 0 || wanted === '';
  return there === wanted;
}

const shown = (value: unknown): string =>
  value === undefined || value === null ? 'not set' : typeof value === 'string' ? `"${value}"` : String(value);
