import { isObject, objectIn, type JsonObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { overlaid, type CloudsFile } from './clouds-file.ts';
import { textIn } from './json.ts';

export type Found = Readonly<Record<string, string | Secret>>;

/** A cloud of a clouds.yaml in one of its regions, as profile fields. */
export interface Cloud {
  /** Name of the profile: the cloud's, for its first region, or cloud and region. */
  readonly name: string;
  readonly cloud: string;
  readonly source: string;
  /** The region as the file's `regions` list has it; absent where there is no such list. */
  readonly listed?: string;
  readonly stray: boolean;
  readonly fields: Found;
  /** What makes it unusable whatever else is set. */
  readonly broken?: string;
  /** The `profile` that it builds on, where nothing is known of that. */
  readonly vendor?: string;
}

type Keys = readonly (readonly [field: string, names: readonly string[]])[];

/** The profile field for each key that a cloud has below `auth` or beside it; the first that is there wins. */
const authKeys: Keys = [
  ['authUrl', ['auth_url']],
  ['username', ['username', 'user_name']],
  ['userId', ['user_id']],
  ['userDomain', ['user_domain_name', 'user_domain_id', 'domain_name', 'domain_id']],
  ['project', ['project_name', 'tenant_name']],
  ['projectId', ['project_id', 'tenant_id']],
  ['projectDomain', ['project_domain_name', 'project_domain_id', 'domain_name', 'domain_id']],
  ['applicationCredentialId', ['application_credential_id']],
  ['applicationCredentialName', ['application_credential_name']],
  ['trustId', ['trust_id']],
  ['authMethods', ['auth_methods']],
  ['identityProvider', ['identity_provider']],
  ['protocol', ['protocol']],
  ['clientId', ['client_id']],
  ['openidScope', ['openid_scope', 'scope']],
  ['discoveryEndpoint', ['discovery_endpoint']],
  ['accessTokenEndpoint', ['access_token_endpoint']],
  ['accessTokenType', ['access_token_type']],
];
const secretKeys: Keys = [
  ['password', ['password']],
  ['applicationCredentialSecret', ['application_credential_secret']],
  ['token', ['token', 'auth_token']],
  ['passcode', ['passcode']],
  ['clientSecret', ['client_secret']],
  ['accessToken', ['access_token']],
];
/** What is said for the image service alone goes before what is said for all. */
const cloudKeys: Keys = [
  ['authType', ['auth_type', 'auth_plugin']],
  ['interface', ['image_interface', 'image_endpoint_type', 'interface', 'endpoint_type']],
  ['region', ['image_region_name', 'region_name']],
  ['imageEndpoint', ['image_endpoint_override', 'image_endpoint']],
  ['serviceType', ['image_service_type']],
  ['serviceName', ['image_service_name']],
  ['caBundle', ['image_cacert', 'cacert']],
  ['clientCert', ['image_cert', 'cert']],
  ['clientKey', ['image_key', 'key']],
];

function plain(value: unknown): string | undefined {
  if (Array.isArray(value)) return textIn(value.map(plain).join(','));
  return typeof value === 'number' ? String(value) : textIn(value);
}

function pick(from: JsonObject, keys: Keys): Record<string, string> {
  const found = keys.flatMap(([field, names]) => {
    const value = names.map((name) => plain(from[name])).find((text) => text !== undefined);
    return value === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries(found);
}

const sealed = (fields: Readonly<Record<string, string>>): Record<string, Secret> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, new Secret(value)]));

/** Keys are written with dashes too. */
const normal = (wire: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(wire).map(([key, value]) => [key.replaceAll('-', '_'), value]));

/** The ways to sign in that need no Keystone: their endpoint is that of the service itself. */
export const withoutKeystone = (authType: unknown): boolean =>
  authType === 'none' || authType === 'admin_token' || authType === 'token_endpoint';

function fieldsOf(wire: JsonObject): Found {
  const cloud = normal(wire);
  const auth = { ...cloud, ...normal(objectIn(cloud.auth)) };
  const common = pick(cloud, cloudKeys);
  const verify = cloud.image_verify ?? cloud.verify;
  const insecure = cloud.image_insecure ?? cloud.insecure;
  const endpoint = withoutKeystone(common.authType) ? plain(auth.endpoint) : undefined;
  return {
    ...pick(auth, authKeys),
    ...(endpoint === undefined ? {} : { imageEndpoint: endpoint }),
    ...common,
    ...(verify === false || insecure === true ? { insecure: 'true' } : {}),
    ...sealed(pick(auth, secretKeys)),
  };
}

interface Region {
  readonly name: string;
  readonly values: JsonObject;
}

/** The regions that a cloud lists, the one that it is in first. None: it has no such list. */
function regionsOf(cloud: JsonObject): readonly Region[] {
  const listed = Array.isArray(cloud.regions) ? cloud.regions : [];
  const regions = listed.flatMap((region): readonly Region[] => {
    const name = plain(isObject(region) ? region.name : region);
    return name === undefined ? [] : [{ name, values: objectIn(objectIn(region).values) }];
  });
  const own = plain(cloud.region_name);
  return own === undefined ? regions : regions.toSorted((a, b) => Number(b.name === own) - Number(a.name === own));
}

/** The profiles of one cloud, one for each region; what a region says for itself goes before what the cloud says for all. */
function profilesOf(name: string, wire: unknown, { path, stray, vendors }: CloudsFile): readonly Cloud[] {
  const at = { cloud: name, source: path, stray };
  if (!isObject(wire)) return [{ ...at, name, fields: {}, broken: 'it is not a mapping' }];
  const vendor = plain(wire.profile) ?? plain(wire.cloud);
  const known = vendor !== undefined && Object.hasOwn(vendors, vendor) ? objectIn(vendors[vendor]) : undefined;
  const cloud = overlaid(known ?? {}, wire);
  const missing = vendor !== undefined && !known ? { vendor } : {};
  const whole = normal({ ...cloud, ...objectIn(cloud.auth) });
  if (whole.system_scope) return [{ ...at, name, fields: {}, broken: ofSystem }];
  const regions = regionsOf(cloud);
  if (regions.length === 0) return [{ ...at, ...missing, name, fields: fieldsOf(cloud) }];
  return regions.map((region, index) => ({
    ...at,
    ...missing,
    name: index === 0 ? name : `${name}-${region.name}`,
    listed: region.name,
    fields: fieldsOf({ ...overlaid(cloud, region.values), region_name: region.name }),
  }));
}

export const ofSystem = 'it signs in for the whole system (system_scope), and images belong to projects';

/** Every cloud of a file in every region of it, also those that cannot be used. */
export const cloudsIn = (file: CloudsFile): readonly Cloud[] =>
  Object.entries(file.clouds).flatMap(([name, wire]) => profilesOf(name, wire, file));
