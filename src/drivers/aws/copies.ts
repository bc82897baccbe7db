import { ImgctlError } from '../../core/errors.ts';
import type { PlaceState } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { imageIn, type FoundImage } from './images.ts';
import { placeTag, statusOf, tagsOf } from './record.ts';
import { objectIn, textIn, type XmlObject } from './xml.ts';

/** Which copy lies in which region, as the tags of an image say. */
export const copiesNamed = (wire: XmlObject): ReadonlyMap<string, string> =>
  new Map(
    [...tagsOf(wire)].flatMap(([name, id]) => (name.startsWith(placeTag) ? [[name.slice(placeTag.length), id] as const] : [])),
  );

/** Whether one image is a copy of another: anybody may have written the tag, and it travels with copies. */
export const isCopyOf = (copy: XmlObject, origin: string): boolean => textIn(copy.sourceImageId) === origin;

/** A copy as a place of its origin. */
export function placeOf(copy: XmlObject, region: string): PlaceState {
  const state = textIn(copy.imageState) ?? '';
  const status = statusOf(state);
  const { message, code } = objectIn(copy.stateReason);
  const reason = textIn(message) || textIn(code);
  return {
    name: region,
    id: textIn(copy.imageId) ?? '',
    status,
    providerStatus: state,
    ...(status === 'failed' && reason ? { message: reason } : {}),
  };
}

/** The copies of an image that its tags name and that are there; one that cannot be looked at is told of. */
export async function copiesOf(client: AwsClient, { wire, region }: FoundImage, call: Call): Promise<readonly PlaceState[]> {
  const origin = textIn(wire.imageId) ?? '';
  const named = [...copiesNamed(wire)].filter(([place, id]) => place !== region && id !== origin);
  const found = await Promise.all(
    named.map(async ([place, id]): Promise<readonly PlaceState[]> => {
      try {
        const copy = await imageIn(client, place, id, call);
        if (!copy && client.fresh.has(id)) return [{ name: place, id, status: 'pending' }];
        return copy && isCopyOf(copy, origin) ? [placeOf(copy, place)] : [];
      } catch (error) {
        if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
        call.note({ kind: 'warning', message: `could not look at the copy ${id} in ${place}: ${error.message}` });
        return [{ name: place, id, status: 'unknown' }];
      }
    }),
  );
  return found.flat();
}
