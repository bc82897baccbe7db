import { isNoSuchImage } from '../../core/answer-error.ts';
import { conflictError, ImgctlError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import { channelsOf } from '../../core/marks.ts';
import type { Call } from '../../core/operation.ts';
import { giveAlias, readAlias, takeAlias } from './aliases.ts';
import { channelAliases } from './channel-names.ts';
import { readImage, type IncusClient } from './client.ts';
import { aliasesOf } from './record.ts';

/**
 * Makes the aliases of channels follow what an image says of itself: one that it has become the target of is moved here, in one step; one
 * that it is not any more goes, unless it has been moved on. What somebody else
 * has called so, or moves at the same time, is left, with a warning: what an image says of itself counts.
 */
export async function followChannels(client: IncusClient, before: ImageRecord, after: ImageRecord, call: Call): Promise<void> {
  const [had, has] = [channelAliases(before), channelAliases(after)];
  const left = async (name: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ImgctlError) || (error.code !== 'CONFLICT' && !isNoSuchImage(error))) throw error;
      call.note({ kind: 'warning', message: `the alias ${name} does not lead to the target of its channel: ${error.message}` });
    }
  };
  const called = aliasesOf(after.raw);
  // Also what it was before: a run may have been killed between the two writes.
  for (const name of has) if (!called.includes(name)) await left(name, () => moveAlias(client, name, after.id, call));
  for (const name of had) if (!has.includes(name)) await left(name, () => takeAlias(client, { name, target: after.id }, call));
}

/** Throws CONFLICT where somebody else calls an image so. */
async function moveAlias(client: IncusClient, name: string, target: string, call: Call): Promise<void> {
  const there = await readAlias(client, name, call);
  if (there && there.target !== target && !(await isOfChannel(client, there.target, name, call)))
    throw conflictError(`it is that of image ${there.target}, which has no part in the channel`);
  await giveAlias(client, { name, target, mustBeFree: false }, call);
}

async function isOfChannel(client: IncusClient, id: string, name: string, call: Call): Promise<boolean> {
  return channelsOf(await readImage(client, id, call)).has(name.slice(name.lastIndexOf('@') + 1));
}
