import type { FoundProfile, HostEnvironment } from '../../core/driver.ts';
import type { Field } from '../../core/field.ts';
import { given } from '../../core/image.ts';
import { Secret } from '../../core/secret.ts';
import { knownHost } from './address.ts';
import { hasCredentials, knownRegistries, registryFor, type KnownRegistry } from './docker-config.ts';
import { fields } from './fields.ts';

type Values = Readonly<Record<string, string | Secret>>;

/** Profile fields that the environment gives. */
function fromVariables(env: HostEnvironment['env']): Values {
  return Object.fromEntries(
    Object.entries<Field>(fields).flatMap(([name, field]) => {
      const value = field.env?.map((variable) => env[variable]).find((text) => text !== undefined && text !== '');
      return value === undefined ? [] : [[name, field.secret ? new Secret(value) : value] as const];
    }),
  );
}

const credentialsOf = ({ username, password, token }: KnownRegistry): Values =>
  given<Record<string, string | Secret>>({ username, password, token }) as Values;

const valuesOf = (known: KnownRegistry): Values => ({
  registry: known.host,
  ...(known.path === '' ? {} : { repository: known.path }),
  ...credentialsOf(known),
});

const sourceOf = ({ source, note }: KnownRegistry): string => (note === undefined ? source : `${source} (${note})`);

/** Of what a profile may be called, with room for a number behind it. */
const longestName = 56;

/** A name for what is known of a registry, that no other has yet. An IPv6 address begins with a bracket, and no name does. */
function nameFor({ host, path }: KnownRegistry, taken: ReadonlySet<string>): string {
  const plain = `${host}${path === '' ? '' : `/${path}`}`
    .replace(/[^\w.-]+/g, '-')
    .replace(/-+$/, '')
    .slice(0, longestName);
  const name = /^[a-z0-9]/i.test(plain) ? plain : `${host.startsWith('[') ? 'v6' : 'registry-'}${plain}`;
  let free = name;
  for (let n = 2; taken.has(free); n += 1) free = `${name}-${n}`;
  return free;
}

function wordsAbout(known: KnownRegistry, name: string): readonly string[] {
  const { host, helper } = known;
  return [
    ...(host.startsWith('[') ? [`${host} cannot name a profile; it is imported as ${name}`] : []),
    ...(helper === undefined
      ? []
      : [`${name}: the password from ${helper} is stored in plain text and may expire; use password=cmd:COMMAND instead`]),
  ];
}

/** What each registry, and each part of one, is signed in to with: the first place that has credentials counts. */
function storedProfiles(places: readonly (readonly KnownRegistry[])[]): readonly FoundProfile[] {
  const best = new Map<string, KnownRegistry>();
  for (const known of places.flat()) {
    const key = `${known.host}/${known.path}`;
    const before = best.get(key);
    if (!before || (!hasCredentials(before) && hasCredentials(known))) best.set(key, known);
  }
  const names = new Set<string>();
  return [...best.values()].map((known) => {
    const name = nameFor(known, names);
    names.add(name);
    return { name, source: sourceOf(known), tool: 'docker', fields: valuesOf(known), notes: wordsAbout(known, name) };
  });
}

/** Credentials of a file are taken whole: never the password of one user with the name of another. */
function mayAdd(variables: Values, { username }: KnownRegistry): boolean {
  const isSaid = ['username', 'password', 'token'].some((field) => field in variables);
  return !isSaid || (variables.username === username && !('password' in variables) && !('token' in variables));
}

/**
 * The registries that Docker or Podman are signed in to, each under its host. Few of those files name a repository: who takes
 * such a profile over has to set it. The ambient one is what OCI_REGISTRY names, or the only one there is.
 */
export async function discover(surroundings: HostEnvironment): Promise<readonly FoundProfile[]> {
  const places = await knownRegistries(surroundings);
  const variables = fromVariables(surroundings.env);
  const stored = storedProfiles(places);
  const hosts = [...new Set(places.flat().map(({ host }) => host))];
  const registry = variables.registry ?? (hosts.length === 1 ? hosts[0] : undefined);
  if (typeof registry !== 'string' || typeof variables.repository !== 'string') return stored;
  const base = registryFor(places, knownHost(registry.replace(/^https?:\/\//, '').replace(/\/+$/, '')), variables.repository);
  const added = base && mayAdd(variables, base) ? credentialsOf(base) : {};
  const source = base ? `${sourceOf(base)} and OCI_* variables` : 'OCI_* variables';
  return [...stored, { name: 'env', source, fields: { registry, ...added, ...variables }, ambient: true }];
}
