import { providerError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { SortKey } from '../../core/operation.ts';

/** Rows that are looked at before the first of them is given: a provider that does not sort shows it in these. */
const lookedAt = 50;

const valueOf = (image: Image, field: string): unknown => Object.getOwnPropertyDescriptor(image, field)?.value;
const isTime = (field: string): boolean => field.endsWith('At');

/** Databases put texts in orders of their own: only what is wrong in every one of them is wrong. */
function textGoesBack(a: string, b: string, sign: number): boolean {
  return (a < b ? -1 : 1) * sign > 0 && a.localeCompare(b, 'en', { sensitivity: 'base', ignorePunctuation: true }) * sign > 0;
}

/** Whether these two rows contradict the order. What the provider did not say contradicts nothing. */
function contradict(one: Image, next: Image, keys: readonly SortKey[], strict: boolean): boolean {
  for (const { field, descending } of keys) {
    const [a, b] = [valueOf(one, field), valueOf(next, field)];
    if (a === b) continue;
    const sign = descending ? -1 : 1;
    if (typeof a === 'number' && typeof b === 'number') return (a - b) * sign > 0;
    if (typeof a !== 'string' || typeof b !== 'string') return false;
    if (isTime(field)) return (a < b ? -1 : 1) * sign > 0;
    return strict && textGoesBack(a, b, sign);
  }
  return false;
}

/**
 * The rows of a provider that was asked to sort them. Where the first of them are not in that order it does not sort, and
 * `sortedHere` gives them instead. Throws PROVIDER where that shows only later, when rows have been given already.
 */
export async function* inOrder(
  images: AsyncIterable<Image>,
  keys: readonly SortKey[],
  sortedHere: () => AsyncIterable<Image>,
): AsyncGenerator<Image> {
  const held: Image[] = [];
  let last: Image | undefined;
  let given = 0;
  for await (const image of images) {
    if (last && contradict(last, image, keys, given === 0)) {
      if (given === 0) return yield* sortedHere();
      throw providerError(`${image.provider} does not keep to the order that --sort asks for`, {
        profile: image.profile,
        provider: image.provider,
        hint: 'Omit --sort, and sort the output.',
      });
    }
    last = image;
    if (given === 0 && held.length < lookedAt) {
      held.push(image);
      continue;
    }
    if (given === 0) yield* held;
    given += 1;
    yield image;
  }
  if (given === 0) yield* held;
}
