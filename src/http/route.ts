import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ImgctlError } from '../core/errors.ts';
import type { ApiRequest } from '../core/http.ts';
import { failure, hostOf, type Phase, proxyRefusal } from './failure.ts';
import { bareHost, isProxys, proxyAuthorization, proxyFor, proxyReason } from './proxy.ts';
import type { HttpSettings, Limits } from './settings.ts';
import { tlsOptions } from './tls.ts';
import { TunnelAgent } from './tunnel.ts';
import { overSocket } from './unix-socket.ts';

/** How a URL is reached. */
export interface Route {
  /** Host and port for messages, the proxy included. */
  readonly peer: string;
  readonly agent: http.Agent;
  /** Begins a request. `options` are node's: method, headers and whatever else. */
  open(options: http.RequestOptions): http.ClientRequest;
  /** The error for an answer that is not the server's but a proxy's on the way; absent: it is the server's. */
  refusal(status: number, headers: Readonly<Record<string, string>>): ImgctlError | undefined;
  /** The error for an exchange that failed. */
  explain(error: unknown, phase: Phase): ImgctlError;
}

/** What decides how a URL is reached. */
export type Way = Pick<ApiRequest, 'socket'> & {
  /** The URL was handed out by a server; at an origin that was asked nothing else, such as a storage, the client certificate is not shown. */
  readonly secretUrl?: boolean;
};

/**
 * Milliseconds that an idle connection is kept. Servers close theirs after 5 s and more, without a word: whatever is
 * sent at that moment is lost, and a POST cannot be repeated.
 */
const idleMs = 4000;

function withIdleTimeout<A extends http.Agent>(agent: A): A {
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

const direct = (url: URL, agent: http.Agent, isPinned: boolean, peer = hostOf(url)): Route => ({
  peer,
  agent,
  open: (options) => (url.protocol === 'https:' ? https : http).request(url, { ...options, agent }),
  refusal: () => undefined,
  explain: (error, phase) => failure(error, peer, phase, isPinned),
});

const throughProxy = (url: URL, proxy: URL): string => `${hostOf(url)} through the proxy ${hostOf(proxy)}`;

/** Plain http through a proxy: the whole URL is asked of the proxy (RFC 9112 section 3.2.2), as many refuse tunnels to other ports than 443. */
const relayed = (url: URL, proxy: URL, agent: http.Agent): Route => ({
  peer: throughProxy(url, proxy),
  agent,
  open(options) {
    const authorization = proxyAuthorization(proxy);
    const hostname = bareHost(proxy);
    return (proxy.protocol === 'https:' ? https : http).request({
      ...options,
      agent,
      protocol: proxy.protocol,
      hostname,
      // Else the proxy would be asked for the certificate of the target, which the Host header names.
      servername: isIP(hostname) === 0 ? hostname : '',
      port: proxy.port,
      path: `${url.origin}${url.pathname}${url.search}`,
      headers: {
        ...(options.headers as http.OutgoingHttpHeaders),
        host: url.host,
        ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
      },
    });
  },
  refusal: (status, headers) =>
    isProxys(status, headers) ? proxyRefusal(throughProxy(url, proxy), status, 'HTTP_PROXY', proxyReason(headers)) : undefined,
  explain: (error, phase) => failure(error, throughProxy(url, proxy), phase),
});

/** Makes something when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined;
  return () => (made ??= { it: make() }).it;
}

/**
 * Finds the route to a URL. Connections are kept and shared by all that goes the same way. Throws CONFIG as `proxyFor` and
 * `tlsOptions` do.
 */
export function createRoutes(settings: HttpSettings, limits: Limits): (url: URL, way: Way) => Route {
  const tls = once(() => tlsOptions(settings));
  const plain = once(() => withIdleTimeout(new http.Agent(connections)));
  const secure = once(() => withIdleTimeout(new https.Agent({ ...connections, ...tls().toServer })));
  const secureToOthers = once(() => withIdleTimeout(new https.Agent({ ...connections, ...tls().toOthers })));
  // A proxy may take one request on a connection without saying so (tinyproxy): the next one would be lost.
  const toProxy = once(() => new http.Agent({ ...connections, keepAlive: false }));
  const secureToProxy = once(() => new https.Agent({ ...connections, keepAlive: false, ...tls().toOthers }));
  const tunnels = new Map<string, https.Agent>();
  const tunnel = (proxy: URL, options: https.AgentOptions): https.Agent => {
    const key = `${options === tls().toServer} ${proxy.href}`;
    const known = tunnels.get(key);
    if (known) return known;
    const toOthers = { ...connections, ...tls().toOthers };
    const agent = withIdleTimeout(new TunnelAgent(proxy, { ...connections, ...options }, toOthers, limits.timeoutMs));
    tunnels.set(key, agent);
    return agent;
  };
  const ours = new Set<string>();
  return (url, { socket, secretUrl }) => {
    if (socket !== undefined) return overSocket(url, socket, plain());
    if (!secretUrl) ours.add(url.origin);
    const isOurs = ours.has(url.origin);
    const proxy = proxyFor(url, settings.proxies);
    const isPinned = isOurs && settings.pinned !== undefined;
    if (!proxy) return direct(url, url.protocol === 'http:' ? plain() : isOurs ? secure() : secureToOthers(), isPinned);
    if (url.protocol === 'http:') return relayed(url, proxy, proxy.protocol === 'https:' ? secureToProxy() : toProxy());
    const options = isOurs ? tls().toServer : tls().toOthers;
    return direct(url, tunnel(proxy, options), isPinned, throughProxy(url, proxy));
  };
}
