import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One state of a file, and what the server says of it. */
export interface FileState {
  readonly body: Buffer;
  readonly etag?: string;
  readonly modified?: string;
}

/** How many requests have been answered before this one, and which bytes it is for. */
export interface Asked {
  readonly before: number;
  readonly from: number | undefined;
}

/** A server of one file with ranges, which never closes a connection. `current` gives the state for each request. */
export async function startWebServer(current: (asked: Asked) => FileState, { ranges = true } = {}) {
  let before = 0;
  const server = createServer((request, response) => {
    const range = ranges ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') : null;
    const { body, etag, modified } = current({ before, from: range ? Number(range[1]) : undefined });
    before += 1;
    const from = Number(range?.[1] ?? 0);
    const to = range?.[2] ? Math.min(Number(range[2]), body.length - 1) : body.length - 1;
    const state = { ...(etag ? { etag } : {}), ...(modified ? { 'last-modified': modified } : {}) };
    if (range && from >= body.length) {
      response.writeHead(416, { 'content-range': `bytes */${body.length}`, 'content-length': 0 });
      return void response.end();
    }
    const part = body.subarray(from, to + 1);
    const place = range ? { 'content-range': `bytes ${from}-${to}/${body.length}` } : {};
    response.writeHead(range ? 206 : 200, { ...state, ...place, 'content-length': part.length });
    response.end(part);
  });
  Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, timeout: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
