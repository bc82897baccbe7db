import type { Surroundings } from '../../core/driver.ts';
import { Secret } from '../../core/secret.ts';
import { isJson, parseJson, type Json } from '../_oci/manifest.ts';

/** What a file of Docker's or Podman's knows of one registry. `note` says why there are no credentials, where there should be. */
export interface KnownRegistry {
  readonly host: string;
  readonly source: string;
  readonly username?: string;
  readonly password?: Secret;
  readonly note?: string;
}

/** Oddity: Docker's own registry goes by an old address in this file. */
const dockerHub: Readonly<Record<string, string>> = {
  'index.docker.io': 'registry-1.docker.io',
  'docker.io': 'registry-1.docker.io',
};
/** What a credential helper gives in the place of a user when its secret is an identity token. */
const tokenUser = '<token>';
const identityToken = 'its identity token cannot be used here';

/** The host of a key: some have a scheme before it and a path behind. */
function hostOf(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return dockerHub[host] ?? host;
}

const objectIn = (value: unknown): Json => (isJson(value) ? value : {});

type Found = Pick<KnownRegistry, 'username' | 'password' | 'note'>;

function ofEntry(entry: Json): Found {
  if (typeof entry.identitytoken === 'string' && entry.identitytoken !== '') return { note: identityToken };
  const [, username, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(String(entry.auth ?? ''), 'base64').toString('utf8')) ?? [];
  return username === undefined || username === '' || password === undefined ? {} : { username, password: new Secret(password) };
}

/** https://docs.docker.com/reference/cli/docker/login/#credential-helper-protocol */
async function ofHelper(name: string, key: string, { run }: Surroundings): Promise<Found> {
  const program = `docker-credential-${name}`;
  if (!run || !/^[\w.-]+$/.test(name)) return { note: `${program} was not asked` };
  const { status, stdout } = await run(program, ['get'], key);
  const { Username: username, Secret: secret } = parseJson(stdout) ?? {};
  // Oddity: "not found" is told on stdout, and there is nothing wrong with it.
  if (status !== 0) return stdout.includes('credentials not found') ? {} : { note: `${program} failed` };
  if (username === tokenUser) return { note: identityToken };
  return typeof username === 'string' && typeof secret === 'string'
    ? { username, password: new Secret(secret) }
    : { note: `${program} failed` };
}

/** Every registry in one file. Docker asks the helper of the host, then the one for all, then the file itself. */
async function registriesIn(text: string, source: string, surroundings: Surroundings): Promise<readonly KnownRegistry[]> {
  const file = parseJson(text) ?? {};
  const [auths, helpers] = [objectIn(file.auths), objectIn(file.credHelpers)];
  const known: KnownRegistry[] = [];
  for (const key of new Set([...Object.keys(helpers), ...Object.keys(auths)])) {
    const helper = helpers[key] ?? file.credsStore;
    const asked = typeof helper === 'string' && helper !== '' ? await ofHelper(helper, key, surroundings) : {};
    known.push({
      host: hostOf(key),
      source,
      ...(asked.username === undefined ? { ...ofEntry(objectIn(auths[key])), ...asked } : asked),
    });
  }
  return known;
}

/** Registries that Docker's and Podman's own files know, the first of each host; damaged files count as empty. */
export async function knownRegistries(surroundings: Surroundings): Promise<readonly KnownRegistry[]> {
  const { env, home } = surroundings;
  const files = [
    env.REGISTRY_AUTH_FILE,
    env.XDG_RUNTIME_DIR?.startsWith('/') ? `${env.XDG_RUNTIME_DIR}/containers/auth.json` : undefined,
    `${env.DOCKER_CONFIG || `${home}/.docker`}/config.json`,
  ];
  const byHost = new Map<string, KnownRegistry>();
  for (const file of files) {
    const text = file ? await surroundings.text(file) : undefined;
    for (const registry of text === undefined ? [] : await registriesIn(text, file ?? '', surroundings))
      if (!byHost.has(registry.host)) byHost.set(registry.host, registry);
  }
  return [...byHost.values()];
}
