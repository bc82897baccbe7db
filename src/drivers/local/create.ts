import { randomUUID } from 'node:crypto';
import type { Description, Operation } from '../../core/operation.ts';
import { checkId } from '../_oci/ids.ts';
import { firstRecord, recordFields } from '../_oci/record-revision.ts';
import { checkFree } from './images.ts';
import { writeImage } from './write-image.ts';
import type { LocalClient } from './client.ts';
import { throwIfAborted } from './errors.ts';
import { readIndex } from './index-file.ts';
import { recordFrom } from './record.ts';

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
      throwIfAborted(call.signal);
      const index = await readIndex(home);
      checkFree(index, id);
      return writeImage(home, index, firstRecord(id, named(request.description), new Date().toISOString()), {});
    }, call.note);
    call.note({ kind: 'created', id });
    return recordFrom(client.home, found);
  },
};
