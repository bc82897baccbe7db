import { mask, Secret } from './secret.ts';

/** Names of JSON fields and query parameters whose values are credentials. */
const secretNames =
  /(passw|pass_?phrase|(?:admin|root|user|db)_?pass|(?:^|[_.-])pass(?:$|[_.-])|secret|token|signature|credential|access_?key|api_?key|private_?key|upload_to|authorization|^sig$|^key$)/i;

/** Whether a field, a parameter or an input of that name holds a credential, as its name tells. */
export const isSecretName = (name: string): boolean => secretNames.test(name);

/** Values shorter than this are not looked for in lines: they would blank ordinary words. */
const shortestSecret = 6;

/** What would move the cursor, hide text or begin another line. */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A text with the password in the address that it holds, or is without a scheme, replaced; so is a user without one: it may be a token. */
export const withoutPassword = (text: string): string =>
  text.replace(/((?:^|:\/\/)[^/@\s:]*:)[^/@\s]+@/g, '$1•••@').replace(/:\/\/[^/?#@\s:]+:?@/g, '://•••@');

/** A host with credentials before it, without a scheme. */
export const holdsCredentials = (text: string): boolean => /^[^/@\s:]*:[^/@\s]*@/.test(text);

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The credentials in an address: its password, a user without one, and the values of telling parameters. None in what is no address. */
function credentialsIn(text: string): readonly string[] {
  if (!/[@?]/.test(text)) return [];
  // A scheme is looked for only where no other sign of one stands before it: else a long word is gone through for each of its letters.
  const address = /(?<![a-z0-9+.-])[0-9+.-]*([a-z][a-z0-9+.-]*:\/\/.*)/is.exec(text)?.[1] ?? '';
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const telling = [...(url?.searchParams ?? [])].flatMap(([name, value]) => (isSecretName(name) ? [value] : []));
  const signsIn = url?.password || (url?.username ?? '');
  return [signsIn, decoded(signsIn), ...telling].filter((found) => found !== '');
}

/** A text without keys and certificates in PEM. */
const withoutKeys = (text: string): string => text.replace(/-----BEGIN [\s\S]*?(?:-----END [^-]*-----|$)/g, mask);

/** A text as it may be shown and kept, as far as the text itself tells: without keys, its addresses as `shownAddress` gives them. */
export const maskText = (text: string, shownAddress: (address: string) => string): string =>
  withoutKeys(text).replace(/(?<![a-z0-9+.-])[0-9+.-]*[a-z][a-z0-9+.-]*:\/\/[^\s'"<>]+/gi, shownAddress);

/** An address whose user, password and values of telling parameters are masked. */
export const withoutCredentials = (address: string): string =>
  address
    .replace(/^([^/]*\/\/)[^/?#]*@/, `$1${mask}@`)
    .replace(/([?&;#])([^=&;#]+)=[^&;#]*/g, (whole, before: string, name: string) =>
      isSecretName(decoded(name)) ? `${before}${name}=${mask}` : whole,
    );

/** Whether an object gives a value to what it names, and that name is a telling one: an operation of a JSON Patch, a header, a tag. */
const setsSecret = (value: object): boolean =>
  Object.entries(value).some(
    ([name, named]) => /^(path|name|key)$/i.test(name) && typeof named === 'string' && named.split('/').some(isSecretName),
  );

/**
 * Plain data of a value without secrets. Masked are Secrets, and what stands under a telling name (`isSecretName`), also where path
 * or name and value stand side by side; objects there are looked into. Any other text is what `plain` makes of it. Functions,
 * symbols, bytes and what is undefined are left out.
 */
export function maskSecrets(value: unknown, plain: (text: string) => string, isSecret = false): unknown {
  if (value instanceof Secret) return mask;
  if (typeof value === 'string' || typeof value === 'number')
    return isSecret ? mask : typeof value === 'string' ? plain(value) : value;
  if (Array.isArray(value)) return value.map((item: unknown) => maskSecrets(item, plain, isSecret));
  if (typeof value === 'function' || typeof value === 'symbol' || value instanceof Uint8Array) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  const isPair = setsSecret(value);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]: readonly [string, unknown]) => {
      const masked = maskSecrets(field, plain, isSecretName(name) || (isPair && /^value$/i.test(name)));
      return masked === undefined ? [] : [[plain(name), masked]];
    }),
  );
}

/** Knows the secrets that were revealed to the wire, and takes them out of texts. */
export interface Redactor {
  /** Remembers a secret, in the forms in which it may come back. */
  learn(secret: string): void;
  /** Remembers the credentials in an address, if the text is or holds one: its password, a user without one, and the values of telling parameters. */
  learnAddress(text: string): void;
  /** The text with all remembered secrets replaced, and nothing else. */
  hide(text: string): string;
  /** The text with all remembered secrets replaced, in one line that is safe for a terminal. */
  line(text: string): string;
}

/** Hex digits in either case. */
const hex = (code: number, digits: number): string =>
  code
    .toString(16)
    .padStart(digits, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
const entities: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/** One character in every way in which it may be quoted: as it is, in a URL or a form, escaped once or twice in JSON, in HTML. */
function quotedSign(sign: string): string {
  // Nobody escapes these.
  if (/^[\w.-]$/.test(sign)) return literal(sign);
  const code = sign.codePointAt(0) ?? 0;
  const short = { '\n': 'n', '\r': 'r', '\t': 't' }[sign];
  const ways = [
    [...Buffer.from(sign)].map((byte) => `%${hex(byte, 2)}`).join(''),
    Array.from({ length: sign.length }, (_, index) => String.raw`\\{1,3}u${hex(sign.charCodeAt(index), 4)}`).join(''),
    `&#0*${code};`,
    `&#[xX]0*${hex(code, 1)};`,
    ...(/["'/]/.test(sign) ? [String.raw`\\{1,3}${sign}`] : []),
    ...(short === undefined ? [] : [String.raw`\\{1,3}${short}`]),
    ...(sign === ' ' ? [String.raw`\+`] : []),
    ...(entities[sign] === undefined ? [] : [`&${entities[sign]};`]),
    // Last: a sign may begin what stands for it, as % and & do.
    literal(sign),
  ];
  return `(?:${ways.join('|')})`;
}

/** A pattern that finds a text however it is quoted. A run of backslashes may have become one that is up to four times as long. */
const quoted = (text: string): string =>
  (text.match(/\\+|[^\\]/gu) ?? [])
    .map((part) =>
      part.startsWith('\\') ? String.raw`(?:\\{${part.length},${4 * part.length}}|(?:%5[cC]){${part.length}})` : quotedSign(part),
    )
    .join('');

/** A text that is looked for, however it is quoted. */
interface Sought {
  readonly text: string;
  /** Where it ends in base64, there may be these. */
  readonly hasPadding: boolean;
  /** The longest stretch of it that nobody quotes: a text without that does not hold it. */
  readonly bare: string;
  /** Made once it is needed: a transfer learns thousands of addresses, none of which is ever shown. */
  pattern?: RegExp;
}

const soughtOf = (text: string, hasPadding: boolean): Sought => {
  const runs = text.match(/[\w.-]+/g) ?? [''];
  return { text, hasPadding, bare: runs.reduce((longest, run) => (run.length > longest.length ? run : longest)) };
};

/** The ways in which a secret may turn up: the parts of `Bearer TOKEN` and `Basic BASE64` too, quoted or in base64. */
function waysOf(secret: string): readonly Sought[] {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(secret)?.[1];
  const pair = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString('utf8');
  const parts = [secret, /^[A-Za-z]+ (\S+)$/.exec(secret)?.[1], pair, pair?.replace(/^[^:]*:/, '')];
  return parts
    .filter((part) => part !== undefined)
    .flatMap((part) => {
      const base64 = Buffer.from(part).toString('base64').replace(/=+$/, '');
      const encoded = [...new Set([base64, base64.replaceAll('+', '-').replaceAll('/', '_')])];
      return [
        ...(part.length < shortestSecret ? [] : [soughtOf(part, false)]),
        ...(base64.length < shortestSecret ? [] : encoded.map((text) => soughtOf(text, true))),
      ];
    });
}

function without(text: string, sought: Sought): string {
  if (!text.includes(sought.bare)) return text;
  sought.pattern ??= new RegExp(`${quoted(sought.text)}${sought.hasPadding ? '(?:=|%3[dD]){0,2}' : ''}`, 'g');
  return text.replace(sought.pattern, mask);
}

export function createRedactor(): Redactor {
  const known = new Set<string>();
  // Looked into when a text is to be searched, each once: most runs learn secrets with every request and never show a thing.
  let unmade: string[] = [];
  const all: Sought[] = [];
  const hide = (text: string): string => {
    if (unmade.length > 0) {
      all.push(...unmade.flatMap(waysOf));
      // The longest first: one may hold another.
      all.sort((a, b) => b.text.length - a.text.length);
      unmade = [];
    }
    return all.reduce(without, text);
  };
  const learn = (secret: string): void => {
    if (known.has(secret)) return;
    known.add(secret);
    unmade.push(secret);
  };
  return {
    hide,
    learn,
    learnAddress: (text) => credentialsIn(text).forEach(learn),
    line: (text) => hide(text).replace(unprintable, escaped),
  };
}
