import { aboutNoImage } from '../../core/answer-error.ts';
import type { Identity } from '../../core/identity.ts';
import type { Call } from '../../core/operation.ts';
import { read, type AcmeClient } from './client.ts';
import { isObject, textIn } from './record.ts';

/** Who the token belongs to: `imgctl profile check`. `missing` would say which verbs it may not use, and why. */
export async function probe(client: AcmeClient, call: Call): Promise<Identity> {
  const body = await read(client, 'account', 'reading the account', call).catch((error: unknown) => {
    throw aboutNoImage(error);
  });
  return { who: (isObject(body) ? textIn(body.name) : undefined) ?? 'an account without a name', details: {}, missing: {} };
}
