import { isObject, type JsonObject } from '../../../core/json.ts';
import { didYouMean, nearest } from '../../../host/did-you-mean.ts';
import { isOwnProperty } from '../../../core/image.ts';
import { ManifestFields } from '../manifest-fields.ts';

/** Where something stands, and who is told of what is odd there. */
export interface OimPlace {
  readonly file: string;
  readonly path: string;
  warn(message: string): void;
}

/** Fields of an image or of a version: a key that is not known is told, and has no effect. Failures are CONFIG, as `ManifestFields`. */
export class OimFields extends ManifestFields {
  readonly #place: OimPlace;

  constructor(value: unknown, place: OimPlace, known: readonly string[]) {
    super(value, place, isObject(value) ? Object.keys(value) : known);
    this.#place = place;
    if (!isObject(value)) return;
    for (const key of Object.keys(value).filter((one) => !known.includes(one)))
      place.warn(`${place.file}: ${place.path}.${key} is not known, and has no effect${hinted(key, known)}`);
  }

  /** A whole number of a unit, as bytes. */
  units(key: string, unit: number): number | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value * unit;
    throw this.wrong(key, 'is no whole number');
  }

  choice<T extends string>(key: string, words: readonly T[]): T | undefined {
    const text = this.text(key);
    const found = words.find((word) => word === text);
    if (text === undefined || found !== undefined) return found;
    throw this.wrong(key, `is "${text}", and not one of ${words.join(', ')}`);
  }

  /** Properties as its manager writes them. A name that is not known is told, and is a property too; what is null is none. */
  meta(known: readonly string[]): Readonly<Record<string, string>> {
    const value = this.raw('meta');
    if (value === undefined) return {};
    if (!isObject(value)) throw this.wrong('meta', 'is no mapping');
    const own = Object.keys(value).find(isOwnProperty);
    if (own !== undefined) throw this.wrong(`meta.${own}`, 'is set by imgctl only');
    const { file, path } = this.#place;
    for (const key of Object.keys(value).filter((one) => value[one] !== null && !known.includes(one)))
      this.#place.warn(`${file}: ${path}.meta.${key} is not known, and becomes a property as it is${hinted(key, known)}`);
    return this.#texts(value);
  }

  #texts(value: JsonObject): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, one]) => {
        if (one === null) return [];
        if (typeof one === 'string') return [[name, one]];
        if (typeof one === 'number') return [[name, String(one)]];
        // Python's way to write them.
        if (typeof one === 'boolean') return [[name, one ? 'True' : 'False']];
        throw this.wrong(`meta.${name}`, 'is no text');
      }),
    );
  }
}

const hinted = (key: string, known: readonly string[]): string => {
  const hint = didYouMean(nearest(key, known));
  return hint === undefined ? '' : `. ${hint}`;
};
