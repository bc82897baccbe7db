import type { Agent, AgentOptions } from 'node:https';
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
      hint: 'write it as http://HOST:PORT',
    });
  return proxy;
}

/** The value of `Proxy-Authorization` for a proxy with user and password in its address. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '' && proxy.password === '') return undefined;
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/**
 * Connections through a tunnel (CONNECT) of `proxy`. `options` are those of the connection to the target;
 * the proxy has `timeoutMs` to open the tunnel, and is trusted as the target is.
 */
export async function tunnelAgent(proxy: URL, options: AgentOptions, timeoutMs: number): Promise<Agent> {
  const { HttpsProxyAgent } = await import('hpagent');
  const { secureContext, rejectUnauthorized } = options;
  const toProxy = {
    ...(secureContext === undefined ? {} : { secureContext }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
  return new HttpsProxyAgent({ ...options, proxy, proxyRequestOptions: toProxy, timeout: timeoutMs });
}
