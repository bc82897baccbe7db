import { randomUUID } from 'node:crypto';
import type { Description, Operation } from '../../core/operation.ts';
import { checkId } from '../_oci/ids.ts';
import { firstRecord, recordFields } from '../_oci/record-revision.ts';
import { checkFree } from './images.ts';
import { put } from './write-image.ts';
import type { LocalClient } from './client.ts';
import { goOn } from './errors.ts';
import { readIndex } from './index-file.ts';
import { shown } from './record.ts';

/** The facts say that it always has one. */
const named = (description: Description): Description & { readonly name: string } => ({ name: '', ...description });

export const create: Operation<LocalClient, 'create'> = {
  from: ['nothing'],
  fields: recordFields,
  ownId: true,
  async run(client, request, call) {
    const id = request.id ?? randomUUID();
    checkId(id);
    call.note({ kind: 'intended', id });
    const found = await client.home.locked(async (home) => {
      goOn(call.signal);
      const index = await readIndex(home);
      checkFree(index, id);
      return put(home, index, firstRecord(id, named(request.description), new Date().toISOString()));
    }, call.note);
    call.note({ kind: 'created', id });
    return shown(client.home, found);
  },
};
