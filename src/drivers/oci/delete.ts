import { conflictError, notFoundError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import type { Call, Operation } from '../../core/operation.ts';
import { imageManifestOf } from '../_oci/manifest.ts';
import { channelsIn } from './channel-tag.ts';
import type { OciClient } from './client.ts';
import { copiesForSure } from './copies.ts';
import { findAny } from './find.ts';
import { isDamage } from './images.ts';
import { isMadeHere, notOurs } from './foreign.ts';
import { isOurs, type Found } from './tagged.ts';
import { readManifest } from './manifests.ts';
import { projection } from './projection.ts';
import { deleteManifest as removeFrom } from './delete-manifest.ts';

async function removeWhole(client: OciClient, found: Found, call: Call): Promise<void> {
  const { id, record } = found;
  if (record.protected === true)
    throw conflictError(`image ${id} is protected`, {
      hint: 'Unprotect it with:',
      next: [{ verb: 'patch', image: id, options: { unprotect: true } }],
    });
  const copies = await copiesForSure(found, call, client.places.values());
  const gone: string[] = [];
  try {
    for (const [name, copy] of copies) {
      await removeFrom(client.repository(name), copy, call);
      gone.push(name);
    }
    // Of a channel that it was the target of: it would be all that is left of the image.
    for (const channel of channelsIn(found))
      if ((await projection.look(client, channel, call))?.id === id) await projection.remove(client, channel, call);
    await removeFrom(client.home, found, call);
  } catch (error) {
    if (gone.length > 0)
      call.note({ kind: 'warning', message: `before that failed, image ${id} was removed from ${gone.join(', ')}` });
    throw error;
  }
}

/** An image whose record is gone or damaged: nothing can be done with it but this. */
async function removeDamaged({ home, places }: OciClient, id: string, call: Call): Promise<void> {
  if (places.size > 0)
    call.note({
      kind: 'warning',
      message: `image ${id} is damaged: its copies in other places cannot be identified, and are kept`,
    });
  // A manifest that is damaged itself may be anybody's, and stays.
  const manifest = await readManifest(home, id, undefined, call);
  if (manifest === undefined || manifest === 'unchanged' || !imageManifestOf(parseJson(manifest.text) ?? {}))
    throw notFoundError(`image ${id} not found in ${home.shown}`);
  await removeFrom(home, { id, digest: manifest.digest }, call);
}

/** Copies go first: whoever is stopped half way still sees the image, in fewer places. What is damaged goes as well. */
export const remove: Operation<OciClient, 'delete'> = {
  async run(client, { id }, call) {
    const found = await findAny(client.home, id, call).catch((error: unknown) => {
      if (isDamage(error)) return undefined;
      throw error;
    });
    if (!found) await removeDamaged(client, id, call);
    else if (isOurs(found)) await removeWhole(client, found, call);
    else if (isMadeHere(found.manifestJson)) await removeFrom(client.home, found, call);
    else throw notOurs(client.home, found);
    call.note({ kind: 'removed', id });
  },
};
