import { isObject, type JsonObject } from '../../core/json.ts';
import { configError } from '../../core/errors.ts';
import { didYouMean, nearest } from '../../host/did-you-mean.ts';
import type { WrittenDocument } from '../../host/yaml.ts';

/** Where something stands in a document. */
export type Path = readonly (string | number)[];

/** Reads the parts of a document that somebody has written; whatever is odd is refused, with its place in the file and what there may be. */
export class Written {
  readonly #file: string;
  readonly #document: WrittenDocument;

  constructor(file: string, document: WrittenDocument) {
    this.#file = file;
    this.#document = document;
  }

  /** The line on which it stands. */
  line(path: Path): number | undefined {
    return this.#document.lineOf(path);
  }

  /** CONFIG, naming file, line and path. */
  wrong(path: Path, what: string, hint?: string): Error {
    // What is not there has no line: that of what it should be in is the nearest.
    const parents = path.map((_, index) => path.slice(0, path.length - index));
    const line = [...parents, []].map((one) => this.line(one)).find((one) => one !== undefined);
    const at = line === undefined ? this.#file : `${this.#file}:${line}`;
    const place = pathText(path);
    return configError(`${at}: ${place === '' ? '' : `${place} `}${what}`, hint === undefined ? {} : { hint });
  }

  /** An object with no other keys than these. */
  object(value: unknown, path: Path, known: readonly string[]): JsonObject {
    const found = this.map(value, path);
    const odd = Object.keys(found).find((key) => !known.includes(key));
    if (odd === undefined) return found;
    throw this.wrong([...path, odd], 'is not known', didYouMean(nearest(odd, known)) ?? `Supported: ${known.join(', ')}`);
  }

  /** An object with whatever keys. */
  map(value: unknown, path: Path): JsonObject {
    if (isObject(value)) return value;
    throw this.wrong(path, `is ${kindOf(value)}, not an object`);
  }

  list(value: unknown, path: Path): readonly unknown[] {
    if (Array.isArray(value)) return value;
    throw this.wrong(path, `is ${kindOf(value)}, not a list`);
  }

  /** A text that is not empty; a number and a truth value as they are written. */
  text(value: unknown, path: Path): string {
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value === 'string' && value !== '') return value;
    throw this.wrong(path, value === '' ? 'is empty' : `is ${kindOf(value)}, not a text`);
  }

  flag(value: unknown, path: Path): boolean {
    if (typeof value === 'boolean') return value;
    throw this.wrong(path, `is ${kindOf(value)}, not true or false`);
  }
}

const kindOf = (value: unknown): string => {
  if (value === undefined || value === null) return 'missing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : typeof value === 'string' ? 'a text' : JSON.stringify(value);
};

/** `rules[2].require.diskFormat`; a key with a dot in it stands between quotes within brackets. */
const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (part.includes('.')) return `${text}["${part}"]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
