import { architectureOf, publishedArchitecture } from '../../core/architecture.ts';
import { conflictError, usageError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Tree } from '../../core/publication.ts';
import { architectureAsked } from '../account/arch.ts';
import { openAt } from '../account/open.ts';
import type { EngineContext } from '../context.ts';
import type { Asked, ChosenImage } from './choose.ts';

/** An architecture that was asked for, as publishers call it. Throws USAGE for one that is not known. */
export const publishedAs = (arch: string | undefined): string | undefined =>
  arch === undefined ? undefined : publishedArchitecture(architectureAsked(arch));

/** The same account; a publisher's so that its names mean the images of the architecture that was asked for. */
export async function forArchitecture(asked: Asked, arch: string | undefined, context: EngineContext): Promise<Asked> {
  const { at } = asked;
  if (arch === undefined || !Object.hasOwn(at.driver.profile, 'arch')) return asked;
  const opened = await openAt(at.profile, ['list', 'show', 'download'], {
    ...context,
    settings: { ...context.settings, arch: architectureOf(arch) },
  });
  return { ...asked, at: { ...opened, reach: at.reach } };
}

/** Says of images that they are for another architecture than was asked for. Throws USAGE where one of them was named. */
export function tellOthers(chosen: readonly ChosenImage[], arch: string | undefined, context: EngineContext): void {
  if (arch === undefined) return;
  const others = chosen.filter(({ image }) => image.architecture && architectureOf(image.architecture) !== architectureOf(arch));
  const named = others.find(({ isNamed }) => isNamed);
  if (named)
    throw usageError(`${named.image.name} is for ${named.image.architecture ?? ''}, not for ${arch}`, {
      profile: named.at.profile,
      hint: 'Omit --arch, which is for images that do not say what they are for.',
    });
  if (others.length > 0)
    context.warn(
      `--arch ${arch} is not used for images that say what they are for: ${others.map(({ image }) => `${image.name} (${image.architecture ?? ''})`).join(', ')}`,
    );
}

/**
 * An image that is about to be published for the first time may be so for another architecture already, and a disk is for one alone.
 * Throws CONFLICT where that would be because of what was asked for; where the image says so itself, the other was a mistake: it is told.
 */
export function requireOneArchitecture(tree: Tree, image: Image, context: EngineContext): void {
  const [other] = tree.elsewhere(image);
  if (!other) return;
  const there = `${image.name} is published as ${other.product} already`;
  if (!image.architecture)
    throw conflictError(`${there}, and its disk cannot be for ${tree.architectureOf(image)}, too`, {
      hint: 'Omit --arch, or specify another folder.',
    });
  context.warn(`${there}; it says that it is for ${image.architecture}, and is published for that, too`);
}
