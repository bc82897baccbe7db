import { randomUUID } from 'node:crypto';
import { channelText, type Channel } from '../../core/channel.ts';
import { conflictError, ImgctlError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { Projection, ProjectionOperation } from '../../core/projection.ts';
import { digestOf } from '../_oci/digest.ts';
import { channelFollowedBy, channelsIn, tagOfChannel } from './channel-tag.ts';
import type { OciClient } from './client.ts';
import { deleteOwn } from './delete-manifest.ts';
import { find } from './find.ts';
import { article } from './foreign.ts';
import { lookUp } from './images.ts';
import { digestNow, putManifest } from './manifests.ts';
import type { Repository } from './repository.ts';
import { isOurs, type Found, type Tagged } from './tagged.ts';

/** Whether a tag names an image that is, or was, the target of the channel: then it is the channel's. */
function isOfChannel(repository: Repository, there: Tagged, channel: Channel): there is Found {
  const followed = isOurs(there) ? channelFollowedBy(repository, there) : undefined;
  return followed !== undefined && channelText(followed) === channelText(channel);
}

/** Who has a tag that should be a channel's, for people. */
function holderOf(repository: Repository, there: Exclude<Tagged, undefined>): string {
  if (!isOurs(there)) return `${article(there.kind)} of another tool`;
  const other = channelFollowedBy(repository, there);
  if (other) return `the channel ${channelText(other)}`;
  const { id, name } = there.record;
  return there.id === id ? `image "${name}"` : `image ${id}, by somebody else`;
}

/** Lets a tag name an image's manifest as it is now. What others have read of the tags in this run holds no more. */
async function put(repository: Repository, tag: string, text: string, before: string | undefined, call: Call): Promise<void> {
  await putManifest(repository, tag, text, before, call);
  delete repository.digests;
}

/**
 * Brings the tags of channels along that named the record of an image that was changed: what is pulled by them says what the image says.
 * Where one does not move the image is changed all the same.
 */
export async function followChange(repository: Repository, before: Found, after: Found, call: Call): Promise<void> {
  for (const channel of channelsIn(before)) {
    const tag = tagOfChannel(repository, channel);
    if (tag === undefined || tag === before.id || (await digestNow(repository, tag, call)) !== before.digest) continue;
    try {
      await put(repository, tag, after.text, before.digest, call);
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      call.note({ kind: 'warning', message: `the tag ${tag} keeps the old record of ${before.id}: ${error.message}` });
    }
  }
}

/** A tag of the target's manifest, by which any client of registries pulls it: `oras pull registry/images:web-stable`. */
export const projection: ProjectionOperation<OciClient> = {
  kind: 'tag',
  otherwise: 'have other tags made with channelTags in the profile (none: no tags)',

  async look({ home }, channel, call): Promise<Projection | undefined> {
    const tag = tagOfChannel(home, channel);
    if (tag === undefined) return undefined;
    const name = `${home.shown}:${tag}`;
    const there = await lookUp(home, tag, call);
    if (there === undefined) return { name };
    if (!isOfChannel(home, there, channel)) return { name, takenBy: holderOf(home, there) };
    const { id } = there.record;
    const isBehind = (await digestNow(home, id, call)) !== there.digest;
    return { name, id, ...(isBehind ? { isBehind } : {}) };
  },

  async point({ home }, channel, { id }, call) {
    const tag = tagOfChannel(home, channel);
    if (tag === undefined) return;
    const there = await lookUp(home, tag, call);
    if (there !== undefined && !isOfChannel(home, there, channel))
      throw conflictError(`the tag ${home.shown}:${tag} is taken by ${holderOf(home, there)}`);
    const { digest, text } = await find(home, id, call);
    if (there?.digest !== digest) await put(home, tag, text, there?.digest, call);
  },

  /** Oddity: with a manifest go all tags that name it. So the tag gets one of its own first, and that goes. */
  async remove({ home }, channel, call) {
    const tag = tagOfChannel(home, channel);
    const there = tag === undefined ? undefined : await lookUp(home, tag, call);
    if (tag === undefined || !isOfChannel(home, there, channel)) return;
    const { annotations } = there.manifestJson;
    const parting = { ...(isObject(annotations) ? annotations : {}), 'imgctl.removed': randomUUID() };
    const text = JSON.stringify({ ...there.manifestJson, annotations: parting });
    await put(home, tag, text, there.digest, call);
    await deleteOwn(home, { id: tag, digest: digestOf(text) }, digestOf(text), call);
  },
};
