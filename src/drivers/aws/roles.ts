import { authError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { sessionKeys, surroundingsOf, type CredentialContext } from './credential-context.ts';
import { errorFrom, isRefusedForNow } from './errors.ts';
import { serviceAddress } from './settings.ts';
import { askSigned } from './signed-request.ts';
import type { Credentials } from './sigv4.ts';
import { objectIn, parseXml, type XmlObject } from './xml.ts';

/** A role to be taken on. */
interface Role {
  readonly arn: string;
  readonly sessionName?: string | undefined;
  readonly externalId?: string | undefined;
  readonly seconds?: string | undefined;
  /** Of the profile that names it. */
  readonly region?: string | undefined;
}

const version = '2011-06-15';

const formOf = (action: string, { arn, sessionName, externalId, seconds }: Role): Readonly<Record<string, string>> => ({
  Action: action,
  Version: version,
  RoleArn: arn,
  RoleSessionName: sessionName || 'imgctl',
  ...(seconds ? { DurationSeconds: seconds } : {}),
  ...(externalId ? { ExternalId: externalId } : {}),
});

/** Where STS is. Oddity: it has an address of old for no region. */
function stsOf({ settings, region }: CredentialContext, role: Role): { readonly url: URL; readonly region: string } {
  const at = role.region || region || 'us-east-1';
  return { url: new URL(`${serviceAddress(settings, 'sts', at)}/`), region: at };
}

function keysIn(body: XmlObject, action: string, { arn }: Role, { clock }: CredentialContext): Credentials {
  const keys = objectIn(objectIn(body[`${action}Result`]).Credentials);
  return sessionKeys(keys, `role ${arn}`, clock);
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export async function assumeRole(context: CredentialContext, role: Role, credentials: Credentials): Promise<Credentials> {
  const what = `taking on the role ${role.arn}`;
  const signer = { clock: context.clock, credentials: async () => credentials, renew: () => false };
  const { url, region } = stsOf(context, role);
  const form = formOf('AssumeRole', role);
  const request = { method: 'POST', url, region, service: 'sts', what, form, repeatable: true, harmless: true } as const;
  const answer = await askSigned(context.http, signer, request, context.call);
  return keysIn(parseXml(answer.text, what, 'AssumeRoleResponse'), 'AssumeRole', role, context);
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html: the token is what vouches, nothing is signed. */
export async function assumeRoleWithWebIdentity(context: CredentialContext, role: Role, file: string): Promise<Credentials> {
  const what = `taking on the role ${role.arn}`;
  const { text, home } = surroundingsOf(context);
  const token = await text(file.replace(/^~(?=\/)/, home));
  if (token === undefined) throw authError(`${what}: there is no web identity token in ${file}`);
  const action = 'AssumeRoleWithWebIdentity';
  const form = { ...formOf(action, role), WebIdentityToken: new Secret(token.trim()) };
  const { url } = stsOf(context, role);
  const request = { method: 'POST', url, form, repeatable: true, harmless: true, retryWhen: isRefusedForNow } as const;
  const answer = await context.http.request(request, context.call);
  if (answer.status !== 200) throw errorFrom(answer, what);
  return keysIn(parseXml(answer.text, what, `${action}Response`), action, role, context);
}
