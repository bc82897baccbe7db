import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A real proxy on loopback that asks for user and password, and lets nobody to `forbidden.example`. */
export interface RealProxy {
  /** With user and password. */
  readonly url: string;
  readonly port: number;
  /** All that it wrote down so far. */
  log(): string;
  stop(): Promise<void>;
}

export const user = 'ada';
export const password = 'proxy-secret-4711';
export const forbidden = 'forbidden.example';

/** Programs of their own, each by what it is told. */
interface Kind {
  readonly program: string;
  readonly args: (folder: string) => readonly string[];
  readonly configuration: (folder: string, port: number) => string;
  /** Further files. */
  readonly files: () => Readonly<Record<string, string>>;
}

const squid: Kind = {
  program: '/usr/sbin/squid',
  args: (folder) => ['-N', '-f', `${folder}/conf`],
  files: () => ({
    users: `${user}:${execFileSync('openssl', ['passwd', '-apr1', password], { encoding: 'utf8' })}`,
  }),
  configuration: (folder, port) => `
http_port 127.0.0.1:${port}
visible_hostname localhost
pid_filename ${folder}/pid
access_log stdio:${folder}/log
cache_log ${folder}/cache.log
coredump_dir ${folder}
netdb_filename none
pinger_enable off
cache deny all
shutdown_lifetime 0 seconds
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder}/users
auth_param basic children 1
acl forbidden dstdomain ${forbidden}
acl known proxy_auth REQUIRED
http_access deny forbidden
http_access allow known
http_access deny all
`,
};

const tinyproxy: Kind = {
  program: '/usr/bin/tinyproxy',
  args: (folder) => ['-d', '-c', `${folder}/conf`],
  files: () => ({ filter: `${forbidden.replace('.', '\\.')}\n` }),
  configuration: (folder, port) => `
Port ${port}
Listen 127.0.0.1
Timeout 60
LogFile "${folder}/log"
LogLevel Connect
PidFile "${folder}/pid"
MaxClients 50
Allow 127.0.0.1
BasicAuth ${user} ${password}
Filter "${folder}/filter"
`,
};

export const kinds = { squid, tinyproxy } as const;
type Name = keyof typeof kinds;

/** Why a proxy cannot be tested with; absent: it can. Debian's packages go by the same names. */
export const missing = (name: Name): string | undefined =>
  existsSync(kinds[name].program) ? undefined : `${kinds[name].program} is not there: apt-get install ${name}`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** User and group "nobody" on Debian: neither program does its work as root. */
const nobody = 65_534;

/** Starts a proxy in a folder of its own, as a user without rights. Throws with its output when it does not come up. */
export async function startRealProxy(name: Name): Promise<RealProxy> {
  const kind = kinds[name];
  const folder = mkdtempSync(path.join(tmpdir(), `imgctl-${name}-`));
  const port = await freePort();
  const files = { conf: kind.configuration(folder, port), ...kind.files() };
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text, { mode: 0o644 });
  const asRoot = process.getuid?.() === 0;
  if (asRoot) chownSync(folder, nobody, nobody);
  const child = spawn(kind.program, kind.args(folder), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(asRoot ? { uid: nobody, gid: nobody } : {}),
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const until = Date.now() + 120_000;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${name} did not come up: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: `http://${user}:${password}@127.0.0.1:${port}`,
    port,
    log: () => (existsSync(path.join(folder, 'log')) ? readFileSync(path.join(folder, 'log'), 'utf8') : ''),
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
