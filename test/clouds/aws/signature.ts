import { createHash, createHmac } from 'node:crypto';
import type { FakeRequest } from '../../support/fake-server.ts';
import { refuse } from './refusal.ts';

/** Whom a key is of. `session`: it is good only with this token. */
export interface Key {
  readonly secret: string;
  readonly account: string;
  readonly session?: string;
}

/** Who asks, for which region and service. */
export interface Caller {
  readonly account: string;
  readonly region: string;
  readonly service: string;
}

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;

const hex = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** From how long ago a signature is taken, and how far in the future. */
const windowMs = 5 * 60_000;

const timeOf = (stamp: string): number =>
  Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

/**
 * Computes the signature of a request anew, and refuses what AWS refuses: another one, unknown keys, a time far from its own, headers of
 * Amazon's that are not signed, a body that is not the one that was signed. `hosts`: how else the server is called.
 */
export function callerOf(request: FakeRequest, keys: ReadonlyMap<string, Key>, now: Date, hosts: readonly string[]): Caller {
  const { headers, url, method, data } = request;
  const [, keyId = '', day = '', region = '', service = '', signed = '', signature] =
    authorization.exec(headers.authorization ?? '') ?? [];
  if (signature === undefined) return refuse('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  const isEbs = service === 'ebs' || service === 'ssm';
  const bad = (code: string, ebsCode: string, words: string, status = 401): never =>
    isEbs ? refuse(ebsCode, words, 403) : refuse(code, words, status);
  const key = keys.get(keyId);
  const wrong = 'AWS was not able to validate the provided access credentials';
  if (!key) return bad('AuthFailure', 'UnrecognizedClientException', wrong);
  const names = signed.split(';');
  const unsigned = Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !names.includes(name));
  if (unsigned.length > 0 || !names.includes('host'))
    bad('SignatureDoesNotMatch', 'InvalidSignatureException', `not signed: ${unsigned.join()}`, 403);
  const said = headers['x-amz-content-sha256'] ?? hex(data);
  if (said !== hex(data))
    bad('SignatureDoesNotMatch', 'InvalidSignatureException', 'the body is not the one that was signed', 403);
  const query = [...url.searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const path = url.pathname.split('/').map(encoded).join('/');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const stamp = headers['x-amz-date'] ?? '';
  const signatureAt = (host: string): string => {
    const lines = names.map((name) => `${name}:${(name === 'host' ? host : (headers[name] ?? '')).trim()}`);
    const canonical = [method, path, query, ...lines, '', signed, said].join('\n');
    const own = [day, region, service, 'aws4_request'].reduce<string | Uint8Array>(hmac, `AWS4${key.secret}`);
    return hmac(own, ['AWS4-HMAC-SHA256', stamp, scope, hex(canonical)].join('\n')).toString('hex');
  };
  if (![headers.host ?? '', ...hosts].some((host) => signatureAt(host) === signature))
    bad('AuthFailure', 'InvalidSignatureException', wrong);
  if (!stamp.startsWith(day) || !(Math.abs(timeOf(stamp) - now.getTime()) <= windowMs))
    bad('RequestExpired', 'InvalidSignatureException', 'Request has expired.', 400);
  if (key.session !== undefined && headers['x-amz-security-token'] !== key.session)
    bad('AuthFailure', 'UnrecognizedClientException', wrong);
  return { account: key.account, region, service };
}
