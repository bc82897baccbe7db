import { conflictError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { find, type Found } from './catalogue.ts';
import { removeImage } from './change.ts';
import type { LocalClient } from './client.ts';
import { copiesOf, removeCopy } from './replicas.ts';
import { sweep } from './sweep.ts';

function checkUnprotected({ id, record }: Found): void {
  if (record.protected === true)
    throw conflictError(`image ${id} is protected against deletion`, { hint: `imgctl patch ${id} --unprotect` });
}

/** Copies go first: whoever is stopped half way still sees the image, in fewer places. */
export const remove: Operation<LocalClient, 'delete'> = {
  async run(client, { id }, call) {
    const found = await find(client.home, id);
    checkUnprotected(found);
    for (const folder of (await copiesOf(client, found, call)).values()) await removeCopy(folder, found, call);
    await removeImage(client.home, id, call, checkUnprotected);
    call.note({ kind: 'removed', id });
    await sweep(client.home, call);
  },
};
