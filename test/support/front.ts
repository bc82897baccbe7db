import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface FrontSettings {
  /** Absent: plain http. */
  readonly tls?: ServerOptions;
  /** Address that it listens on; default 127.0.0.1. */
  readonly host?: string;
  /** Sees each request first. True: it has dealt with it, and nothing is handed on. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Changes a header of an answer. */
  readonly rewrite?: (name: string, value: string) => string;
}

/** A server that hands every request on to a plain one, as a balancer before an API does. */
export interface Front {
  readonly origin: string;
  /** Host and port as they stand in a URL. */
  readonly host: string;
  readonly port: number;
  /** Method and path of each request. */
  readonly asked: readonly string[];
  /** For each request over TLS the name of the client by its certificate; '' where it showed none. */
  readonly clients: readonly string[];
  /** Ends all connections, idle ones too. */
  drop(): void;
  stop(): Promise<void>;
}

/** `behind` is the origin of the plain server. */
export async function startFront(
  behind: string,
  { tls, host = '127.0.0.1', instead = () => false, rewrite = (_name, value) => value }: FrontSettings = {},
): Promise<Front> {
  const asked: string[] = [];
  const clients: string[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(`${request.method} ${request.url}`);
    if (tls) clients.push(String((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? ''));
    if (instead(request, response)) return;
    const relayed = ask(new URL(request.url ?? '/', behind), { method: request.method ?? 'GET', headers: request.headers });
    relayed.once('response', (answer) => {
      const changed = Object.entries(answer.headers).map(([name, value]) => [name, rewrite(name, String(value))] as const);
      response.writeHead(answer.statusCode ?? 0, Object.fromEntries(changed));
      answer.pipe(response);
    });
    relayed.once('error', () => response.destroy());
    request.pipe(relayed);
  };
  const server = tls ? createSecureServer(tls, serve) : createServer(serve);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    origin: `${tls ? 'https' : 'http'}://${at}`,
    host: at,
    port,
    asked,
    clients,
    drop: () => server.closeAllConnections(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
