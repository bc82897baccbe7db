import { usageError } from '../../core/errors.ts';
import { parseBoolean } from '../../core/boolean.ts';
import type { HostEnvironment } from '../../core/driver.ts';
import type { Secret } from '../../core/secret.ts';
import { addressOf, splitFips, type Service } from './endpoints.ts';
import type { Section, SharedFiles } from './shared-files.ts';

/** What a profile says. */
export interface AwsValues {
  readonly region?: string | undefined;
  readonly awsProfile?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: Secret | undefined;
  readonly sessionToken?: Secret | undefined;
  readonly roleArn?: string | undefined;
  readonly externalId?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly useFips?: string | undefined;
  readonly useDualstack?: string | undefined;
  readonly channelParameter?: string | undefined;
}

/** What is known without asking anybody: a profile of ours, and what Amazon's own tools read. */
export interface Settings {
  readonly values: AwsValues;
  readonly surroundings: HostEnvironment | undefined;
  readonly env: HostEnvironment['env'];
  readonly files: SharedFiles;
  /** The profile in the files of AWS that counts, and whether somebody has named it. */
  readonly profile: { readonly name: string; readonly isNamed: boolean };
  readonly section: Section;
}

const noFiles: SharedFiles = { profiles: new Map(), ssoSessions: new Map(), services: new Map(), sources: [] };

export async function readSettings(values: AwsValues, surroundings: HostEnvironment | undefined): Promise<Settings> {
  const env = surroundings?.env ?? {};
  const named = values.awsProfile || env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE;
  const files = surroundings ? await (await import('./shared-files.ts')).readSharedFiles(surroundings) : noFiles;
  const name = named || 'default';
  return {
    values,
    surroundings,
    env,
    files,
    profile: { name, isNamed: Boolean(named) },
    section: files.profiles.get(name) ?? {},
  };
}

/** The regions that are meant, in the order in which they are named; none: nobody has said. */
export function regionsOf({ values, env, section }: Settings): readonly string[] {
  const said = values.region || env.AWS_REGION || env.AWS_DEFAULT_REGION || section.region || '';
  return [...new Set(said.split(',').flatMap((name) => name.trim() || []))];
}

/** What a service is called where its address can be set. */
const names: Readonly<Record<Service, string>> = {
  ec2: 'ec2',
  ebs: 'ebs',
  sts: 'sts',
  ssm: 'ssm',
  'portal.sso': 'sso',
  oidc: 'sso_oidc',
};

/** The address that is given for a service, most closely first. */
function givenAddress({ values, env, files, section }: Settings, service: Service): string | undefined {
  if (values.endpoint) return values.endpoint;
  if (parseBoolean(env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ?? '') === true) return undefined;
  const name = names[service];
  const services = files.services.get(section.services ?? '') ?? {};
  return (
    env[`AWS_ENDPOINT_URL_${name.toUpperCase()}`] ||
    env.AWS_ENDPOINT_URL ||
    services[`${name}.endpoint_url`] ||
    section.endpoint_url ||
    undefined
  );
}

const isSet = (...texts: readonly (string | undefined)[]): boolean => parseBoolean(texts.find(Boolean) ?? '') === true;

/** Where a service is. Throws CONFIG for what is no region, USAGE where certified addresses and one of one's own are wanted. */
export function serviceAddress(settings: Settings, service: Service, asked: string): string {
  const { values, env, section } = settings;
  const { region, fips } = splitFips(asked);
  const usual = addressOf(service, region, {
    fips: fips || isSet(values.useFips, env.AWS_USE_FIPS_ENDPOINT, section.use_fips_endpoint),
    dualstack: isSet(values.useDualstack, env.AWS_USE_DUALSTACK_ENDPOINT, section.use_dualstack_endpoint),
  });
  const given = givenAddress(settings, service);
  if (given === undefined) return usual;
  if (usual.includes('-fips'))
    throw usageError(`FIPS addresses and the address ${given} cannot be combined`, { hint: 'Omit one of them.' });
  return given.replace(/\/+$/, '');
}
