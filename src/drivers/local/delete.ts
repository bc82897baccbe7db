import { conflictError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { find, ifDamaged, type Found } from './images.ts';
import type { LocalClient } from './client.ts';
import { removeImage } from './remove-image.ts';
import { copiesOf, removeCopy } from './copies.ts';

function checkUnprotected({ id, record }: Found): void {
  if (record.protected === true)
    throw conflictError(`image ${id} is protected`, {
      hint: 'Unprotect it with:',
      next: [{ verb: 'patch', image: id, options: { unprotect: true } }],
    });
}

/** Copies go first: whoever is stopped half way still sees the image, in fewer places. What is damaged goes as well. */
export const remove: Operation<LocalClient, 'delete'> = {
  async run(client, { id }, call) {
    const found = await find(client.home, id).catch(ifDamaged);
    if (found) {
      checkUnprotected(found);
      for (const folder of (await copiesOf(client, found, call)).values()) await removeCopy(folder, found, call);
    } else if (client.places.size > 0)
      call.note({
        kind: 'warning',
        message: `image ${id} is damaged: its copies in other places cannot be identified, and are kept`,
      });
    await removeImage(client.home, id, call, checkUnprotected);
    call.note({ kind: 'removed', id });
  },
};
