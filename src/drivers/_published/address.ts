import { configError } from '../../core/errors.ts';
import type { Http, Headers } from '../../core/http.ts';
import { Secret } from '../../core/secret.ts';
import type { Assurance, Signatures } from '../../core/signature.ts';
import type { Cache, Tools } from '../../core/tools.ts';

/** What a driver reads a publisher's files with. */
export interface Publisher {
  readonly http: Http;
  readonly cache: Cache | undefined;
  readonly signatures: Signatures | undefined;
  readonly assurance: Assurance;
  /** Sent to the origins that the profile names, and to no other. */
  readonly credentials: Headers;
  readonly origins: ReadonlySet<string>;
}

export const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);

/** The address of a folder, with its last slash. Throws CONFIG when it is none. */
export function folderAddress(field: string, text: string): URL {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw configError(`invalid ${field}: ${text}`, { hint: 'Use an address such as https://HOST/releases/.' });
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw configError(`${field} holds credentials`, { hint: 'Give them in the fields username and password.' });
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Whether an address is below that of a folder, as it stands in a profile: with its own last word, or placeholders, left out. */
export function isBelow(address: URL, folder: string | undefined): boolean {
  const fixed = (folder ?? '').replace(/\{.*$/s, '');
  if (!URL.canParse(fixed)) return false;
  const { origin, pathname } = new URL(fixed);
  return address.origin === origin && address.pathname.startsWith(pathname.replace(/[^/]*$/, ''));
}

/** Throws CONFIG where nothing would vouch for what is read: no signature, and no TLS. */
export function publisherAt(
  addresses: readonly URL[],
  { username, password }: { readonly username: string | undefined; readonly password: Secret | undefined },
  { http, cache, signatures }: Pick<Tools, 'http' | 'cache' | 'signatures'>,
): Publisher {
  const assurance = signatures?.assurance ?? 'checksum';
  const open = addresses.find((url) => url.protocol === 'http:' && !isLoopback(url));
  if (open && assurance === 'checksum')
    throw configError(`nothing vouches for what ${open.host} serves over http`, {
      hint: 'Use its https address, or give the keyring that its files are signed by.',
    });
  const credentials: Headers =
    username === undefined || password === undefined
      ? {}
      : { authorization: password.map((word) => `Basic ${Buffer.from(`${username}:${word}`).toString('base64')}`) };
  return { http, cache, signatures, assurance, credentials, origins: new Set(addresses.map(({ origin }) => origin)) };
}
