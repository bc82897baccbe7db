import { requireNoConflict } from '../../core/conflict.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Operation } from '../../core/operation.ts';
import { changedFields, changesNothing, recordFields } from '../_oci/record-revision.ts';
import { recordFromJson } from '../_oci/record.ts';
import type { Found } from './images.ts';
import { changeRecord } from './write-image.ts';
import type { LocalClient } from './client.ts';
import { refreshCopies } from './copies.ts';

export const patch: Operation<LocalClient, 'patch'> = {
  fields: recordFields,
  async run(client, { id, changes, basis }, call) {
    // Under the lock: nobody comes between the look and the write.
    const change = ({ json }: Found): JsonObject | undefined => {
      if (basis) requireNoConflict(basis, recordFromJson(id, json, [], json), changes);
      const fields = changedFields(json, id, changes);
      return changesNothing(json, fields) ? undefined : fields;
    };
    return refreshCopies(client, await changeRecord(client.home, id, change, call), call);
  },
};
