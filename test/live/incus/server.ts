import { spawn, type ChildProcess } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Product } from '../../clouds/incus/index.ts';
import { answering, freePort, sayNotRun, stopBy } from '../daemon.ts';
import { rawServer, type RawServer } from './raw.ts';

/** The daemons as Debian's packages incus-base (trixie, or the backports of bookworm) and lxd have them. */
const daemons: Readonly<Record<Product, string>> = { incus: '/usr/libexec/incus/incusd', lxd: '/usr/bin/lxd' };

/** Why there are no real servers to test against; absent: there are. */
export const missing = whyMissing();

function whyMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'the daemons run as root on Linux only';
  const lacking = Object.values(daemons).filter((file) => !existsSync(file));
  return lacking.length === 0
    ? undefined
    : `${lacking.join(' and ')} not there: .ci/instance-servers installs incus-base and lxd`;
}

if (missing !== undefined) sayNotRun('REAL INCUS AND LXD', missing);

/** A real server on loopback, in a folder of its own. */
export interface RealServer extends RawServer {
  readonly product: Product;
  readonly folder: string;
  readonly socket: string;
  readonly url: string;
  /** Its own certificate, which no authority vouches for (PEM). */
  certificate(): string;
  /** A token by which it trusts one client more, once. */
  token(name: string): Promise<string>;
  /** Has it trust the client with this certificate (PEM); `projects`: in these alone. */
  trust(certificate: string, projects?: readonly string[]): Promise<void>;
  /** Makes an instance that was never started; `config`: what else it is to say of itself. */
  stoppedInstance(name: string, project?: string, config?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends it without a warning, as a power failure does. */
  kill(): Promise<void>;
  /** Starts it again on what it had. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The daemon in a mount namespace of its own, so that what it mounts goes with it. The outside is out of its reach: it would ask the
 * servers of the project for images.
 */
function launch(product: Product, folder: string, mount: string | undefined): ChildProcess {
  const nowhere = 'http://127.0.0.1:9';
  const run = `exec ${daemons[product]} --group root`;
  const command = mount === undefined ? run : `mount -t tmpfs -o ${mount} tmpfs ${folder}/images && ${run}`;
  return spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      HOME: folder,
      [product === 'incus' ? 'INCUS_DIR' : 'LXD_DIR']: folder,
      https_proxy: nowhere,
      http_proxy: nowhere,
      no_proxy: '127.0.0.1,localhost',
    },
  });
}

/** Projects of every server. `shared` has the images of the default one; `tiny` may hold 16 MiB. */
const projects: Readonly<Record<string, object>> = {
  demo: { 'features.images': 'true', 'features.profiles': 'true' },
  shared: { 'features.images': 'false', 'features.profiles': 'false' },
  tiny: { 'features.images': 'true', 'features.profiles': 'true', 'limits.disk': '16MiB' },
};

/** Starts a server. `imageSpace`: bytes that its images may take (`8M`), where a full disk is wanted. */
export async function startServer(product: Product, imageSpace?: string): Promise<RealServer> {
  // Its socket's path may have no more than 107 characters.
  const folder = await mkdtemp(`/tmp/imgctl-${product}-`);
  const socket = path.join(folder, 'unix.socket');
  const port = await freePort();
  const raw = rawServer(socket);
  const launched = async (mount?: string): Promise<ChildProcess> => {
    const daemon = launch(product, folder, mount);
    await answering(daemon, () => raw.api('GET', ''));
    return daemon;
  };
  let child = await launched();
  await raw.done('PATCH', '', { config: { 'core.https_address': `127.0.0.1:${port}` } });
  await raw.done('POST', '/storage-pools', { name: 'default', driver: 'dir', config: {} });
  await raw.done('PATCH', '/profiles/default', { devices: { root: { type: 'disk', path: '/', pool: 'default' } } });
  for (const [name, config] of Object.entries(projects)) await raw.done('POST', '/projects', { name, description: '', config });
  if (imageSpace !== undefined) {
    await stopBy(child, 'SIGTERM');
    child = await launched(`size=${imageSpace}`);
  }
  return {
    ...raw,
    product,
    folder,
    socket,
    url: `https://127.0.0.1:${port}`,
    certificate: () => readFileSync(path.join(folder, 'server.crt'), 'utf8'),
    async trust(certificate, only) {
      const name = `client-${Date.now()}`;
      const data = new X509Certificate(certificate).raw.toString('base64');
      const limits = only === undefined ? {} : { restricted: true, projects: only };
      await raw.done('POST', '/certificates', { name, type: 'client', certificate: data, ...limits });
    },
    async token(name) {
      const work = (await raw.api('POST', '/certificates', { name, type: 'client', token: true })) as { metadata: object };
      const { fingerprint, addresses, secret } = work.metadata as Readonly<Record<string, unknown>>;
      const token = { client_name: name, fingerprint, addresses, secret, expires_at: '0001-01-01T00:00:00Z' };
      return Buffer.from(JSON.stringify(token)).toString('base64');
    },
    async stoppedInstance(name, project = 'default', config = {}) {
      const devices = { root: { type: 'disk', path: '/', pool: 'default' } };
      await raw.done('POST', `/instances?project=${project}`, {
        name,
        type: 'container',
        devices,
        config,
        source: { type: 'none' },
      });
      // LXD makes this folder only where there is something to put into it.
      const folderOf = project === 'default' ? name : `${project}_${name}`;
      await mkdir(path.join(folder, 'storage-pools/default/containers', folderOf, 'rootfs'), { recursive: true });
    },
    kill: () => stopBy(child, 'SIGKILL'),
    async start() {
      child = await launched();
    },
    async stop() {
      await stopBy(child, 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
