import { ImgctlError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, Description } from '../../core/operation.ts';
import { giveAlias } from './aliases.ts';
import { readImage, tidying, type IncusClient } from './client.ts';
import { deleteImage } from './delete.ts';
import { label, type Labels } from './labels.ts';

/** How an image that was made is to be called. */
export interface Naming {
  readonly description: Description & { readonly name: string };
  readonly mustBeFree: boolean;
  readonly labels: Labels;
}

/** An image that was made here, under its name. Throws, and leaves nothing, where it could not get that. */
export async function named(client: IncusClient, naming: Naming, id: string, call: Call): Promise<ImageRecord> {
  const { description, mustBeFree, labels } = naming;
  try {
    await giveAlias(client, { name: description.name, target: id, mustBeFree }, call);
    await label(client, id, labels, call);
    return await readImage(client, id, call);
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    const isGone = await deleteImage(client, id, tidying(call)).then(
      () => true,
      () => false,
    );
    if (isGone) call.note({ kind: 'removed', id });
    throw isGone ? error : error.with({ leftover: id });
  }
}
