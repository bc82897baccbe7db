import { randomUUID } from 'node:crypto';
import type { Cloud, Seed } from '../../conformance/cloud.ts';
import { documents, types } from '../../clouds/oci/seeds.ts';
import { sha256 } from '../../clouds/oci/store.ts';
import { user } from '../../clouds/oci/tokens.ts';
import { startRegistry, type Registry, type RegistrySettings } from './bed.ts';
import { startTokenServer } from './token-server.ts';

export const library = 'images/library';
const octets = { 'content-type': 'application/octet-stream' };

/** A request to a registry without the driver, signed in the way that its first refusal wants. Throws when it is refused. */
export async function raw(
  url: string,
  init: { method: string; headers?: Record<string, string>; body?: Buffer } = { method: 'GET' },
): Promise<Response> {
  const basic = { authorization: `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}` };
  const send = (headers: Record<string, string>): Promise<Response> =>
    fetch(url, {
      method: init.method,
      headers: { ...init.headers, ...headers },
      ...(init.body ? { body: Uint8Array.from(init.body) } : {}),
    });
  let answer = await send({});
  const challenge = answer.headers.get('www-authenticate') ?? '';
  const [, realm, scope] = /realm="(http[^"]+)".*scope="([^"]+)"/.exec(challenge) ?? [];
  if (answer.status === 401 && realm !== undefined) {
    const asked = await fetch(`${realm}?service=registry.tests&scope=${scope ?? ''}`, { headers: basic });
    const { access_token: token } = (await asked.json()) as { access_token: string };
    answer = await send({ authorization: `Bearer ${token}` });
  } else if (answer.status === 401) answer = await send(basic);
  if (!answer.ok) throw new Error(`${init.method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** Puts a blob into a real registry without the driver. */
export async function pushBlob(origin: string, data: Buffer): Promise<void> {
  const begun = await raw(`${origin}/v2/${library}/blobs/uploads/`, { method: 'POST' });
  const url = new URL(begun.headers.get('location') ?? '');
  url.searchParams.append('digest', sha256(data));
  await raw(url.href, { method: 'PUT', headers: octets, body: data });
}

/** Puts an image into a real registry without the driver. */
export async function plantIn(origin: string, seed: Seed, id: string = randomUUID()): Promise<string> {
  const { record, disk, manifest } = documents(seed, id);
  await pushBlob(origin, Buffer.from(record));
  await pushBlob(origin, disk ?? Buffer.from('{}'));
  await raw(`${origin}/v2/${library}/manifests/${id}`, {
    method: 'PUT',
    headers: { 'content-type': types.manifest },
    body: Buffer.from(manifest),
  });
  return id;
}

/** Values of a profile for a registry. */
export const valuesFor = (
  registry: Pick<Registry, 'host'>,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => ({
  registry: registry.host,
  repository: library,
  ...more,
});

/** A real registry for the conformance suite; with `tokens` it takes those of a token server beside it. */
export const realRegistry = (
  settings: Omit<RegistrySettings, 'token'> & { readonly tokens?: boolean },
  more: Readonly<Record<string, string>> = {},
): Cloud => ({
  wire: false,
  async start() {
    // So short that tokens are renewed while the suite runs.
    const tokens = settings.tokens ? await startTokenServer(3) : undefined;
    const registry = await startRegistry({ ...settings, ...(tokens ? { token: tokens.settings } : {}) });
    const signedIn = settings.htpasswd || tokens ? user : {};
    return {
      values: valuesFor(registry, { places: 'images/second,images/third', ...signedIn, ...more }),
      async seed(images) {
        const ids: string[] = [];
        for (const seed of images) ids.push(await plantIn(registry.origin, seed));
        return ids;
      },
      requests: () => [],
      forget: () => undefined,
      fail: () => {
        throw new Error('a real registry does not fail on demand');
      },
      async stop() {
        await registry.stop();
        await tokens?.stop();
      },
    };
  },
});
