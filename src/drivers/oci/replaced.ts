import { conflictError, ImgctlError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { OciClient } from './client.ts';
import { copiesForSure } from './copies.ts';
import { deleteManifest, removeUntagged, type Removable } from './delete-manifest.ts';
import { isMadeHere, notOurs } from './foreign.ts';
import { lookUp } from './images.ts';
import { isOurs, type Found } from './tagged.ts';

/** An image whose tag goes over to a new one, and its copies by the name of their repository. */
export interface Replaced {
  readonly found: Removable;
  readonly copies: ReadonlyMap<string, Found>;
}

/**
 * The image under a tag that a new one is to have; absent: it is gone by now. Throws what stands in the way before anything is sent:
 * another tool has made it, it is protected, or where it has copies cannot be told.
 */
export async function replacedUnder(client: OciClient, tag: string, call: Call): Promise<Replaced | undefined> {
  const found = await lookUp(client.home, tag, call);
  if (found === undefined) return undefined;
  if (!isOurs(found)) {
    if (isMadeHere(found.manifestJson)) return { found, copies: new Map() };
    throw notOurs(client.home, found);
  }
  if (found.record.protected === true) throw conflictError(`image ${tag} is protected`);
  return { found, copies: await copiesForSure(found, call, client.places.values()) };
}

/** Takes away what is left of an image whose tag is another one's by now. That one is there: what cannot go is told. */
export async function removeReplaced(
  client: OciClient,
  { found, copies }: Replaced,
  by: Pick<Found, 'digest'>,
  call: Call,
): Promise<void> {
  // The same image, word for word.
  if (by.digest === found.digest) return;
  await removeUntagged(client.home, found, call);
  for (const [name, copy] of copies) {
    try {
      await deleteManifest(client.repository(name), copy, call);
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      call.note({ kind: 'warning', message: `${name} keeps the image that ${found.id} was before: ${error.message}` });
    }
  }
}
