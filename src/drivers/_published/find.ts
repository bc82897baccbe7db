import { conflictError, notFoundError } from '../../core/errors.ts';
import { architectureOf } from '../../core/architecture.ts';

/** Aliases that a hint names. */
export const mostTold = 5;

/** An image as a publisher names it. */
export interface Named {
  readonly id: string;
  readonly name: string;
  readonly serial: string | undefined;
  readonly architecture: string | undefined;
  /** No other serial of what it is is newer. */
  readonly isNewest: boolean;
}

/** What words mean at a publisher's. */
export interface Naming<T extends Named> {
  /** What a name without an architecture means. */
  readonly architecture: string;
  /** The words that stand for an image, for each serial and architecture of it; none: it has an id and a name alone. */
  aliasesOf(image: T): readonly string[];
  /** Whether an alias says which architecture it means, too. Absent: none does. */
  isWhole?(image: T, alias: string): boolean;
  /** The architecture as it is typed. */
  archOf(image: T): string | undefined;
  /** Whether it bears that as another name. Absent: it has none. */
  isCalled?(image: T, text: string): boolean;
}

/** Serials are in the order of their bytes, as every client of simple formats has them. */
export const bySerial = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** One reading of a text that names an image. */
interface TextReading {
  readonly alias: string;
  readonly arch?: string;
  readonly serial?: string;
}

/**
 * What a text may mean, read from the right: a serial, before it an architecture, before it the alias, which has slashes at times.
 * `isSerial` tells serials from architectures; absent: a word may be either.
 */
export function* readings(text: string, isSerial?: (word: string) => boolean): Generator<TextReading> {
  const parts = text.split('/');
  const [last = '', before = ''] = parts.toReversed();
  const isDated = isSerial?.(last);
  yield { alias: text };
  const alias = parts.slice(0, -1).join('/');
  if (parts.length > 1 && isDated !== false) yield { alias, serial: last };
  if (parts.length > 1 && isDated !== true) yield { alias, arch: last };
  if (parts.length > 2 && isDated !== false) yield { alias: parts.slice(0, -2).join('/'), arch: before, serial: last };
}

/**
 * The image that an id, a name or `ALIAS[/ARCH][/SERIAL]` means: of the newest serial unless one is named. Throws NOT_FOUND for none,
 * CONFLICT for several.
 */
export function findNamed<T extends Named>(images: readonly T[], text: string, naming: Naming<T>): T {
  const exact = images.find(({ id }) => id === text);
  if (exact) return exact;
  const byName = images.filter((image) => image.name === text);
  const called = byName.length > 0 ? byName : images.filter((image) => naming.isCalled?.(image, text));
  if (called.length > 0) return onlyOne(called, text);
  for (const { alias, arch, serial } of readings(text)) {
    const architecture = arch === undefined ? naming.architecture : architectureOf(arch);
    const fitting = images.filter(
      (image) =>
        (serial === undefined ? image.isNewest : image.serial === serial) &&
        naming.aliasesOf(image).includes(alias) &&
        (naming.isWhole?.(image, alias) || (image.architecture ?? architecture) === architecture),
    );
    if (fitting.length > 0) return onlyOne(fitting, text);
  }
  throw notFoundError(`image "${text}" not found`, hintFor(images, text, naming));
}

/** Throws CONFLICT for several. */
export function onlyOne<T extends Pick<Named, 'id'>>(images: readonly T[], text: string): T {
  const [first, second] = images;
  if (!first || second)
    throw conflictError(`"${text}" means several images: ${images.map(({ id }) => id).join(', ')}`, {
      hint: 'Use the id of one.',
    });
  return first;
}

/** What may be typed instead, and is found: what is called nearly so, of any architecture and serial. */
function hintFor<T extends Named>(images: readonly T[], text: string, naming: Naming<T>): { readonly hint?: string } {
  const typed = (image: T, alias: string): string =>
    naming.isWhole?.(image, alias) || (image.architecture ?? naming.architecture) === naming.architecture
      ? alias
      : `${alias}/${naming.archOf(image) ?? ''}`;
  const near = new Set<string>();
  for (const { alias, arch, serial } of readings(text))
    for (const image of images.filter((one) => naming.aliasesOf(one).includes(alias)))
      if (serial === undefined && image.isNewest) near.add(typed(image, alias));
      else if (arch === undefined || architectureOf(arch) === image.architecture)
        near.add([typed(image, alias), image.serial].filter((part) => part !== undefined).join('/'));
  const [head = ''] = text.split('/');
  for (const image of images.filter(({ isNewest }) => isNewest))
    for (const alias of naming.aliasesOf(image))
      if (head !== '' && (alias.startsWith(head.slice(0, 2)) || alias.includes(head))) near.add(typed(image, alias));
  const plain = [...near].filter((name) => /^\w[\w.:/+-]*$/.test(name));
  return plain.length === 0 ? {} : { hint: `Use one of the nearest names: ${plain.slice(0, mostTold).join(', ')}` };
}
