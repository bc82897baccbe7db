const mask = '[secret]';

/** Headers that carry credentials, in requests or in answers. */
const secretHeaders =
  /^(authorization|proxy-authorization|cookie|set-cookie|x-auth-token|x-subject-token|x-storage-token|x-api-.*|x-amz-.*|api-?key)$/i;

/** Names of JSON fields and query parameters whose values are credentials. */
const secretNames =
  /(passw|secret|token|signature|credential|access_?key|api_?key|private_?key|upload_to|authorization|^sig$|^key$)/i;

/** Values shorter than this are not looked for in lines: they would blank ordinary words. */
const shortestSecret = 6;
/** Characters of a body that a trace shows. */
const longestBody = 2000;

/** A URL as it may be shown: without user, password and fragment, telling parameters masked. One that is a secret itself is cut to its host. */
export function shownUrl(url: URL, secretUrl: boolean | undefined): string {
  if (secretUrl) return `${url.origin}/${mask}`;
  const query = [...url.searchParams].map(
    ([name, value]) => `${encodeURIComponent(name)}=${secretNames.test(name) ? mask : encodeURIComponent(value)}`,
  );
  return `${url.origin}${url.pathname}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

function shownHeader(name: string, value: string): string {
  if (secretHeaders.test(name)) return mask;
  // A redirect to storage is a signed URL more often than not.
  if (/^(content-)?location$/i.test(name)) return value.replace(/\?.*$/, `?${mask}`);
  return value;
}

/** Headers on one line, credentials masked. */
export const shownHeaders = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${shownHeader(name, value)}`)
    .join('; ');

/** A JSON value with the values of telling fields masked; objects below such a field are looked into. */
function maskFields(value: unknown, secret: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => maskFields(item, secret));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, maskFields(field, secretNames.test(name))]));
  return secret && value !== null && typeof value !== 'boolean' ? mask : value;
}

/** A body on one line: JSON with telling fields masked, the size of anything else. */
export function shownBody(text: string): string {
  if (text === '') return '';
  try {
    const shown = JSON.stringify(maskFields(JSON.parse(text), false));
    return shown.length > longestBody ? `${shown.slice(0, longestBody)}… (${shown.length} characters)` : shown;
  } catch {
    return `(${text.length} characters that are not JSON)`;
  }
}

/** What would move the cursor, hide text or begin another line. */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Knows the secrets that were revealed to the wire, and takes them out of texts. */
export interface Redactor {
  /** Remembers a secret, in the forms in which it may come back. */
  learn(secret: string): void;
  /** The text with all remembered secrets replaced, and nothing else. */
  hide(text: string): string;
  /** The text with all remembered secrets replaced, in one line that is safe for a terminal. */
  line(text: string): string;
}

const jsonOf = (text: string): string => JSON.stringify(text).slice(1, -1);
const asciiOf = (text: string): string => text.replace(/[\u007f-\uffff]/g, escaped);
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const htmlOf = (text: string): string => text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
/** What `encodeURIComponent` leaves as it is, and others do not. */
const strictPercent = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** How those who quote a text may write it: URLs and forms, JSON (twice, where a JSON text is quoted in another), HTML, base64. */
const writers: readonly ((text: string) => string)[] = [
  (text) => text,
  encodeURIComponent,
  strictPercent,
  (text) => strictPercent(text).replaceAll('%20', '+'),
  (text) => encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  jsonOf,
  (text) => asciiOf(jsonOf(text)),
  (text) => jsonOf(jsonOf(text)),
  (text) => jsonOf(asciiOf(jsonOf(text))),
  (text) => jsonOf(text).replaceAll('/', String.raw`\/`),
  htmlOf,
  (text) => htmlOf(text).replaceAll("'", '&#x27;'),
  (text) => htmlOf(text).replaceAll("'", '&#39;'),
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(text).toString('base64').replace(/=+$/, ''),
  (text) => Buffer.from(text).toString('base64url'),
];

/** Forms in which a secret may turn up: the parts of `Bearer TOKEN` and `Basic BASE64` too, each as anybody may write it. */
function formsOf(secret: string): readonly string[] {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(secret)?.[1];
  const pair = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString('utf8');
  return [secret, /^[A-Za-z]+ (\S+)$/.exec(secret)?.[1], pair, pair?.replace(/^[^:]*:/, '')]
    .filter((part) => part !== undefined)
    .flatMap((part) => writers.map((write) => write(part)));
}

export function createRedactor(): Redactor {
  const known = new Set<string>();
  /** The longest first: one may hold another. */
  let ordered: readonly string[] = [];
  const hide = (text: string): string => ordered.reduce((shown, secret) => shown.replaceAll(secret, mask), text);
  return {
    hide,
    learn(secret) {
      const before = known.size;
      for (const form of formsOf(secret)) if (form.length >= shortestSecret) known.add(form);
      if (known.size > before) ordered = [...known].sort((a, b) => b.length - a.length);
    },
    line: (text) => hide(text).replace(unprintable, escaped),
  };
}
