import { networkError, providerError } from './errors.ts';
import type { Answer } from './answer.ts';

/**
 * Where a redirect leads to; absent: the answer is none. Throws PROVIDER when that is no http(s) address, and NETWORK when it leads out
 * of https: what is read must not become less safe on the way.
 */
export function redirectOf({ status, headers }: Answer, from: URL): URL | undefined {
  const { location } = headers;
  if (status < 300 || status > 399 || location === undefined) return undefined;
  if (!URL.canParse(location, from.href))
    throw providerError(`${from.host} redirects to something that is not an address (HTTP ${status})`, { status });
  const next = new URL(location, from);
  const isDowngrade = from.protocol === 'https:' && next.protocol === 'http:';
  if (isDowngrade || !/^https?:$/.test(next.protocol))
    throw (isDowngrade ? networkError : providerError)(
      `refusing the redirect from ${from.protocol}//${from.host} to ${next.protocol}//${next.host}`,
      { status },
    );
  return next;
}
