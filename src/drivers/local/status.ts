import type { ImageRecord } from '../../core/image.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { Found } from './images.ts';
import { changeRecord } from './write-image.ts';
import type { LocalClient } from './client.ts';
import { noData } from './errors.ts';
import { refreshCopies } from './copies.ts';

/** Sets whether the data of an image may be used. Throws CONFLICT for an image that has none. */
export async function setStatus(
  client: LocalClient,
  id: string,
  status: 'active' | 'inactive',
  call: Call,
): Promise<ImageRecord> {
  const change = ({ manifest, record }: Found): JsonObject | undefined => {
    if (!manifest.disk) throw noData(id, record.status);
    return record.status === status ? undefined : { status };
  };
  return refreshCopies(client, await changeRecord(client.home, id, change, call), call);
}
