import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { bareHost, proxyAuthorization } from './proxy.ts';

/** The proxy answered CONNECT with a refusal; `headers` are those of its answer. */
export class TunnelRefused extends Error {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;

  constructor(status: number, headers: http.IncomingHttpHeaders) {
    super(`the proxy answered HTTP ${status}`);
    this.status = status;
    this.headers = headers;
  }
}

/** What node's agent hands to who makes its connections: the types do not tell all of it. */
type Wanted = https.RequestOptions & { readonly host?: string | null; readonly port?: number | string | null };
type Done = (error: Error | null, socket: Duplex) => void;

/** Asks for the tunnel. Whoever waits for it keeps the process alive as long as he wants it: this connection alone does not. */
function askFor(proxy: URL, toProxy: https.AgentOptions, limitMs: number, { host, port }: Wanted): http.ClientRequest {
  const name = host ?? '';
  const authority = `${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
  const authorization = proxyAuthorization(proxy);
  const proxyName = bareHost(proxy);
  const request = (proxy.protocol === 'https:' ? https : http).request({
    ...toProxy,
    agent: false,
    method: 'CONNECT',
    hostname: proxyName,
    port: proxy.port,
    path: authority,
    // Else the proxy would be asked for the certificate of the target, which the Host header names.
    servername: isIP(proxyName) === 0 ? proxyName : '',
    setHost: false,
    headers: { host: authority, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
  });
  request.once('socket', (socket) => socket.unref());
  const giveUp = (): void => void request.destroy(Object.assign(new Error('no tunnel in time'), { code: 'ETIMEDOUT' }));
  // Of the whole of it: a proxy may send a header that never ends.
  const timer = setTimeout(giveUp, limitMs).unref();
  request.once('close', () => clearTimeout(timer));
  request.once('connect', () => clearTimeout(timer));
  return request;
}

/**
 * Connections through a tunnel (CONNECT, RFC 9110 section 9.3.6) of `proxy`, which has `limitMs` to open it. `options` are
 * those of TLS with the target, `toProxy` those of TLS with the proxy. A refused tunnel is a `TunnelRefused`.
 */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL;
  readonly #toProxy: https.AgentOptions;
  readonly #limitMs: number;

  constructor(proxy: URL, options: https.AgentOptions, toProxy: https.AgentOptions, limitMs: number) {
    super(options);
    this.#proxy = proxy;
    this.#toProxy = toProxy;
    this.#limitMs = limitMs;
  }

  override createConnection(options: Wanted, callback?: Done): undefined {
    // The types do not know that there is no socket with an error.
    const fail = (error: Error): void => (callback as ((error: Error) => void) | undefined)?.(error);
    const request = askFor(this.#proxy, this.#toProxy, this.#limitMs, options);
    request.once('error', fail);
    request.once('connect', (response, socket, head) => {
      request.removeListener('error', fail);
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) {
        socket.destroy();
        return fail(new TunnelRefused(status, response.headers));
      }
      if (head.length > 0) socket.unshift(head);
      socket.ref();
      const secure = super.createConnection({ ...options, socket } as https.RequestOptions);
      if (secure) callback?.(null, secure);
    });
    request.end();
  }
}
