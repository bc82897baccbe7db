import { formats, type Format } from '../../core/encoding.ts';
import { configError, ImgctlError } from '../../core/errors.ts';
import { isOwnProperty, visibilities, type Visibility } from '../../core/image.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { parseDuration, parseSizeWithUnit, type SizeUnit } from '../../core/quantity.ts';
import { checksumAsked } from '../trust/asked.ts';
import { demandFrom } from '../trust/policy.ts';
import { nearest } from '../../host/did-you-mean.ts';
import type { WrittenDocument } from '../../host/yaml.ts';

/** Where a part of a manifest stands. */
export interface ManifestPlace {
  readonly file: string;
  readonly path: string;
  /** The line of what is at a path. Absent: it is not known. */
  readonly lineOf?: WrittenDocument['lineOf'] | undefined;
}

/** Reads the fields of one part of a manifest; each failure is CONFIG, and names the file, the line and the path in it. */
export class ManifestFields {
  readonly #value: JsonObject;
  readonly #at: ManifestPlace;

  /** `known`: every key that may be there. */
  constructor(value: unknown, at: ManifestPlace, known: readonly string[]) {
    this.#at = at;
    if (!isObject(value)) throw this.#wrong('', `is ${kindOf(value)}, and not a mapping`);
    this.#value = value;
    const odd = Object.keys(value).find((key) => !known.includes(key));
    if (odd === undefined) return;
    const close = nearest(odd, known);
    throw this.#wrong(
      odd,
      'is not known',
      close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `Known: ${known.join(', ')}`,
    );
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#value, key) && this.#value[key] !== null;
  }

  raw(key: string): unknown {
    return this.has(key) ? this.#value[key] : undefined;
  }

  text(key: string): string | undefined {
    const value = this.raw(key);
    return value === undefined ? undefined : this.#text(key, value);
  }

  /** A text that is not empty. */
  word(key: string): string | undefined {
    const value = this.raw(key);
    return value === undefined ? undefined : this.#word(key, value);
  }

  /** Throws where it is missing or empty. */
  required(key: string): string {
    const value = this.text(key);
    if (value === undefined || value === '') throw this.#wrong(key, 'is missing');
    return value;
  }

  flag(key: string): boolean | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.#wrong(key, `is ${kindOf(value)}, and not true or false`);
  }

  /** A list of texts that are not empty; a single text is a list of one. */
  words(key: string): readonly string[] | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return [this.#word(key, value)];
    return value.map((one: unknown, index) => this.#word(`${key}[${index}]`, one));
  }

  /** Properties; those that only imgctl sets are refused. */
  pairs(key: string): Readonly<Record<string, string>> | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.#wrong(key, `is ${kindOf(value)}, and not a mapping`);
    const own = Object.keys(value).find(isOwnProperty);
    if (own !== undefined) throw this.#wrong(`${key}.${own}`, 'is set by imgctl only');
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.#text(`${key}.${name}`, one)]));
  }

  size(key: string, unit: SizeUnit): number | undefined {
    const text = this.text(key);
    return text === undefined ? undefined : this.understood(key, () => parseSizeWithUnit(text, key, unit));
  }

  /** A whole number above 0. */
  count(key: string): number | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    throw this.#wrong(key, 'is no whole number above 0');
  }

  duration(key: string): number | undefined {
    const text = this.text(key);
    return text === undefined ? undefined : this.understood(key, () => parseDuration(text, key));
  }

  visibility(key: string): Visibility | undefined {
    return this.#oneOf(key, visibilities);
  }

  format(key: string): Format | undefined {
    return this.#oneOf(key, formats);
  }

  /** What the source must have, as `--checksum` takes it. */
  checksum(key: string): string | undefined {
    return this.#taken(key, checksumAsked);
  }

  /** What must vouch for the source, as `--verify` takes it. */
  verify(key: string): string | undefined {
    return this.#taken(key, (text) => demandFrom(text, '--verify'));
  }

  /** What reading it gives; a failure of that names the place. */
  understood<T>(key: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ImgctlError)) throw error;
      throw this.#wrong(key, `is not right: ${error.message.replace(/^--\w+: /, '')}`, error.circumstances.hint);
    }
  }

  #taken(key: string, read: (text: string) => unknown): string | undefined {
    const text = this.word(key);
    if (text !== undefined) this.understood(key, () => read(text));
    return text;
  }

  /** The failure of a field, or of the whole where `key` is empty. */
  wrong(key: string, what: string, hint?: string): ImgctlError {
    return this.#wrong(key, what, hint);
  }

  #oneOf<T extends string>(key: string, words: readonly T[]): T | undefined {
    const text = this.text(key);
    const found = words.find((word) => word === text);
    if (text === undefined || found !== undefined) return found;
    throw this.#wrong(key, `is "${text}", and not one of ${words.join(', ')}`);
  }

  #text(key: string, value: unknown): string {
    if (typeof value === 'string') return value;
    const isWord = typeof value === 'number' || typeof value === 'boolean';
    throw this.#wrong(key, `is ${kindOf(value)}, and not a text`, isWord ? 'Put it between quotes.' : undefined);
  }

  #word(key: string, value: unknown): string {
    const text = this.#text(key, value);
    if (text === '') throw this.#wrong(key, 'is empty');
    return text;
  }

  #wrong(key: string, what: string, hint?: string): ImgctlError {
    const { file, path: own, lineOf } = this.#at;
    const path = [own, key].filter((part) => part !== '').join('.');
    const line = lineOf && nearestLine(path, lineOf);
    return configError(
      `${line === undefined ? file : `${file}:${line}`}: ${path === '' ? 'the manifest' : path} ${what}`,
      hint === undefined ? {} : { hint },
    );
  }
}

/** What is not there has no line: that of what it should be in is the nearest. */
function nearestLine(path: string, lineOf: WrittenDocument['lineOf']): number | undefined {
  const parts = path.split(/[.[\]]+/).filter((part) => part !== '');
  const places = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const above = [...places, ''].map((_, index) => places.slice(0, places.length - index));
  return above.map((one) => lineOf(one)).find((line) => line !== undefined);
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}
