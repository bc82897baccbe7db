import type { Surroundings } from '../../core/driver.ts';
import { Secret } from '../../core/secret.ts';
import { isObject, objectIn, textIn, textsIn, type WireObject } from './wire.ts';

export type Found = Readonly<Record<string, string | Secret>>;

/** A cloud of a clouds.yaml in one of its regions, as profile fields. */
export interface Cloud {
  readonly name: string;
  readonly source: string;
  readonly fields: Found;
}

/** The profile field for each key of a cloud's `auth`; the first that is there wins. */
const authKeys: readonly (readonly [string, readonly string[]])[] = [
  ['authUrl', ['auth_url']],
  ['username', ['username', 'user_name']],
  ['userDomain', ['user_domain_name', 'user_domain_id', 'domain_name', 'domain_id']],
  ['project', ['project_name', 'tenant_name']],
  ['projectId', ['project_id', 'tenant_id']],
  ['projectDomain', ['project_domain_name', 'project_domain_id']],
  ['applicationCredentialId', ['application_credential_id']],
  ['applicationCredentialName', ['application_credential_name']],
];
const secretKeys: readonly (readonly [string, readonly string[]])[] = [
  ['password', ['password']],
  ['applicationCredentialSecret', ['application_credential_secret']],
  ['token', ['token']],
];
const cloudKeys: readonly (readonly [string, readonly string[]])[] = [
  ['interface', ['interface', 'endpoint_type']],
  ['imageEndpoint', ['image_endpoint_override']],
  ['caBundle', ['cacert']],
  ['clientCert', ['cert']],
  ['clientKey', ['key']],
];

const plain = (value: unknown): string | undefined => (typeof value === 'number' ? String(value) : textIn(value));

function pick(from: WireObject, keys: readonly (readonly [string, readonly string[]])[]): Record<string, string> {
  const found = keys.map(([field, names]) => [
    field,
    names.map((name) => plain(from[name])).find((value) => value !== undefined),
  ]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as Record<string, string>;
}

const sealed = (fields: Readonly<Record<string, string>>): Record<string, Secret> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, new Secret(value)]));

/** One object over another, all the way down. */
function overlaid(under: WireObject, over: WireObject): WireObject {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) ? overlaid(below, value) : value;
  }
  return merged;
}

function regionsOf(cloud: WireObject): readonly string[] {
  const single = plain(cloud.region_name);
  if (single !== undefined) return [single];
  const several = Array.isArray(cloud.regions) ? cloud.regions : [];
  return [...textsIn(several), ...several.flatMap((region) => plain(objectIn(region).name) ?? [])];
}

/** The profiles of one cloud: the first region goes by the cloud's name, the others by both. */
function profilesOf(name: string, cloud: WireObject, source: string): readonly Cloud[] {
  const auth = objectIn(cloud.auth);
  const fields: Record<string, string | Secret> = {
    ...pick(auth, authKeys),
    ...pick(cloud, cloudKeys),
    ...(cloud.verify === false || cloud.insecure === true ? { insecure: 'true' } : {}),
    ...sealed(pick(auth, secretKeys)),
  };
  // A cloud without an address is a vendor's name, which other tools look up in a list of their own.
  if (fields.authUrl === undefined) return [];
  const regions = regionsOf(cloud);
  if (regions.length === 0) return [{ name, source, fields }];
  return regions.map((region, index) => ({
    name: index === 0 ? name : `${name}-${region}`,
    source,
    fields: { ...fields, region },
  }));
}

async function firstFile(
  surroundings: Surroundings,
  base: string,
  named: string | undefined,
): Promise<{ path: string; content: WireObject } | undefined> {
  const folders = ['.', `${surroundings.configHome}/openstack`, `${surroundings.home}/.config/openstack`, '/etc/openstack'];
  const paths = named ? [named] : folders.flatMap((folder) => [`${folder}/${base}.yaml`, `${folder}/${base}.yml`]);
  for (const path of paths) {
    const content = await surroundings.text(path);
    if (content !== undefined) return { path, content: objectIn(surroundings.yaml(content, path)) };
  }
  return undefined;
}

/**
 * The clouds of the clouds.yaml that OpenStack's own tools would read, completed from the secure.yaml.
 * Throws CONFIG for a file that is not YAML, LOCAL for one that cannot be read.
 */
export async function cloudsFound(surroundings: Surroundings): Promise<readonly Cloud[]> {
  const { env } = surroundings;
  const file = await firstFile(surroundings, 'clouds', env.OS_CLIENT_CONFIG_FILE);
  if (!file) return [];
  const secure = await firstFile(surroundings, 'secure', env.OS_CLIENT_SECURE_FILE);
  const clouds = objectIn(overlaid(file.content, secure?.content ?? {}).clouds);
  return Object.entries(clouds).flatMap(([name, cloud]) => profilesOf(name, objectIn(cloud), file.path));
}
