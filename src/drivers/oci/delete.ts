import { conflictError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import type { OciClient } from './client.ts';
import { copiesOf } from './copies.ts';
import { find } from './images.ts';
import { remove as removeFrom } from './removal.ts';

/** Copies go first: whoever is stopped half way still sees the image, in fewer places. */
export const remove: Operation<OciClient, 'delete'> = {
  async run(client, { id }, call) {
    const found = await find(client.home, id, call);
    if (found.record.protected === true)
      throw conflictError(`image ${id} is protected`, {
        hint: 'Unprotect it with:',
        next: [{ command: 'imgctl patch IMAGE --unprotect', image: id }],
      });
    for (const [name, copy] of await copiesOf(client, found, call)) await removeFrom(client.repository(name), copy, call);
    await removeFrom(client.home, found, call);
    call.note({ kind: 'removed', id });
  },
};
