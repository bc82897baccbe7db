import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliHome, type CliHome } from '../support/run-cli.ts';

let home: CliHome;
const servers: Server[] = [];
beforeAll(() => void (home = cliHome()));
afterAll(async () => {
  for (const server of servers) server.close();
  await home.remove();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const web = (answer: RequestListener): Promise<string> => listen(createServer(answer));
const disk = Buffer.alloc(64 * 1024, 7);

describe('a body of a URL that is not the content', () => {
  it.each(['br', 'zstd', 'deflate', 'gzip, gzip', 'compress'])('is refused by its name: %s', async (encoding) => {
    const origin = await web((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding });
      response.end(brotliCompressSync(disk));
    });
    const out = path.join(home.folder, 'encoded.raw');
    const { exitCode, stderr } = await home.run(['convert', `${origin}/d.raw`, out, '--retries', '0']);
    expect(exitCode).toBe(10);
    expect(stderr).toContain(`Content-Encoding ${encoding}`);
  });

  it('is refused of an API too', async () => {
    const origin = await web((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'compress', 'content-type': 'application/json' });
      response.end('noise');
    });
    const env = {
      IMGCTL_PROFILE_L_PROVIDER: 'linode',
      IMGCTL_PROFILE_L_ENDPOINT: origin,
      IMGCTL_PROFILE_L_TOKEN: 'abcdefgh12345678',
    };
    const { exitCode, stderr } = await home.run(['list', '-p', 'l', '--retries', '0'], { env });
    expect(exitCode).toBe(10);
    expect(stderr).toContain('Content-Encoding compress');
  });

  it('is never printed: a success of an odd kind, and a refusal that is no text', async () => {
    for (const status of [203, 500]) {
      const origin = await web((_request, response) => response.writeHead(status).end(Buffer.from('SECRET\0\xff\xfe', 'latin1')));
      const out = path.join(home.folder, 'odd.raw');
      const { exitCode, stderr } = await home.run(['convert', `${origin}/d.raw`, out, '--retries', '0']);
      expect(exitCode).not.toBe(0);
      expect(stderr).not.toContain('SECRET');
    }
  });
});

describe('a disk behind a URL', () => {
  const raw = (head: string): Promise<string> =>
    listen(
      createSocketServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () =>
          socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nConnection: close\r\n${head}\r\n`), disk])),
        );
      }),
    );

  it('is warned about where nothing says how long it is', async () => {
    const out = path.join(home.folder, 'open.raw');
    const { exitCode, stderr } = await home.run(['convert', `${await raw('')}/d.raw`, out, '--retries', '0']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('reports no length');
  });

  it('is not where the server does', async () => {
    const out = path.join(home.folder, 'told.raw');
    const { stderr } = await home.run([
      'convert',
      `${await raw(`Content-Length: ${disk.length}\r\n`)}/d.raw`,
      out,
      '--retries',
      '0',
    ]);
    expect(stderr).not.toContain('reports no length');
  });
});

describe('a list of Linode’s', () => {
  const image = (id: number): object => ({
    id: `private/${id}`,
    label: `i${id}`,
    is_public: false,
    status: 'available',
    size: 1,
    type: 'manual',
    created: '2026-01-01T00:00:00',
    regions: [],
    tags: [],
    capabilities: [],
  });
  const listed = async (results: number): Promise<string> => {
    const origin = await web((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: [image(1), image(2)], page: 1, pages: 1, results }));
    });
    const env = {
      IMGCTL_PROFILE_L_PROVIDER: 'linode',
      IMGCTL_PROFILE_L_ENDPOINT: origin,
      IMGCTL_PROFILE_L_TOKEN: 'abcdefgh12345678',
    };
    return (await home.run(['list', '-p', 'l', '--retries', '0'], { env })).stderr;
  };
  it('that ends early says so', async () => {
    expect(await listed(50)).toContain('ended after 2 of 50');
  });
  it('that is whole does not', async () => {
    expect(await listed(2)).not.toContain('ended after');
  });
});

describe('an address with a user and a password in it', () => {
  const secret = 'SuperSecret99';
  const addresses: readonly (readonly [provider: string, field: string])[] = [
    ['oci', 'registry'],
    ['openstack', 'authUrl'],
    ['openstack', 'host'],
    ['linode', 'endpoint'],
    ['rancher', 'url'],
  ];
  for (const [provider, field] of addresses)
    for (const before of ['me:', 'http://me:', 'http://', 'http://:'])
      it(`is refused, and an old one is masked: ${provider} ${field} ${before}`, async () => {
        const value = `${before}${secret}@127.0.0.1:9`;
        const added = await home.run(['profile', 'add', 'p', '--provider', provider, '--set', `${field}=${value}`]);
        expect(`${added.exitCode} ${added.stderr}`).toMatch(/^2 .*holds a user name or a password/s);
        expect(added.stdout + added.stderr).not.toContain(secret);
        const env = {
          IMGCTL_PROFILE_OLD_PROVIDER: provider,
          [`IMGCTL_PROFILE_OLD_${field.replace(/[A-Z]/g, '_$&').toUpperCase()}`]: value,
        };
        for (const line of [
          ['profile', 'show', 'old'],
          ['profile', 'list'],
          ['list', '-p', 'old', '--retries', '0'],
        ]) {
          const { stdout, stderr } = await home.run(line, { env });
          expect(stdout + stderr).not.toContain(secret);
        }
      });
});
