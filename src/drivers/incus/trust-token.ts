import { authError, configError, ImgctlError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { Secret } from '../../core/secret.ts';
import { ask, serverInfo, type IncusClient, type ServerInfo } from './client.ts';

const making = 'Make another one on the server with: incus config trust add NAME, or with LXD: lxc config trust add --name NAME';

/**
 * Has the server trust our certificate by the token in the profile. Oddity: a try that fails uses the token up, too: what would make it
 * fail is refused before it is sent, and it is sent once. Throws CONFIG, and AUTH where the server does not take it.
 */
export async function becomeTrusted(client: IncusClient, token: Secret, { raw }: ServerInfo, call: Call): Promise<ServerInfo> {
  if (!client.hasCertificate)
    throw configError('the token in the profile makes a server trust a client certificate, and the profile has none', {
      hint: [
        'Set clientCert and clientKey. Make them with:',
        'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp384r1 -nodes -days 3650 -subj /CN=imgctl -keyout client.key -out client.crt',
      ].join('\n'),
    });
  if (client.isUnchecked)
    throw configError('the token in the profile is not sent to a server whose certificate is not checked', {
      hint: 'Set serverCert in the profile to the certificate of the server, and insecure=false.',
    });
  // LXD called it a password, and takes no other word for it before it says so.
  const isExplicit = Array.isArray(raw.api_extensions) && raw.api_extensions.includes('explicit_trust_token');
  const json = { type: 'client', trust_token: token, ...(isExplicit ? {} : { password: token }) };
  const what = 'having the server trust this client by the token';
  try {
    await ask(client, { method: 'POST', path: 'certificates', json, what }, { ...call, retries: { left: 0 } });
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'AUTH') throw error;
    throw authError(`${what}: it was used, has expired, or is one of another server`, { cause: error, hint: making });
  }
  client.info = undefined;
  return serverInfo(client, call);
}
