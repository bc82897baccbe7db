import { isObject, parsedJson } from '../../core/json.ts';
import type { Secret } from '../../core/secret.ts';

/** Whether a token is one by which a server trusts a client once, as `trust add` prints it: no other is JSON with a secret inside. */
export function isTrustToken(token: Secret): boolean {
  const told = parsedJson(Buffer.from(token.reveal(), 'base64').toString('utf8'));
  return isObject(told) && typeof told.secret === 'string' && typeof told.fingerprint === 'string';
}
