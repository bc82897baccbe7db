import type { ImageRecord } from '../../core/image.ts';
import { recordFromJson } from '../_oci/record.ts';
import type { OciClient } from './client.ts';
import type { Found } from './tagged.ts';

/** The image as it is shown; `elsewhere` are the repositories besides home that hold a copy. `raw` is what the local store says too. */
export function recordFrom(client: OciClient, found: Found, elsewhere: readonly string[]): ImageRecord {
  const raw = { ref: found.id, digest: found.digest, manifest: found.manifestJson, record: found.json };
  return recordFromJson(found.id, found.json, [client.home.name, ...elsewhere], raw);
}
