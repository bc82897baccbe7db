import type { Identity } from '../../core/identity.ts';
import { given } from '../../core/image.ts';
import { isObject, textIn } from '../../core/json.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import { serverInfo, type IncusClient } from './client.ts';
import { becomeTrusted } from './trust-token.ts';

const ownOnly = ['patch', 'delete', 'upload'] as const satisfies readonly OperationName[];

/** Who we are to the server, and what it is: `imgctl profile check`. A token that is good once is used by that. */
export async function probe(client: IncusClient, call: Call): Promise<Identity> {
  const { trustToken } = client;
  const found = await serverInfo(client, call);
  const { raw, product, isTrusted } =
    found.isTrusted || !trustToken ? found : await becomeTrusted(client, trustToken, found, call);
  const environment = isObject(raw.environment) ? raw.environment : {};
  const project = client.project ?? 'default';
  return {
    who: isTrusted ? (textIn(raw.auth_user_name) ?? 'a trusted client') : 'a client that the server does not trust',
    ...(isTrusted ? { owner: { id: project, names: [project] } } : {}),
    details: given<Record<string, string>>({
      server: isTrusted ? product : undefined,
      version: textIn(environment.server_version),
      project,
      method: textIn(raw.auth_user_method),
    }) as Readonly<Record<string, string>>,
    missing: isTrusted ? {} : Object.fromEntries(ownOnly.map((verb) => [verb, 'The server does not trust this client.'])),
  };
}
