import { parseBoolean } from '../../core/boolean.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { ApiAnswer, ApiRequest, Http } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { Secret } from '../../core/secret.ts';
import { saidBy, sessionKeys, type CredentialContext } from './credential-context.ts';
import type { Settings } from './settings.ts';
import type { Credentials } from './sigv4.ts';

/** Nobody answers where this is no instance: that must not take long. */
const patienceMs = 1000;

interface At {
  readonly settings: Settings;
  readonly http: Http;
  readonly call: Call;
}

/** One request to the metadata; absent where nobody answers, or not with what was asked for. */
async function ask(
  { settings: { env }, http, call }: At,
  request: Pick<ApiRequest, 'method' | 'headers'> & { path: string },
): Promise<ApiAnswer | undefined> {
  const base = (env.AWS_EC2_METADATA_SERVICE_ENDPOINT || 'http://169.254.169.254').replace(/\/+$/, '');
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(patienceMs)]);
  try {
    const { path, ...rest } = request;
    const answer = await http.request(
      { ...rest, url: `${base}/latest/${path}`, harmless: true },
      { ...call, signal, retries: { left: 0 } },
    );
    return answer.status === 200 ? answer : undefined;
  } catch (error) {
    if (!(error instanceof ImgctlError) || call.signal.aborted) throw error;
    return undefined;
  }
}

/** A token first (version 2): what answers without one may be a server that was tricked into passing requests on. */
async function read(at: At, path: string): Promise<string | undefined> {
  if (parseBoolean(at.settings.env.AWS_EC2_METADATA_DISABLED ?? '') === true || !at.settings.surroundings) return undefined;
  const token = await ask(at, { method: 'PUT', path: 'api/token', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' } });
  if (!token) return undefined;
  const headers = { 'x-aws-ec2-metadata-token': new Secret(token.text.trim()) };
  return (await ask(at, { method: 'GET', path: `meta-data/${path}`, headers }))?.text;
}

const roles = 'iam/security-credentials/';

/** Keys of the role of the instance that this runs on; absent where it is none, or has no role. */
export async function fromInstance(context: CredentialContext): Promise<Credentials | undefined> {
  const [role = ''] = ((await read(context, roles)) ?? '').trim().split('\n');
  const text = role === '' ? undefined : await read(context, `${roles}${encodeURIComponent(role.trim())}`);
  return text === undefined ? undefined : sessionKeys(saidBy(text, 'the instance'), 'the instance', context.clock);
}

/** The region of the instance that this runs on; absent where it is none. */
export const regionOfInstance = async (at: At): Promise<string | undefined> =>
  (await read(at, 'placement/region'))?.trim() || undefined;
