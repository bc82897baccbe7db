import type { Identity } from '../../core/identity.ts';
import { isObject, textIn } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { StreamsClient } from './client.ts';
import { readStart } from './documents.ts';

/** Whose images they are, as far as it is proved, and what vouches for them: `imgctl profile check`. */
export async function probe(client: StreamsClient, call: Call): Promise<Identity> {
  const start = await readStart(client, call);
  const { signer, body } = start;
  const { assurance } = client.publisher;
  const details: Record<string, string> = { format: textIn(body.format) ?? '', 'vouched for by': assurance };
  const updated = textIn(body.updated);
  if (updated !== undefined) details.updated = updated;
  if (signer) details.signer = signer.fingerprint;
  const entries = isObject(body.index) ? Object.values(body.index) : [];
  const products = entries.flatMap((entry) => (isObject(entry) && Array.isArray(entry.products) ? entry.products : []));
  if (products.length > 0) details.products = String(products.length);
  return { who: signer?.name ?? client.root.host, details, missing: {} };
}
