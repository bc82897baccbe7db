import { conflictError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import { changeRecord } from './change.ts';
import type { LocalClient } from './client.ts';
import { refreshCopies } from './replicas.ts';

/** Sets whether the data of an image may be used. Throws CONFLICT for an image that has none. */
export async function setStatus(
  client: LocalClient,
  id: string,
  status: 'active' | 'inactive',
  call: Call,
): Promise<ImageRecord> {
  await changeRecord(client.home, id, ({ manifest, record }) => {
    if (!manifest.disk)
      throw conflictError(`image ${id} has no data yet: it is ${record.status}`, { hint: `imgctl upload FILE --into ${id}` });
    return record.status === status ? undefined : { status };
  });
  return refreshCopies(client, id, call);
}
