import { withoutQuery } from '../../core/answer-error.ts';
import { Secret } from '../../core/secret.ts';
import { isSecretName, type Redactor } from '../../core/redact.ts';

const mask = '[secret]';

/** Addresses in a text without user, password, query and fragment: what stands there may be a signature. */
const plainAddresses = (text: string): string => text.replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s'"<>]+/gi, withoutQuery);

const isKey = (text: string): boolean => text.trimStart().startsWith('-----BEGIN');

/** A text as it may be kept: without known secrets, credentials in addresses, and keys. */
export const plainText = (text: string, redactor: Redactor): string => (isKey(text) ? mask : redactor.hide(plainAddresses(text)));

/** `--set token=…`, `--property=apiKey=…`: what stands before the value, where its name is a telling one. */
function tellingName(word: string): string | undefined {
  const [, before, name] = /^((?:--?[\w-]+=)?([^=/?]+))=/s.exec(word) ?? [];
  return name !== undefined && isSecretName(name) ? before : undefined;
}

/** What was typed, as it may be kept. */
export const plainWords = (words: readonly string[], redactor: Redactor): readonly string[] =>
  words.map((word) => {
    const name = tellingName(word);
    return name === undefined ? plainText(word, redactor) : `${name}=${mask}`;
  });

/** Parts of a request that are no plain data, or are somebody's documents: what is needed of them is kept elsewhere. */
const leftOut = new Set(['content', 'contentId', 'original', 'handover', 'judge', 'basis', 'goesOn']);

/** A request as plain data without secrets. Functions and bytes are left out. */
export const plainRequest = (request: object, redactor: Redactor): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(request).flatMap(([name, value]: readonly [string, unknown]) =>
      leftOut.has(name) || value === undefined ? [] : [[name, plainValue(value, redactor)] as const],
    ),
  );

function plainValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return plainText(value, redactor);
  if (value instanceof Secret) return mask;
  if (Array.isArray(value)) return value.map((item) => plainValue(item, redactor));
  if (typeof value === 'function' || typeof value === 'symbol' || value instanceof Uint8Array) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]: readonly [string, unknown]) => [
      name,
      isSecretName(name) && typeof field === 'string' ? mask : plainValue(field, redactor),
    ]),
  );
}
