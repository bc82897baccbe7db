import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { answering, freePort, sayNotRun, stopBy } from '../daemon.ts';

const program = '/usr/bin/docker-registry';

/** Why there is no registry to test against; absent: there is one. Debian's package is docker-registry (CNCF distribution). */
export const missing = existsSync(program) ? undefined : `${program} is not there: apt-get install docker-registry`;
export const hasSkopeo = spawnSync('skopeo', ['--version']).error === undefined;

if (missing !== undefined) sayNotRun('A REAL REGISTRY', missing);

/** What a registry is started with. */
export interface RegistrySettings {
  readonly deletes?: boolean;
  readonly readOnly?: boolean;
  /** Ada and her password, as the fake has them. */
  readonly htpasswd?: boolean;
  /** Lines under `auth:` that have it take the tokens of a token server. */
  readonly token?: { readonly realm: string; readonly service: string; readonly issuer: string; readonly certificate: string };
}

export interface Registry {
  readonly host: string;
  readonly origin: string;
  readonly folder: string;
  /** Ends it without a warning, as a power failure does. */
  kill(): Promise<void>;
  /** Starts it again, where it was, on what it had. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** bcrypt of the password in clouds/oci/tokens.ts. */
const passwordFile = 'ada:$2y$05$abcdefghijklmnopqrstuuBLXRD1do2sv2yeOR4KP05rNE/mCs5mW\n';

function configuration(
  folder: string,
  host: string,
  { deletes = true, readOnly = false, htpasswd, token }: RegistrySettings,
): string {
  const auth = htpasswd
    ? { auth: { htpasswd: { realm: 'registry, tests', path: path.join(folder, 'htpasswd') } } }
    : token
      ? {
          auth: {
            token: { realm: token.realm, service: token.service, issuer: token.issuer, rootcertbundle: token.certificate },
          },
        }
      : {};
  // JSON is YAML.
  return JSON.stringify({
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: path.join(folder, 'store') },
      delete: { enabled: deletes },
      maintenance: { readonly: { enabled: readOnly }, uploadpurging: { enabled: false } },
    },
    // Without a secret of its own every upload would be forgotten with the process.
    http: { addr: host, secret: 'a-secret-for-tests' },
    ...auth,
  });
}

/** Starts CNCF distribution on loopback, on a folder of its own. */
export async function startRegistry(settings: RegistrySettings = {}, files?: string): Promise<Registry> {
  const folder = files ?? (await mkdtemp(path.join(tmpdir(), 'imgctl-registry-')));
  const host = `127.0.0.1:${await freePort()}`;
  const origin = `http://${host}`;
  const file = path.join(folder, 'config.json');
  await writeFile(file, configuration(folder, host, settings));
  await writeFile(path.join(folder, 'htpasswd'), passwordFile);
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn(program, ['serve', file], { stdio: 'ignore' });
    await answering(child, () => fetch(`${origin}/v2/`));
  };
  const kill = (): Promise<void> => stopBy(child, 'SIGKILL');
  await start();
  return {
    host,
    origin,
    folder,
    kill,
    start,
    async stop() {
      await kill();
      if (files === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
