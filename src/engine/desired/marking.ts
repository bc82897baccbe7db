import { isMarkProperty, marksOf } from '../../core/marks.ts';
import type { Image } from '../../core/image.ts';

/*
 * The marks of an image name it by its id, which it has only once it is made. So a new one says from the beginning for what it is made,
 * and is marked when it is whole.
 */

const forManifest = 'imgctl.managed';
const forImage = 'imgctl.name';

/** What an image says as long as it is being made. */
export const beginning = (manifest: string, name: string): Readonly<Record<string, string>> => ({
  [forManifest]: manifest,
  [forImage]: name,
});

/** Whether a record was begun for this image of this manifest, and was not marked yet: neither as it, nor as another one. */
export const beginningOf = (image: Image, manifest: string, name: string): boolean =>
  image.properties[forManifest] === manifest &&
  image.properties[forImage] === name &&
  marksOf(image).managed === undefined &&
  !Object.keys(image.properties).some(
    (property) => isMarkProperty(property) && property !== forManifest && property !== forImage,
  );
