import { ImgctlError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import { requireNoConflict } from '../../core/conflict.ts';
import type { Call, Changes, Operation } from '../../core/operation.ts';
import { imageData } from '../_oci/manifest.ts';
import { changedFields, changesNothing, nextRecord, recordFields } from '../_oci/record-revision.ts';
import type { OciClient } from './client.ts';
import { refreshCopies } from './copies.ts';
import { recordFrom } from './record.ts';
import { find } from './find.ts';
import { write } from './images.ts';
import { followChange } from './projection.ts';
import type { Found } from './tagged.ts';

/** How often a change is made anew because somebody else has changed the image meanwhile. */
const mostTries = 4;

/** Writes the next record of an image, where it differs; absent: the tag had moved on, and nothing was written. */
async function tryOnce(client: OciClient, before: Found, changes: Changes, call: Call): Promise<Found | undefined> {
  const { id } = before;
  const fields = changedFields(before.json, id, changes);
  if (changesNothing(before.json, fields)) return before;
  const json = nextRecord(before.json, id, fields, new Date().toISOString());
  try {
    return await write(client.home, { id, json, data: imageData(before.manifest), before }, call);
  } catch (error) {
    const moved = error instanceof ImgctlError && error.code === 'CONFLICT';
    if (moved && (await find(client.home, id, call)).digest !== before.digest) return undefined;
    throw error;
  }
}

/**
 * A new record and manifest under the same tag; the disk is not touched. The former manifest stays without a tag until the
 * registry's own clean-up: deleting it could take away what another tool has tagged with it. What others write meanwhile stays,
 * as far as the change does not meet it.
 */
export const patch: Operation<OciClient, 'patch'> = {
  fields: recordFields,
  async run(client, { id, changes, basis }, call) {
    let seen: ImageRecord | undefined = basis;
    for (let tries = 1; ; tries += 1) {
      const before = await find(client.home, id, call);
      const now = recordFrom(client, before, []);
      seen ??= now;
      requireNoConflict(seen, now, changes);
      const written = await tryOnce(client, before, changes, call);
      if (written) {
        if (written !== before) await followChange(client.home, before, written, call);
        return refreshCopies(client, written, call);
      }
      if (tries === mostTries)
        throw new ImgctlError('CONFLICT', `image ${id} keeps being modified by another client; nothing was changed`, {
          hint: 'Try again.',
        });
    }
  },
};
