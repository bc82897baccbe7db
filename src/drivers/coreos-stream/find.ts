import type { Call } from '../../core/operation.ts';
import { findNamed } from '../_published/find.ts';
import type { CoreosClient } from './client.ts';
import type { StreamImage } from './images.ts';
import { readImages } from './stream.ts';

/** `PLATFORM`, and the name of the stream for the platform that is usually meant. */
function aliasesOf({ platforms }: CoreosClient, images: readonly StreamImage[], image: StreamImage): readonly string[] {
  const { platform, stream, isUsual } = image;
  if (!isUsual) return [];
  const best = platforms.find((one) => images.some((other) => other.platform === one && other.arch === image.arch));
  return platform === best ? [platform, stream] : [platform];
}

/** The image that an id, a name or `PLATFORM[/ARCH][/RELEASE]` means. Throws NOT_FOUND for none, CONFLICT for several. */
export async function findImage(client: CoreosClient, text: string, call: Call): Promise<StreamImage> {
  const images = await readImages(client, call);
  return findNamed(images, text, {
    architecture: client.architecture,
    aliasesOf: (image) => aliasesOf(client, images, image),
    archOf: ({ arch }) => arch,
  });
}
