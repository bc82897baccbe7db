import { type IncomingMessage, request as httpRequest, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { httpServer, type Servers, type TestServer } from './servers.ts';

/** A proxy that tunnels and relays, and remembers what it was asked. As squid and tinyproxy do, it tunnels nowhere else than `tunnelTo`. `once`: relays one request on a connection, as tinyproxy does. */
export async function startProxy(
  servers: Servers,
  tunnelTo: number | undefined,
  password?: string,
  tls?: { readonly cert: string; readonly key: string },
  once = false,
): Promise<TestServer & { asked: string[] }> {
  const asked: string[] = [];
  const used = new WeakSet<Socket>();
  const wanted = password === undefined ? undefined : `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
  const relay: RequestListener = (request, response) => {
    if (once && used.has(request.socket)) return void request.socket.destroy();
    used.add(request.socket);
    asked.push(`${request.method} ${request.url}`);
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) {
      response.writeHead(407);
      return void response.end();
    }
    const { 'proxy-authorization': _own, ...headers } = request.headers;
    request.pipe(
      httpRequest(request.url ?? '', { method: request.method ?? 'GET', headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      }),
    );
  };
  const server = tls ? createSecureServer(tls, relay) : httpServer(relay);
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    asked.push(`CONNECT ${request.url}`);
    const refuse = (status: number): void => void client.end(`HTTP/1.1 ${status} no\r\n\r\n`);
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) return refuse(407);
    if (!request.url?.endsWith(`:${tunnelTo}`)) return refuse(403);
    const target = connect(Number(tunnelTo), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.write(head);
      client.pipe(target).pipe(client);
    });
    for (const socket of [client, target]) socket.on('error', () => undefined);
    client.on('close', () => target.destroy());
  });
  return { ...(await servers.add(server, tls ? 'https' : 'http')), asked };
}
