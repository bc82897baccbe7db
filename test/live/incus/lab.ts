import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { profileVariables } from '../../commands/stage.ts';
import type { Product } from '../../clouds/incus/index.ts';
import { makeCertificates, type Certificates } from '../../support/certificates.ts';
import { startServer, type RealServer } from './server.ts';

export const products = ['incus', 'lxd'] as const;

/** A server of each product that is wanted, each with a client that it trusts. */
export interface Lab {
  server(product: Product): RealServer;
  /** Variables of the profiles `incus` and `lxd` (over HTTPS), `incussocket` and `lxdsocket`, and of one `…PROJECT` for each project. */
  env(): Readonly<Record<string, string>>;
  certificates(): Certificates;
  /** Runs the official client of a product, whose remote `lab` is its server. Throws when it fails. */
  official(product: Product, ...args: readonly string[]): Promise<string>;
}

/** Call at the top of a group: the servers are there for all of its tests. */
export function lab(wanted: readonly Product[] = products): Lab {
  const servers = new Map<Product, RealServer>();
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = makeCertificates();
    certificates.issue('me', true);
    certificates.issue('stranger', true);
    for (const product of wanted) certificates.issue(`newcomer-${product}`, true);
    await Promise.all(
      wanted.map(async (product) => {
        const server = await startServer(product);
        servers.set(product, server);
        await server.trust(certificates.text('me.crt'));
        writeClient(server, certificates);
      }),
    );
  });
  afterAll(async () => {
    await Promise.all([...servers.values()].map((server) => server.stop()));
    certificates.remove();
  });
  const server = (product: Product): RealServer => {
    const there = servers.get(product);
    if (!there) throw new Error(`${product} was not started`);
    return there;
  };
  const valuesOf = (product: Product) => ({
    url: server(product).url,
    serverCert: path.join(server(product).folder, 'server.crt'),
    clientCert: certificates.path('me.crt'),
    clientKey: certificates.path('me.key'),
  });
  return {
    server,
    certificates: () => certificates,
    env: () =>
      Object.assign(
        {},
        ...wanted.map((product) => ({
          ...profileVariables(product, 'incus', valuesOf(product)),
          ...profileVariables(`${product}socket`, 'incus', { socket: server(product).socket }),
          ...Object.assign(
            {},
            ...['demo', 'shared', 'tiny'].map((project) =>
              profileVariables(`${product}${project}`, 'incus', { ...valuesOf(product), project }),
            ),
          ),
        })),
      ) as Readonly<Record<string, string>>,
    official(product, ...args) {
      const [client, variable] = product === 'incus' ? ['incus', 'INCUS_CONF'] : ['lxc', 'LXD_CONF'];
      const env = { PATH: '/usr/bin:/bin', HOME: server(product).folder, [variable]: clientFolder(server(product)) };
      return new Promise((resolve, reject) => {
        const child = execFile(client, args, { env, timeout: 60_000 }, (error, stdout, stderr) =>
          error ? reject(new Error(`${client} ${args.join(' ')}: ${stderr || error.message}`)) : resolve(stdout),
        );
        child.stdin?.end();
      });
    },
  };
}

/** Folder of the official client's configuration. */
export const clientFolder = ({ folder }: RealServer): string => path.join(folder, 'client');

export const hasOfficialClients = ['/usr/bin/incus', '/usr/bin/lxc'].every((file) => existsSync(file));

function writeClient(server: RealServer, certificates: Certificates): void {
  const folder = clientFolder(server);
  mkdirSync(path.join(folder, 'servercerts'), { recursive: true });
  writeFileSync(path.join(folder, 'client.crt'), certificates.text('me.crt'));
  writeFileSync(path.join(folder, 'client.key'), certificates.text('me.key'), { mode: 0o600 });
  writeFileSync(path.join(folder, 'servercerts', 'lab.crt'), server.certificate());
  const remote = { addr: server.url, auth_type: 'tls', protocol: server.product, public: false };
  const local = { addr: `unix://${server.socket}`, public: false };
  // JSON is YAML.
  writeFileSync(
    path.join(folder, 'config.yml'),
    JSON.stringify({ 'default-remote': 'lab', remotes: { lab: remote, here: local }, aliases: {} }),
  );
}
