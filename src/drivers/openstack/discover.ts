import type { FoundProfile, HostEnvironment } from '../../core/driver.ts';
import { configError } from '../../core/errors.ts';
import type { Field } from '../../core/field.ts';
import { Secret } from '../../core/secret.ts';
import { cloudsFile } from './clouds-file.ts';
import { cloudsIn, ofSystem, withoutKeystone, type Cloud, type Found } from './clouds.ts';
import { isAuthType, unknownAuthType } from './credentials.ts';
import { commonDomain, fields } from './fields.ts';

type Why = { readonly leftOut: string; readonly hint?: string };

/** Profile fields that the `OS_*` variables give. What is common to two fields yields to what a file says of one of them. */
function fromVariables(env: HostEnvironment['env'], under: Found): Found {
  const set = (variable: string): boolean => env[variable] !== undefined && env[variable] !== '';
  const common: readonly string[] = commonDomain;
  const given = Object.entries<Field>(fields).flatMap(([name, field]) => {
    const variable = field.env?.find(set);
    if (variable === undefined || (common.includes(variable) && Object.hasOwn(under, name))) return [];
    const value = env[variable] ?? '';
    return [[name, field.secret ? new Secret(value) : value] as const];
  });
  const found: Found = Object.fromEntries(given);
  const endpoint = ['OS_ENDPOINT', 'OS_URL'].map((name) => env[name]).find(Boolean);
  const authType = found.authType ?? under.authType;
  return endpoint && withoutKeystone(authType) && !found.imageEndpoint ? { ...found, imageEndpoint: endpoint } : found;
}

/**
 * The same with the way to sign in said, where several are set: OpenStack's own tools take a user's password then, and an
 * application credential only where it was asked for.
 */
function settled(found: Found): Found {
  const others = found.applicationCredentialId ?? found.applicationCredentialName ?? found.token;
  const byPassword = (found.username ?? found.userId) && found.password;
  return found.authType === undefined && others && byPassword ? { ...found, authType: 'password' } : found;
}

const systemScope = { leftOut: ofSystem, hint: 'Unset OS_SYSTEM_SCOPE and name a project.' };

/** Why a cloud cannot be used with these values. Absent: as far as can be told, it can. */
function whyNot(cloud: Cloud | undefined, found: Found): Why | undefined {
  if (cloud?.broken !== undefined) return { leftOut: cloud.broken };
  const { authType } = found;
  if (typeof authType === 'string' && !isAuthType(authType)) {
    const { reason, hint } = unknownAuthType(authType);
    return { leftOut: reason, hint };
  }
  if (withoutKeystone(authType))
    return found.imageEndpoint ? undefined : { leftOut: `endpoint is missing (auth_type ${String(authType)})` };
  if (found.authUrl !== undefined || (found.token !== undefined && found.imageEndpoint !== undefined)) return undefined;
  if (cloud?.vendor === undefined) return { leftOut: 'auth_url is missing' };
  return {
    leftOut: `its profile ${cloud.vendor} is not known, and auth_url is missing`,
    hint: `Set auth_url in ${cloud.source}, or describe ${cloud.vendor} in a clouds-public.yaml beside it.`,
  };
}

const secrets = (found: Found): readonly string[] => Object.keys(found).filter((name) => found[name] instanceof Secret);

/** Where secrets are sent, and who is believed to be there. */
const reach = ['authUrl', 'imageEndpoint', 'discoveryEndpoint', 'accessTokenEndpoint', 'insecure', 'caBundle'];

/**
 * The variables as far as they may be used with a cloud. An address that a file in the current folder gives is nobody's whom
 * the user has chosen: secrets of the environment do not go there.
 */
function usableWith(cloud: Cloud, variables: Found): { readonly usable: Found; readonly kept?: Why } {
  const leads = reach.some((name) => cloud.fields[name] !== undefined && variables[name] === undefined);
  const held = cloud.stray && (leads || variables.authUrl === undefined) ? secrets(variables) : [];
  const usable = Object.fromEntries(Object.entries(variables).filter(([name]) => !held.includes(name)));
  if (held.length === 0 || secrets(cloud.fields).length > 0) return { usable };
  return {
    usable,
    kept: {
      leftOut: `secrets of the environment are not sent to the address in ${cloud.source}`,
      hint: `Use that file, if you trust it, with: export OS_CLIENT_CONFIG_FILE=${cloud.source}`,
    },
  };
}

const isNamed = (text: string | undefined): text is string => text !== undefined && text !== '';

/** The clouds, one for each region, of which OpenStack's own tools would take one: the cloud that OS_CLOUD names, or the only one. */
function ambientClouds(clouds: readonly Cloud[], { env }: HostEnvironment): readonly Cloud[] {
  const wanted = env.OS_CLOUD;
  const names = [...new Set(clouds.map(({ cloud }) => cloud))];
  if (!isNamed(wanted)) return isNamed(env.OS_AUTH_URL) || names.length !== 1 ? [] : clouds;
  const found = clouds.filter(({ cloud }) => cloud === wanted);
  if (found.length > 0) return found;
  const byProfile = clouds.filter(({ name }) => name === wanted);
  if (byProfile.length > 0) return byProfile;
  throw configError(`no such cloud: ${wanted} (OS_CLOUD)`, {
    hint: names.length > 0 ? `Clouds in ${clouds[0]?.source ?? ''}: ${names.join(', ')}` : `No clouds in ${placeOf(env)}.`,
  });
}

const placeOf = (env: HostEnvironment['env']): string => env.OS_CLIENT_CONFIG_FILE || 'any clouds.yaml';

/** The cloud in the region that was asked for, or in its first. Where it lists its regions, another one is not known to it. */
function inRegion(
  clouds: readonly Cloud[],
  asked: string | undefined,
): { readonly cloud?: Cloud | undefined; readonly why?: Why } {
  const [first] = clouds;
  if (!isNamed(asked) || first?.listed === undefined) return { cloud: first };
  const cloud = clouds.find(({ listed }) => listed === asked);
  if (cloud) return { cloud };
  const regions = clouds.map(({ listed }) => listed).join(', ');
  return { cloud: first, why: { leftOut: `it has no region ${asked}`, hint: `Regions of ${first.cloud}: ${regions}` } };
}

function found(name: string, source: string, values: Found, why: Why | undefined): FoundProfile {
  return why ? { name, source, fields: {}, ...why } : { name, source, fields: settled(values) };
}

const defaults = { userDomain: fields.userDomain.default, interface: fields.interface.default };

/**
 * Profiles in clouds.yaml and in the `OS_*` variables. The ambient one is the cloud that OS_CLOUD names, or the only one
 * there is, in the region that was asked for, or the variables alone; variables win over the file, as for OpenStack's own tools.
 * Throws CONFIG where OS_CLOUD names no cloud.
 */
export async function discover(surroundings: HostEnvironment): Promise<readonly FoundProfile[]> {
  const { env } = surroundings;
  const scope = isNamed(env.OS_SYSTEM_SCOPE) ? systemScope : undefined;
  const file = await cloudsFile(surroundings);
  const clouds = file ? cloudsIn(file) : [];
  const stored = clouds.map((cloud) => found(cloud.name, cloud.source, cloud.fields, whyNot(cloud, cloud.fields)));
  const { cloud, why } = inRegion(ambientClouds(clouds, surroundings), surroundings.region ?? env.OS_REGION_NAME);
  if (!cloud) {
    const variables = fromVariables(env, {});
    if (whyNot(undefined, variables)?.leftOut === 'auth_url is missing') return stored;
    const alone = found('openstack', 'OS_* variables', { ...defaults, ...variables }, scope ?? whyNot(undefined, variables));
    return [...stored, { ...alone, ambient: true }];
  }
  const { usable, kept } = usableWith(cloud, fromVariables(env, cloud.fields));
  const { region: _asked, ...others } = usable;
  // What a file says for the image service alone holds in every region.
  const over = 'region' in usable && cloud.listed === undefined ? usable : others;
  const values = { ...defaults, ...cloud.fields, ...over };
  const source = `${cloud.source}${Object.keys(usable).length > 0 ? ' and OS_* variables' : ''}`;
  const ambient = { ...found(cloud.name, source, values, why ?? scope ?? whyNot(cloud, values) ?? kept), ambient: true };
  const replaces = Object.keys(usable).length === 0;
  return replaces ? stored.map((profile) => (profile.name === cloud.name ? ambient : profile)) : [...stored, ambient];
}
