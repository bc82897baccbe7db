import { authError, configError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import type { CredentialContext } from './credential-context.ts';
import type { Settings } from './settings.ts';
import type { Section } from './shared-files.ts';
import type { Credentials } from './sigv4.ts';

/** Keys that stand somewhere as they are. Throws CONFIG for half a pair, which is never passed over. */
function staticKeys(
  id: string | undefined,
  secret: string | Secret | undefined,
  token: string | Secret | undefined,
  where: string,
): Credentials | undefined {
  if (!id && !secret) return undefined;
  if (!id || !secret)
    throw configError(`${where}: the access key ${id ? 'has no secret' : 'is missing, although its secret is there'}`, {
      hint: 'Set both the access key ID and the secret access key.',
    });
  const secretOf = (value: string | Secret): Secret => (value instanceof Secret ? value : new Secret(value));
  return { accessKeyId: id, secretAccessKey: secretOf(secret), ...(token ? { sessionToken: secretOf(token) } : {}) };
}

const ofSection = (section: Section, where: string): Credentials | undefined =>
  staticKeys(section.aws_access_key_id, section.aws_secret_access_key, section.aws_session_token, where);

const ofVariables = ({ env }: Settings): Credentials | undefined =>
  staticKeys(env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN, 'AWS_ACCESS_KEY_ID');

/** What a role of a profile is taken on with. */
async function sourceOf(
  context: CredentialContext,
  name: string,
  section: Section,
  above: readonly string[],
): Promise<Credentials> {
  const { source_profile: profile, credential_source: source } = section;
  if (profile !== undefined && source !== undefined)
    throw configError(`AWS profile ${name} has both source_profile and credential_source`, { hint: 'Remove one of them.' });
  if (profile !== undefined) {
    const found =
      profile === name ? ofSection(section, `AWS profile ${name}`) : await ofProfile(context, profile, [...above, name]);
    if (found) return found;
    throw configError(`AWS profile ${name}: its source_profile ${profile} has no credentials`);
  }
  const found =
    source === 'Environment'
      ? ofVariables(context.settings)
      : source === 'Ec2InstanceMetadata'
        ? await (await import('./instance-metadata.ts')).fromInstance(context)
        : source === 'EcsContainer'
          ? await (await import('./container-credentials.ts')).fromContainer(context)
          : undefined;
  if (found) return found;
  throw configError(`AWS profile ${name}: its credential_source ${source ?? ''} has no credentials`);
}

/** Those of a role, which is taken on with others. Throws AUTH where a code of a device is wanted: nobody is asked for one. */
async function ofRole(
  context: CredentialContext,
  name: string,
  section: Section,
  above: readonly string[],
): Promise<Credentials> {
  const { assumeRole, assumeRoleWithWebIdentity } = await import('./roles.ts');
  const role = {
    arn: section.role_arn ?? '',
    sessionName: section.role_session_name,
    externalId: section.external_id,
    seconds: section.duration_seconds,
    region: section.region,
  };
  if (
    section.web_identity_token_file !== undefined &&
    section.source_profile === undefined &&
    section.credential_source === undefined
  )
    return assumeRoleWithWebIdentity(context, role, section.web_identity_token_file);
  if (section.mfa_serial !== undefined)
    throw authError(`AWS profile ${name} wants a code of the device ${section.mfa_serial}, which imgctl does not ask for`, {
      hint: `Get session keys first: aws configure export-credentials --profile ${name} --format env`,
    });
  return assumeRole(context, role, await sourceOf(context, name, section, above));
}

/** What a profile in the files of AWS gives; absent: nothing. Throws CONFIG for one that there is not, and for a circle of them. */
async function ofProfile(
  context: CredentialContext,
  name: string,
  above: readonly string[] = [],
): Promise<Credentials | undefined> {
  const { files } = context.settings;
  if (above.includes(name)) throw configError(`AWS profiles lead in a circle: ${[...above, name].join(' > ')}`);
  const section = files.profiles.get(name);
  if (!section) {
    const known = [...files.profiles.keys()].join(', ');
    throw configError(`there is no AWS profile ${name}`, {
      hint: known === '' ? 'Make one with: aws configure' : `There are: ${known}`,
    });
  }
  if (section.role_arn !== undefined) return ofRole(context, name, section, above);
  if (section.sso_session !== undefined || section.sso_start_url !== undefined)
    return (await import('./sso.ts')).fromSso(context, name, section);
  const keys = ofSection(section, `AWS profile ${name}`);
  if (keys) return keys;
  const { fromProcess, fromLogin } = await import('./credential-process.ts');
  if (section.credential_process !== undefined) return fromProcess(context, section.credential_process, `AWS profile ${name}`);
  return section.login_session === undefined ? undefined : fromLogin(context, name);
}

/** What is there without a profile being named, and after one that gives nothing. */
async function ofSurroundings(context: CredentialContext): Promise<Credentials | undefined> {
  const { env } = context.settings;
  if (env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI)
    return (await import('./container-credentials.ts')).fromContainer(context);
  return (await import('./instance-metadata.ts')).fromInstance(context);
}

/** In the order of the vendor's command line: variables, web identity, profile, container, the machine that this runs on. */
async function ofChain(context: CredentialContext): Promise<Credentials> {
  const { settings } = context;
  const { values, env, profile, files } = settings;
  const own = staticKeys(values.accessKeyId, values.secretAccessKey, values.sessionToken, 'the profile');
  if (own) return own;
  if (!values.awsProfile) {
    const variables = ofVariables(settings);
    if (variables) return variables;
    if (env.AWS_WEB_IDENTITY_TOKEN_FILE && env.AWS_ROLE_ARN)
      return (await import('./roles.ts')).assumeRoleWithWebIdentity(
        context,
        { arn: env.AWS_ROLE_ARN, sessionName: env.AWS_ROLE_SESSION_NAME },
        env.AWS_WEB_IDENTITY_TOKEN_FILE,
      );
  }
  const isThere = profile.isNamed || files.profiles.has(profile.name);
  const found = (isThere ? await ofProfile(context, profile.name) : undefined) ?? (await ofSurroundings(context));
  if (found) return found;
  throw configError('no AWS credentials were found in variables, files, the container or the instance', {
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure',
  });
}

/** The credentials to sign with, those of the role that a profile of ours names if it does. Throws CONFIG or AUTH. */
export async function findCredentials(context: CredentialContext): Promise<Credentials> {
  const { roleArn, externalId } = context.settings.values;
  const found = await ofChain(context);
  if (!roleArn) return found;
  return (await import('./roles.ts')).assumeRole(context, { arn: roleArn, externalId }, found);
}
