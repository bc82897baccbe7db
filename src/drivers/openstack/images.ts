import { ImgctlError, providerError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { pathSegment } from './path-segment.ts';
import type { Step } from './description.ts';
import { recordFrom } from './record.ts';

/** Path of an image. Throws USAGE for a text that cannot be an id. */
export const imagePath = (id: string): string => `/images/${pathSegment(id)}`;

/** An image as Glance says it. Throws NOT_FOUND. */
export const readImage = (client: OpenstackClient, id: string, call: Call): Promise<JsonObject> =>
  client.askObject({ what: `reading image ${id}`, method: 'GET', path: imagePath(id) }, call);

export const readRecord = async (client: OpenstackClient, id: string, call: Call): Promise<ImageRecord> =>
  recordFrom(await readImage(client, id, call));

/** Changes an image in one request, all steps or none. A function makes them right before each try. */
export const patchImage = (
  client: OpenstackClient,
  id: string,
  steps: readonly Step[] | (() => Promise<readonly Step[]>),
  call: Call,
): Promise<JsonObject> =>
  client.askObject(
    {
      what: `changing image ${id}`,
      method: 'PATCH',
      path: imagePath(id),
      // RFC 6902's own media type is refused with 415 (Image API v2, "Update image").
      headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
      ...(typeof steps === 'function' ? { prepare: async () => ({ json: await steps() }) } : { json: steps }),
    },
    call,
  );

/** A gateway's success is not Glance's: what is still there after that long was not deleted. */
const goneMs = 1250;
const goneStatuses: readonly unknown[] = ['deleted', 'pending_delete'];

/**
 * Deletes an image, and looks whether it is gone: the status alone may be a gateway's. Throws PROVIDER where it is still there; that
 * nobody could look is told as a warning.
 */
export async function deleteImage(client: OpenstackClient, id: string, call: Call): Promise<void> {
  await client.ask({ what: `deleting image ${id}`, method: 'DELETE', path: imagePath(id), done: 204 }, call);
  await call
    .until(`image ${id} to be gone`, () => isGone(client, id, call), goneMs)
    .catch((error: unknown) => {
      if (!(error instanceof ImgctlError) || error.code !== 'WAIT_TIMEOUT') throw error;
      throw providerError(`deleting image ${id} was answered with success, and it is still there`);
    });
}

/** Whether an image is gone, as far as anybody can look; undefined: it is there. */
async function isGone(client: OpenstackClient, id: string, call: Call): Promise<true | undefined> {
  try {
    return goneStatuses.includes((await readImage(client, id, call)).status) || undefined;
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    if (!isNoSuchImage(error))
      call.note({ kind: 'warning', message: `could not check whether image ${id} is gone: ${error.message}` });
    return true;
  }
}
