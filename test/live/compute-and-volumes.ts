import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Bed } from './setup.ts';

/** What stands in the database of Nova; `image` absent: it runs from a volume. */
export interface ServerRow {
  readonly id: string;
  readonly name: string;
  readonly image?: string;
  readonly project: string;
  readonly state?: string;
  readonly deleted?: true;
}
/** What stands in the database of Cinder; `server`: that it is attached to. */
export interface VolumeRow {
  readonly name: string;
  readonly image?: string;
  readonly project: string;
  readonly server?: string;
}

/** Region of the bed whose catalogue gets both services; no other test asks there for anything but images. */
export const region = 'Prefixed';

const python = '/usr/bin/python3';
const has = (module: string): boolean => spawnSync(python, ['-c', `import ${module}`]).status === 0;
/** Debian's packages that are missing here; none: both services can be had. */
export const lackingPackages = (): readonly string[] =>
  ['nova', 'cinder'].filter((name) => !has(name)).map((name) => `python3-${name}`);

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Nova asks Neutron for ports and security groups of what it lists: there are none. */
async function noNetworks(): Promise<{ readonly url: string; stop(): void }> {
  const server = createServer((request, response) => {
    const kind = request.url?.includes('security-groups') ? 'security_groups' : 'ports';
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ [kind]: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => void server.close() };
}

async function answers(url: string, child: ChildProcess, log: string): Promise<void> {
  for (const until = Date.now() + 120_000; Date.now() < until && child.exitCode === null;) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${url} does not answer:\n${readFileSync(log, 'utf8').slice(-2000)}`);
}

/** Signs in as the administrator, and enters the two services in the catalogue of the region. */
async function intoCatalogue(bed: Bed, services: Readonly<Record<string, string>>): Promise<void> {
  const domain = { id: 'default' };
  const user = { name: 'admin', domain, password: 'admin-secret' };
  const post = async (where: string, body: object, token = '') => {
    const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { 'x-auth-token': token }) };
    const answer = await fetch(`${bed.keystone}/v3${where}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`POST ${where}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const identity = { methods: ['password'], password: { user } };
  const signedIn = await post('/auth/tokens', { auth: { identity, scope: { project: { name: 'admin', domain } } } });
  const token = signedIn.headers.get('x-subject-token') ?? '';
  for (const [type, url] of Object.entries(services)) {
    const { service } = (await (await post('/services', { service: { type, name: type } }, token)).json()) as {
      service: { id: string };
    };
    await post('/endpoints', { endpoint: { service_id: service.id, region_id: region, interface: 'public', url } }, token);
  }
}

/** Brings up a real Nova and a real Cinder that know of these servers and volumes. The function given stops them. */
export async function startServices(
  bed: Bed,
  rows: { readonly servers: readonly ServerRow[]; readonly volumes: readonly VolumeRow[] },
): Promise<() => void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'nova-cinder-'));
  const networks = await noNetworks();
  const children: ChildProcess[] = [];
  const stop = (): void => {
    for (const child of children) child.kill('SIGKILL');
    networks.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const start = async (name: string, ...more: readonly string[]): Promise<string> => {
    const port = await freePort();
    const script = path.join(import.meta.dirname, 'bed', `${name}-api.py`);
    const log = path.join(folder, `${name}.log`);
    const output = openSync(log, 'w');
    const args = ['-W', 'ignore', script, path.join(folder, name), String(port), bed.keystone, ...more];
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' };
    const child = spawn(python, args, { env, stdio: ['ignore', output, output] });
    children.push(child);
    await answers(`http://127.0.0.1:${port}/`, child, log);
    return `http://127.0.0.1:${port}`;
  };
  try {
    const [nova, cinder] = await Promise.all([
      start('nova', JSON.stringify(rows.servers), networks.url),
      start('cinder', JSON.stringify(rows.volumes)),
    ]);
    // One address without a version, one with version and project.
    await intoCatalogue(bed, { compute: nova, volumev3: `${cinder}/v3/%(project_id)s` });
    return stop;
  } catch (error) {
    stop();
    throw error;
  }
}
