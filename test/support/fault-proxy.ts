import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { lengthOf, misbehave, type WireAnswer } from './fault-proxy/misbehave.ts';
import { whereOf, type WireFault } from './fault-proxy/wire-fault.ts';

/** A request as the proxy saw it. `upstream`: it reached the service behind. */
export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  upstream: boolean;
  fault: WireFault | undefined;
}

/** Decides what becomes of a request; `index` counts all requests from 0 on. Absent: it goes through. */
export type FaultPlan = (request: ProxiedRequest, index: number) => WireFault | undefined;

/** Stands between a client and one or more services on loopback. Addresses of the services inside answers are replaced by its own. */
export interface FaultProxy {
  /** Origin that stands for this service's. */
  of(target: string): string;
  /** The text with every service's origin replaced by the one that stands for it. */
  translate(text: string): string;
  /** What becomes of requests from now on; absent: all go through. */
  plan(plan: FaultPlan | undefined): void;
  seen(): readonly ProxiedRequest[];
  /** Whether no client is connected, and nothing that one has asked for is still being asked of a service. */
  isIdle(): boolean;
  /** Connections that were taken, whether or not a request came over them. */
  connections(): number;
  forget(): void;
  stop(): Promise<void>;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const plainHeaders = (message: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));

/** Asks the service behind, and gives its whole answer. */
function ask(target: string, message: IncomingMessage, body: Buffer): Promise<WireAnswer> {
  const { host } = new URL(target);
  const headers: Record<string, string> = { ...plainHeaders(message), host, 'content-length': String(body.length) };
  for (const name of ['connection', 'expect', 'transfer-encoding']) delete headers[name];
  if (body.length === 0 && (message.method === 'GET' || message.method === 'HEAD')) delete headers['content-length'];
  return new Promise((resolve, reject) => {
    const asked = httpRequest(`${target}${message.url ?? ''}`, { method: message.method, headers, agent: false }, (answer) => {
      const head = message.method === 'HEAD' ? { bodiless: true } : {};
      bodyOf(answer).then(
        (data) => resolve({ status: answer.statusCode ?? 0, headers: plainHeaders(answer), data, ...head }),
        reject,
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** As a JSON writer has it that escapes slashes. */
const slashed = (url: string): string => url.replaceAll('/', String.raw`\/`);

const isText = (answer: WireAnswer): boolean => /json|text|xml/.test(answer.headers['content-type'] ?? '');

/** A certificate and its key, as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** `identity`: what a service is shown with over TLS, by its place among the targets; absent: plain http. */
export async function startFaultProxy(
  targets: readonly string[],
  identity: (at: number) => Identity | undefined = () => undefined,
): Promise<FaultProxy> {
  const seen: ProxiedRequest[] = [];
  const sockets = new Set<Socket>();
  const origins = new Map<string, string>();
  let plan: FaultPlan | undefined;
  let taken = 0;
  let underWay = 0;
  const translate = (text: string): string =>
    [...origins].reduce((all, [target, own]) => all.replaceAll(target, own).replaceAll(slashed(target), slashed(own)), text);

  function translated(answer: WireAnswer): WireAnswer {
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, translate(value)]));
    const data = isText(answer) ? Buffer.from(translate(answer.data.toString('utf8'))) : answer.data;
    return { ...answer, headers, data };
  }

  const servers = targets.map((target, at) => {
    const answer = (message: IncomingMessage, response: ServerResponse): void => {
      underWay += 1;
      serve(target, message, response)
        .catch(() => message.socket.destroy())
        .finally(() => (underWay -= 1));
    };
    const shown = identity(at);
    const server = shown ? createTlsServer(shown, answer) : createServer(answer);
    server.on('connection', (socket: Socket) => {
      taken += 1;
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    return server;
  });

  /** Nobody listens any more: further connections are refused. */
  function vanish(): void {
    for (const server of servers) server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  }

  async function serve(target: string, message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request: ProxiedRequest = {
      method: message.method ?? '',
      path: message.url ?? '',
      headers: plainHeaders(message),
      upstream: false,
      fault: undefined,
    };
    seen.push(request);
    const fault = plan?.(request, seen.length - 1);
    request.fault = fault;
    if (fault?.kind === 'refuse') return vanish();
    if (fault && whereOf(fault) === 'while sending') return void (await misbehave(fault, message, response, undefined));
    const body = await bodyOf(message);
    if (fault && whereOf(fault) === 'instead') return void (await misbehave(fault, message, response, undefined));
    request.upstream = true;
    const answer = translated(await ask(target, message, body));
    if (fault) return void (await misbehave(fault, message, response, answer));
    const bare = answer.status === 204 || answer.status === 304;
    const { 'transfer-encoding': _chunked, connection: _connection, ...headers } = answer.headers;
    response.writeHead(answer.status, bare ? headers : { ...headers, 'content-length': lengthOf(answer) });
    response.end(bare || message.method === 'HEAD' ? undefined : answer.data);
  }

  await Promise.all(
    servers.map(async (server, index) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      origins.set(
        targets[index] ?? '',
        `${identity(index) ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
      );
    }),
  );
  return {
    of: (target) => origins.get(target) ?? '',
    translate,
    plan: (next) => void (plan = next),
    seen: () => seen,
    isIdle: () => sockets.size === 0 && underWay === 0,
    connections: () => taken,
    forget: () => void seen.splice(0),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    },
  };
}
