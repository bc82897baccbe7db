import type { FoundProfile, HostEnvironment } from '../../core/driver.ts';
import { given } from '../../core/image.ts';
import { Secret } from '../../core/secret.ts';

type Section = Readonly<Record<string, string>>;

/** Sections of linode-cli's file that describe no user. */
const notUsers = new Set(['', 'DEFAULT', 'custom_aliases']);

/**
 * Accounts in linode-cli's configuration (an INI file with one section for each user) and in the environment.
 * https://github.com/linode/linode-cli/wiki/Configuration
 */
export async function discover(surroundings: HostEnvironment): Promise<readonly FoundProfile[]> {
  const { env } = surroundings;
  const file = await configuration(surroundings);
  const sections = Object.entries(file?.sections ?? {});
  const defaults = lowerKeys(file?.sections.DEFAULT ?? {});
  const defaultUser = defaults['default-user'];
  const users = sections
    .filter(([name]) => !notUsers.has(name))
    .map(([name, section]) => ({ name, fields: fieldsOf({ ...defaults, ...lowerKeys(section) }) }));
  const variable = ['LINODE_CLI_TOKEN', 'LINODE_TOKEN'].find((name) => env[name]);
  const over = environmentFields(variable === undefined ? linodeCliOnly(env) : env);
  const isFilesOwn = variable === undefined && Object.keys(over).length === 0;
  const found = users.map(({ name, fields }): FoundProfile => ({
    name,
    source: file?.path ?? '',
    ...(fields.token === undefined ? { fields: {}, leftOut: 'it has no token' } : { fields }),
    ...(name === defaultUser && isFilesOwn ? { ambient: true } : {}),
  }));
  const rest = users.find(({ name }) => name === defaultUser)?.fields ?? {};
  const isUsable = variable !== undefined || rest.token !== undefined;
  if (isFilesOwn || !isUsable) return found;
  // Variables beat the file, one by one; the rest still comes from the default user.
  const fields = { ...rest, ...over, ...(variable === undefined ? {} : { token: new Secret(env[variable] ?? '') }) };
  const source = variable ?? `${file?.path ?? ''} and LINODE_* variables`;
  return [...found, { name: 'linode', source, fields, ambient: true }];
}

async function configuration(
  surroundings: HostEnvironment,
): Promise<{ path: string; sections: Readonly<Record<string, Section>> } | undefined> {
  const { env, home } = surroundings;
  const usual = [
    `${home}/.linode-cli`,
    `${env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : `${home}/.config`}/linode-cli`,
  ];
  for (const path of env.LINODE_CLI_CONFIG ? [env.LINODE_CLI_CONFIG] : usual) {
    const text = await surroundings.text(path);
    if (text !== undefined) return { path, sections: surroundings.ini(text) };
  }
  return undefined;
}

/** Python's configparser, which reads the file for linode-cli, does not tell upper case from lower in keys. */
const lowerKeys = (section: Section): Section =>
  Object.fromEntries(Object.entries(section).map(([key, value]) => [key.toLowerCase(), value]));

/** configparser writes a percent sign twice. */
const plain = (value: string | undefined): string | undefined => (value ? value.replaceAll('%%', '%') : undefined);

function fieldsOf(section: Section): FoundProfile['fields'] {
  const token = plain(section.token);
  return given<Record<string, string | Secret>>({
    token: token === undefined ? undefined : new Secret(token),
    region: plain(section.region),
    endpoint: endpointOf(plain(section.api_host), plain(section.api_scheme)),
    apiVersion: plain(section.api_version),
  }) as FoundProfile['fields'];
}

/** Beside the token of linode-cli's file its own variables count, and not those of other tools. */
const linodeCliOnly = (env: HostEnvironment['env']): HostEnvironment['env'] =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('LINODE_CLI_')));

function environmentFields(env: HostEnvironment['env']): FoundProfile['fields'] {
  return given<Record<string, string>>({
    endpoint: endpointOf(env.LINODE_CLI_API_HOST, env.LINODE_CLI_API_SCHEME) ?? (env.LINODE_URL || undefined),
    apiVersion: env.LINODE_CLI_API_VERSION || env.LINODE_API_VERSION || undefined,
    caBundle: env.LINODE_CLI_CA || undefined,
  }) as FoundProfile['fields'];
}

const endpointOf = (host: string | undefined, scheme: string | undefined): string | undefined =>
  host ? `${scheme || 'https'}://${host}` : undefined;
