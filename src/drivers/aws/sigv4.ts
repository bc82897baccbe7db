import { createHmac, hash } from 'node:crypto';
import { Secret } from '../../core/secret.ts';

/** Keys to sign with. `token` where they are those of a session; `expiresAt` (ms) where they end. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
  readonly expiresAt?: number;
}

/** What is signed: a request to be, with the digest of its body in hex. */
export interface Unsigned {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodySha256: string;
}

/** For which service and region a signature is good. */
export interface Scope {
  readonly region: string;
  readonly service: string;
}

export const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** RFC 3986: all but letters, digits and `-._~`. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** As signatures have it: `20261128T093005Z`. */
const stamp = (at: Date): string => at.toISOString().replace(/[-:]|\.\d+/g, '');

/** Every service but S3 has each part of the path encoded twice: once as it is sent, once more here. */
const canonicalPath = ({ pathname }: URL): string =>
  /^[\w.~/-]*$/.test(pathname) ? pathname : pathname.split('/').map(encoded).join('/');

/** Sorted by encoded name, then by value. */
function canonicalQuery(url: URL): string {
  if (url.search === '') return '';
  const pairs = [...url.searchParams].map(([name, value]) => [encoded(name), encoded(value)] as const);
  const before = ([a, x]: readonly [string, string], [b, y]: readonly [string, string]): number =>
    a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1;
  return pairs
    .sort(before)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** What of the headers is signed: the host, the type of the body, and all of Amazon's own. `lines`: each as it is signed. */
function signedHeaders({ url, headers }: Unsigned, more: Readonly<Record<string, string>>): Canonical {
  const values = new Map([['host', url.host]]);
  for (const [as, value] of Object.entries({ ...headers, ...more })) {
    const name = as.toLowerCase();
    if (name === 'content-type' || name.startsWith('x-amz-')) values.set(name, value.trim().replace(/ +/g, ' '));
  }
  const names = [...values.keys()].sort();
  return { names: names.join(';'), lines: names.map((name) => `${name}:${values.get(name)}\n`).join('') };
}

interface Canonical {
  readonly names: string;
  readonly lines: string;
}

/** The canonical form of a request, of which the signature is made. */
const canonicalRequest = ({ method, url, bodySha256 }: Unsigned, { names, lines }: Canonical): string =>
  `${method}\n${canonicalPath(url)}\n${canonicalQuery(url)}\n${lines}\n${names}\n${bodySha256}`;

/** Headers of a signature. What the token holds is a secret on every output. */
export interface Signed {
  readonly 'x-amz-date': string;
  readonly 'x-amz-security-token'?: Secret;
  readonly authorization: string;
}

/** The key that was made last, of each secret: an upload signs thousands of requests by one. */
const lastKeys = new WeakMap<Secret, { readonly scope: string; readonly key: Uint8Array }>();

function signingKey(secret: Secret, parts: readonly string[]): Uint8Array {
  const scope = parts.join('/');
  const last = lastKeys.get(secret);
  if (last?.scope === scope) return last.key;
  const key = [...parts, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secret.reveal()}`));
  lastKeys.set(secret, { scope, key });
  return key;
}

/**
 * Signs a request (Signature Version 4); the headers that come back go with it, beside its own.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function sign(request: Unsigned, { region, service }: Scope, credentials: Credentials, at: Date): Signed {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = stamp(at);
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const headers = signedHeaders(request, {
    'x-amz-date': time,
    ...(sessionToken ? { 'x-amz-security-token': sessionToken.reveal() } : {}),
  });
  const canonical = canonicalRequest(request, headers);
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
  const key = signingKey(secretAccessKey, [day, region, service]);
  const signature = hmac(key, text).toString('hex');
  return {
    'x-amz-date': time,
    ...(sessionToken ? { 'x-amz-security-token': sessionToken } : {}),
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${headers.names}, Signature=${signature}`,
  };
}
