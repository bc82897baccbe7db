import type { Identity } from '../../core/identity.ts';
import { isObject, textIn } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { CoreosClient } from './client.ts';
import { imagesIn } from './images.ts';
import { readStream } from './stream.ts';

/** Whose stream it is, and what vouches for its images: `imgctl profile check`. */
export async function probe(client: CoreosClient, call: Call): Promise<Identity> {
  const { body } = await readStream(client, call);
  const { images } = imagesIn(body, client.url);
  const details: Record<string, string> = { 'vouched for by': client.publisher.assurance, images: String(images.length) };
  const stream = textIn(body.stream);
  if (stream !== undefined) details.stream = stream;
  const updated = isObject(body.metadata) ? textIn(body.metadata['last-modified']) : undefined;
  if (updated !== undefined) details.updated = updated;
  return { who: client.url.host, details, missing: {} };
}
