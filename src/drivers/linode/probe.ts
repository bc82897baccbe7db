import type { Identity } from '../../core/identity.ts';
import { given } from '../../core/image.ts';
import { isObject, textIn } from '../../core/json.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import { ask, type LinodeClient } from './client.ts';

const changing = ['create', 'patch', 'delete', 'replicate', 'upload'] as const satisfies readonly OperationName[];

/** Who the token belongs to, and which verbs its scopes leave out. Every token may ask this, whatever its scopes. */
export async function probe(client: LinodeClient, call: Call): Promise<Identity> {
  const answer = await ask(client, { method: 'GET', path: 'profile', what: 'reading the account' }, call);
  const body = answer.json();
  const scopes = answer.headers['x-oauth-scopes'];
  const details = given<{ email: string; scopes: string; region: string }>({
    email: isObject(body) ? textIn(body.email) : undefined,
    scopes,
    region: client.region,
  });
  return {
    who: (isObject(body) ? textIn(body.username) : undefined) ?? 'a user without a name',
    details: details as Readonly<Record<string, string>>,
    missing: scopes === undefined ? {} : missing(scopes.split(/[\s,]+/)),
  };
}

function missing(scopes: readonly string[]): Identity['missing'] {
  if (scopes.includes('*') || scopes.includes('images:read_write')) return {};
  return Object.fromEntries(changing.map((verb) => [verb, 'The token has no scope images:read_write.']));
}
