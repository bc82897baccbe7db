import { configError } from '../core/errors.ts';
import { isDirect } from './no-proxy.ts';
import type { HttpSettings } from './settings.ts';

/** The proxy that `url` is reached through; absent: none. Throws CONFIG when the setting is no http(s) address. */
export function proxyFor(url: URL, proxies: HttpSettings['proxies']): URL | undefined {
  const secure = url.protocol === 'https:';
  const said = (secure ? proxies?.https : proxies?.http)?.trim();
  if (!said || isDirect(url, proxies?.no)) return undefined;
  const text = said.includes('://') ? said : `http://${said}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (!proxy || !/^https?:$/.test(proxy.protocol) || proxy.hostname === '')
    throw configError(`${secure ? 'HTTPS_PROXY' : 'HTTP_PROXY'} is not the address of an http proxy`, {
      hint: 'Write it as http://HOST:PORT.',
    });
  return proxy;
}

/** The host of a URL as node wants it: an IPv6 address without its brackets. */
export const bareHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** The value of `Proxy-Authorization` for a proxy with user and password in its address. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '' && proxy.password === '') return undefined;
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** What a proxy says of why it answered itself: the word of squid, such as ` (ERR_CONNECT_FAIL)`; else nothing. */
export function proxyReason(headers: Readonly<Record<string, unknown>>): string {
  const word = /^[A-Z_]{3,60}/.exec(String(headers['x-squid-error'] ?? ''))?.[0];
  return word === undefined ? '' : ` (${word})`;
}

/**
 * Whether an answer to a relayed request is the proxy's own: nobody else asks for its password, and the usual ones give their
 * name. One that knows no `Expect` (417) is asked without it.
 */
export const isProxys = (status: number, headers: Readonly<Record<string, string>>): boolean =>
  status === 407 ||
  (status >= 400 &&
    status !== 417 &&
    (headers['x-squid-error'] !== undefined || /^(squid|tinyproxy|privoxy)\b/i.test(headers['server'] ?? '')));
