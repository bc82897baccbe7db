// Clouds that keep nothing: enough of two providers' wires to take an upload as fast as it comes, or to serve a list or a file.
import { createServer } from 'node:http';
import { createReadStream, statSync } from 'node:fs';

const json = (response, status, body) => {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
};

const madeAt = (number) => `${new Date(Date.UTC(2020, 0, 1) + number * 1000).toISOString().slice(0, 19)}Z`;

/** An image record as Glance gives it. */
export const glanceImage = (number, more = {}) => {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return {
    id,
    name: `image-${number}`,
    status: 'active',
    visibility: 'private',
    owner: 'project',
    protected: false,
    os_hidden: false,
    disk_format: 'raw',
    container_format: 'bare',
    size: 1024 * number,
    virtual_size: null,
    min_disk: 0,
    min_ram: 0,
    checksum: null,
    tags: ['bench'],
    created_at: madeAt(number),
    updated_at: madeAt(number),
    file: `/v2/images/${id}/file`,
    schema: '/v2/schemas/image',
    ...more,
  };
};

/** `listed`: how many images a list has; `latencyMs`: of every answer; `file`: what a download gives. */
export async function startSink({ listed = 0, latencyMs = 0, file } = {}) {
  let received = 0;
  const linode = {
    id: 'private/1',
    label: 'x',
    status: 'available',
    is_public: false,
    type: 'manual',
    regions: [],
    tags: [],
    size: 1,
    created: '2026-01-01T00:00:00',
    capabilities: [],
  };
  const answer = (request, response, origin) => {
    const url = new URL(request.url, origin);
    if (url.pathname === '/v3/auth/tokens')
      return response.writeHead(201, { 'x-subject-token': 'token', 'content-type': 'application/json' }).end(
        JSON.stringify({
          token: {
            expires_at: '2099-01-01T00:00:00Z',
            project: { id: 'project', name: 'p' },
            user: { id: 'u', name: 'u' },
            roles: [],
            catalog: [{ type: 'image', endpoints: [{ interface: 'public', region: 'R', region_id: 'R', url: origin }] }],
          },
        }),
      );
    if (url.pathname === '/v4/images/upload')
      return json(response, 200, { upload_to: `${origin}/put`, image: { ...linode, status: 'pending_upload' } });
    if (url.pathname.startsWith('/v4/images/')) return json(response, 200, linode);
    if (url.pathname === '/v4/images') return json(response, 200, { data: [], page: 0, pages: 0, results: 0 });
    if (request.method === 'PUT') return response.writeHead(url.pathname === '/put' ? 200 : 204).end();
    if (request.method === 'POST') return json(response, 201, glanceImage(1, { size: null, status: 'queued' }));
    if (request.method === 'PATCH') return json(response, 200, glanceImage(1, { size: received || null }));
    if (url.pathname.endsWith('/file')) {
      response.writeHead(200, { 'content-length': statSync(file).size, 'content-type': 'application/octet-stream' });
      return createReadStream(file, { highWaterMark: 1 << 20 }).pipe(response);
    }
    if (url.pathname === '/v2/images') {
      if (url.searchParams.get('name') !== null) return json(response, 200, { images: [] });
      const limit = Math.min(1000, Number(url.searchParams.get('limit') ?? 25));
      // Images are numbered in the order in which they were made.
      const oldestFirst = url.searchParams.get('sort')?.startsWith('created_at:asc') ?? false;
      const last = /(\d{12})$/.exec(url.searchParams.get('marker') ?? '')?.[1];
      const behind = last === undefined ? 0 : oldestFirst ? Number(last) : listed - Number(last) + 1;
      const images = Array.from({ length: Math.max(0, Math.min(limit, listed - behind)) }, (_, index) =>
        glanceImage(oldestFirst ? behind + index + 1 : listed - behind - index),
      );
      return json(response, 200, {
        images,
        first: '/v2/images',
        ...(images.length === limit ? { next: `/v2/images?marker=${images.at(-1).id}` } : {}),
      });
    }
    if (url.pathname.startsWith('/v2/images/'))
      return json(response, 200, glanceImage(1, { size: file ? statSync(file).size : received || null }));
    return json(response, 404, { message: 'no' });
  };
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on('data', (chunk) => (bytes += chunk.length));
    request.on('end', () => {
      if (request.method === 'PUT') received = bytes;
      const origin = `http://127.0.0.1:${server.address().port}`;
      if (latencyMs > 0) setTimeout(() => answer(request, response, origin), latencyMs);
      else answer(request, response, origin);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => (server.closeAllConnections(), server.close()) };
}

// As a process of its own, so that it does not share a core's event loop with whoever measures: prints its origin.
if (process.argv[2] === 'serve') {
  const { origin } = await startSink(JSON.parse(process.argv[3] ?? '{}'));
  console.log(origin);
}
