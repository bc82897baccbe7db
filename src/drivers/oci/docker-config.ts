import type { HostEnvironment } from '../../core/driver.ts';
import { objectIn, parseJson, type JsonObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { knownHost } from './address.ts';

/** What a file of Docker's or Podman's knows of a registry, or of a part of it. `note` says why there are no credentials. */
export interface KnownRegistry {
  readonly host: string;
  /** The beginning of the repositories that it is for; empty: the whole registry. */
  readonly path: string;
  readonly source: string;
  readonly username?: string;
  readonly password?: Secret;
  readonly token?: Secret;
  /** The program that gave the password, which may give another one later. */
  readonly helper?: string;
  readonly note?: string;
}

/** What a credential helper gives in the place of a user when its secret is an identity token. */
const tokenUser = '<token>';
const identityToken = 'identity tokens are not supported';

/** Oddity: keys with a scheme are Docker's, and mean the whole host; those without are Podman's, and may name a part of it. */
function placeOf(key: string): Pick<KnownRegistry, 'host' | 'path'> {
  const [, scheme, host = '', path = ''] = /^(https?:\/\/)?([^/]*)\/?(.*?)\/*$/i.exec(key) ?? [];
  return { host: knownHost(host), path: scheme !== undefined || /^v[12]$/.test(path) ? '' : path };
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

type Found = Pick<KnownRegistry, 'username' | 'password' | 'token' | 'helper' | 'note'>;

function ofEntry(entry: JsonObject): Found {
  if (textIn(entry.identitytoken) !== undefined) return { note: identityToken };
  const token = textIn(entry.registrytoken);
  if (token !== undefined) return { token: new Secret(token) };
  const [, username, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(textIn(entry.auth) ?? '', 'base64').toString('utf8')) ?? [
    undefined,
    textIn(entry.username),
    textIn(entry.password),
  ];
  // Oddity: Docker fills the text up with zeros.
  return username === undefined || username === '' || password === undefined
    ? {}
    : { username, password: new Secret(password.replace(/\0+$/, '')) };
}

/** https://docs.docker.com/reference/cli/docker/login/#credential-helper-protocol */
async function ofHelper(name: string, key: string, { run }: HostEnvironment): Promise<Found> {
  const program = `docker-credential-${name}`;
  if (!run || !/^[\w.-]+$/.test(name)) return { note: `${program} was not run` };
  const { status, stdout } = await run(program, ['get'], key);
  const { Username: username, Secret: secret } = parseJson(stdout) ?? {};
  // Oddity: "not found" is told on stdout, and there is nothing wrong with it.
  if (status !== 0) return stdout.includes('credentials not found') ? {} : { note: `${program} failed` };
  if (username === tokenUser) return { note: identityToken };
  return typeof username === 'string' && typeof secret === 'string'
    ? { username, password: new Secret(secret), helper: program }
    : { note: `${program} failed` };
}

/** Every registry in one file. Docker asks the helper of the host, then the one for all, then the file itself. */
async function registriesIn(text: string, source: string, surroundings: HostEnvironment): Promise<readonly KnownRegistry[]> {
  const file = parseJson(text) ?? {};
  const isOld = source.endsWith('.dockercfg');
  const [auths, helpers] = [isOld ? file : objectIn(file.auths), objectIn(file.credHelpers)];
  const known: KnownRegistry[] = [];
  for (const key of new Set([...Object.keys(helpers), ...Object.keys(auths)])) {
    const helper = textIn(helpers[key]) ?? textIn(file.credsStore);
    const asked = helper === undefined ? {} : await ofHelper(helper, key, surroundings);
    const found = asked.username === undefined ? { ...ofEntry(objectIn(auths[key])), ...asked } : asked;
    known.push({ ...placeOf(key), source, ...found });
  }
  return known;
}

/** Where credentials lie, in the order in which Podman's and Docker's own programs look. */
function filesOf({ env, home, userId }: HostEnvironment): readonly string[] {
  const runtime = env.XDG_RUNTIME_DIR || (userId === undefined ? undefined : `/run/containers/${userId}`);
  const files = [
    runtime && (env.XDG_RUNTIME_DIR ? `${runtime}/containers/auth.json` : `${runtime}/auth.json`),
    env.XDG_CONFIG_HOME && `${env.XDG_CONFIG_HOME}/containers/auth.json`,
    `${home}/.config/containers/auth.json`,
    `${env.DOCKER_CONFIG || `${home}/.docker`}/config.json`,
    `${home}/.dockercfg`,
  ];
  return [...new Set(files.flatMap((file) => file || []))];
}

/** What each place knows of registries, in the order in which places are looked at; damaged files count as empty. */
export async function knownRegistries(surroundings: HostEnvironment): Promise<readonly (readonly KnownRegistry[])[]> {
  const { env } = surroundings;
  const read = async (file: string) => registriesIn((await surroundings.text(file)) ?? '', file, surroundings);
  return [
    env.REGISTRY_AUTH_FILE ? await read(env.REGISTRY_AUTH_FILE) : [],
    // GitLab CI and Docker's newer programs take the file's text from here.
    env.DOCKER_AUTH_CONFIG ? await registriesIn(env.DOCKER_AUTH_CONFIG, 'DOCKER_AUTH_CONFIG', surroundings) : [],
    ...(await Promise.all(filesOf(surroundings).map(read))),
  ];
}

export const hasCredentials = ({ username, token }: KnownRegistry): boolean => username !== undefined || token !== undefined;

/** Whether an entry is for a repository: for all of its host, or for what begins with whole parts of its path. */
const isFor = ({ host, path }: KnownRegistry, wanted: string, repository: string): boolean =>
  host === wanted && (path === '' || `${repository}/`.startsWith(`${path}/`));

/**
 * What to sign in with to a repository: of the first place that has credentials for it, the entry with the longest path. Absent
 * where none has; one without credentials may say why.
 */
export function registryFor(
  places: readonly (readonly KnownRegistry[])[],
  host: string,
  repository: string,
): KnownRegistry | undefined {
  const fitting = places.map((known) =>
    known.filter((one) => isFor(one, host, repository)).sort((a, b) => b.path.length - a.path.length),
  );
  const first = fitting.flatMap((known) => known.find(hasCredentials) ?? []);
  return first[0] ?? fitting.flat()[0];
}
