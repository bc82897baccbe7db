import { configError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { saidBy, sessionKeys, surroundingsOf, type CredentialContext } from './credential-context.ts';
import { errorFrom } from './errors.ts';
import type { Credentials } from './sigv4.ts';

/** Where ECS, and the agents of Greengrass and EKS, answer without TLS. */
const trusted = /^(localhost|127(\.\d+){3}|\[::1\]|169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\])$/;

function addressIn({ settings: { env } }: CredentialContext): URL | undefined {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
  if (path) return new URL(path, 'http://169.254.170.2');
  if (!full) return undefined;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && trusted.test(url.hostname)))) return url;
  throw configError(
    `credentials are not asked for at ${url?.host ?? 'an invalid address'}: it is neither https nor of this machine`,
    {
      hint: 'Check AWS_CONTAINER_CREDENTIALS_FULL_URI.',
    },
  );
}

/** A file counts more than the variable: it is written anew. */
async function tokenIn(context: CredentialContext): Promise<Secret | undefined> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = context.settings.env;
  const text = file ? await surroundingsOf(context).text(file) : token;
  return text?.trim() ? new Secret(text.trim()) : undefined;
}

/** Keys of the container that this runs in. https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export async function fromContainer(context: CredentialContext): Promise<Credentials | undefined> {
  const url = addressIn(context);
  if (!url) return undefined;
  const what = 'asking the container for credentials';
  const headers = { authorization: await tokenIn(context) };
  const answer = await context.http.request({ method: 'GET', url, headers }, context.call);
  if (answer.status !== 200) throw errorFrom(answer, what);
  return sessionKeys(saidBy(answer.text, 'the container'), 'the container', context.clock);
}
