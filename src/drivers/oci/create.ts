import type { Description, Operation } from '../../core/operation.ts';
import { firstRecord, recordFields } from '../_oci/record-revision.ts';
import type { OciClient } from './client.ts';
import { recordFrom } from './record.ts';
import { checkFree, write } from './images.ts';
import { newTag } from './new-tag.ts';

/** The facts say that it always has one. */
const named = (description: Description): Description & { readonly name: string } => ({ name: '', ...description });

export const create: Operation<OciClient, 'create'> = {
  from: ['nothing'],
  fields: recordFields,
  ownId: true,
  async run(client, request, call) {
    const id = request.id ?? (await newTag(client, { description: named(request.description) }, call));
    await checkFree(client.home, id, call);
    call.note({ kind: 'intended', id });
    const found = await write(
      client.home,
      { id, json: firstRecord(id, named(request.description), new Date().toISOString()), data: {} },
      call,
    );
    call.note({ kind: 'created', id });
    return recordFrom(client, found, []);
  },
};
