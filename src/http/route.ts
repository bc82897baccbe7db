import * as http from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import { hostOf } from './failure.ts';
import { proxyAuthorization, proxyFor, tunnelAgent } from './proxy.ts';
import type { HttpSettings, Limits } from './settings.ts';
import { tlsOptions } from './tls.ts';

/** How a URL is reached. */
export interface Route {
  /** Host and port for messages, the proxy included. */
  readonly peer: string;
  readonly agent: http.Agent;
  /** Begins a request. `options` are node's: method, headers and whatever else. */
  open(options: http.RequestOptions): http.ClientRequest;
}

/**
 * Milliseconds that an idle connection is kept. Servers close theirs after 5 s and more, without a word: whatever is
 * sent at that moment is lost, and a POST cannot be repeated.
 */
const idleMs = 4000;

function dropIdle<A extends http.Agent>(agent: A): A {
  const timers = new WeakMap<Duplex, NodeJS.Timeout>();
  const keep: (socket: Duplex) => unknown = agent.keepSocketAlive.bind(agent);
  const reuse = agent.reuseSocket.bind(agent);
  agent.keepSocketAlive = (socket) => {
    const kept = keep(socket);
    if (kept) timers.set(socket, setTimeout(() => socket.destroy(), idleMs).unref());
    return kept;
  };
  agent.reuseSocket = (socket, request) => {
    clearTimeout(timers.get(socket));
    reuse(socket, request);
  };
  return agent;
}

// On a slow line the usual 250 ms for each address of a host are over before any has answered.
const connections = { keepAlive: true, autoSelectFamilyAttemptTimeout: 1000 };

const direct = (url: URL, agent: http.Agent): Route => ({
  peer: hostOf(url),
  agent,
  open: (options) => (url.protocol === 'https:' ? https : http).request(url, { ...options, agent }),
});

/** Plain http through a proxy: the whole URL is asked of the proxy (RFC 9112 section 3.2.2), as many refuse tunnels to other ports than 443. */
const relayed = (url: URL, proxy: URL, agent: http.Agent): Route => ({
  peer: `${hostOf(url)} through the proxy ${hostOf(proxy)}`,
  agent,
  open(options) {
    const authorization = proxyAuthorization(proxy);
    return (proxy.protocol === 'https:' ? https : http).request({
      ...options,
      agent,
      protocol: proxy.protocol,
      hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port,
      path: `${url.origin}${url.pathname}${url.search}`,
      headers: {
        ...(options.headers as http.OutgoingHttpHeaders),
        host: url.host,
        ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
      },
    });
  },
});

/** Finds the route to a URL. Connections are kept and shared by all that goes the same way. Throws CONFIG as `proxyFor` and `tlsOptions` do. */
export function createRoutes(settings: HttpSettings, limits: Limits): (url: URL) => Promise<Route> {
  let plain: http.Agent | undefined;
  let secure: https.Agent | undefined;
  let secureOptions: https.AgentOptions | undefined;
  const tunnels = new Map<string, Promise<https.Agent>>();
  const forTls = (): https.AgentOptions => (secureOptions ??= { ...connections, ...tlsOptions(settings) });
  const plainAgent = (): http.Agent => (plain ??= dropIdle(new http.Agent(connections)));
  const secureAgent = (): https.Agent => (secure ??= dropIdle(new https.Agent(forTls())));
  const tunnel = (proxy: URL): Promise<https.Agent> => {
    const known = tunnels.get(proxy.href);
    if (known) return known;
    const made = tunnelAgent(proxy, forTls(), limits.timeoutMs).then(dropIdle);
    tunnels.set(proxy.href, made);
    return made;
  };
  return async (url) => {
    const proxy = proxyFor(url, settings.proxies);
    if (!proxy) return direct(url, url.protocol === 'https:' ? secureAgent() : plainAgent());
    if (url.protocol === 'http:') return relayed(url, proxy, proxy.protocol === 'https:' ? secureAgent() : plainAgent());
    return { ...direct(url, await tunnel(proxy)), peer: `${hostOf(url)} through the proxy ${hostOf(proxy)}` };
  };
}
