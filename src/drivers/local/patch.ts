import type { Operation } from '../../core/operation.ts';
import { changedFields, recordFields } from '../_oci/next-record.ts';
import { changeRecord } from './change.ts';
import type { LocalClient } from './client.ts';
import { refreshCopies } from './replicas.ts';

export const patch: Operation<LocalClient, 'patch'> = {
  fields: recordFields,
  async run(client, { id, changes }, call) {
    await changeRecord(client.home, id, ({ json }) => changedFields(json, id, changes));
    return refreshCopies(client, id, call);
  },
};
