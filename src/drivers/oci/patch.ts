import type { Operation } from '../../core/operation.ts';
import { changedFields, nextRecord, recordFields } from '../_oci/next-record.ts';
import type { OciClient } from './client.ts';
import { refreshCopies } from './copies.ts';
import { find, write } from './images.ts';

/**
 * A new record and manifest under the same tag; the disk is not touched. The former manifest stays without a tag until the
 * registry's own clean-up: deleting it could take away what another tool has tagged with it.
 */
export const patch: Operation<OciClient, 'patch'> = {
  fields: recordFields,
  async run(client, { id, changes }, call) {
    const before = await find(client.home, id, call);
    const json = nextRecord(before.json, id, changedFields(before.json, id, changes), new Date().toISOString());
    return refreshCopies(client, await write(client.home, { id, json, disk: before.manifest.disk, before }, call), call);
  },
};
