import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { channelsOf, marksOf } from '../../core/marks.ts';
import type { Account } from '../account/account.ts';
import { openAt } from '../account/open.ts';
import type { EngineContext } from '../context.ts';
import { listing, wholeListing } from '../images/list.ts';
import { knownPlaces } from '../operations/replicate.ts';
import type { Abilities } from './case.ts';

/** An account with what there is in it that may have to do with a manifest. */
export interface Look {
  readonly at: Account<'upload' | 'show' | 'list'>;
  readonly images: readonly Image[];
  readonly can: Abilities;
}

/** What of an account is looked at. */
export interface Interest {
  /** Id of the manifest. */
  readonly manifest: string;
  isName(name: string): boolean;
  /** Tags of other tools by which images are known that it takes over. */
  readonly tags: readonly string[];
  /** Profiles in which some image is to be in places. */
  readonly places: ReadonlySet<string>;
}

/** Reads an account's own images, hidden ones too; those that are marked by the manifest, bear one of its names, or have to do with a channel are kept. */
export async function lookAt(profile: string, interest: Interest, context: EngineContext): Promise<Look> {
  const at = (await openAt(profile, ['upload', 'show', 'list'], context)) as Account<'upload' | 'show' | 'list'>;
  const images: Image[] = [];
  for await (const image of listing(at as Account, { ...wholeListing, scope: 'own', hidden: true }, context.call())) {
    if (image.status === 'deleted' || image.status === 'deleting') continue;
    const isTagged = image.tags.some((tag) => interest.tags.includes(tag));
    const isOfChannel = channelsOf(image).size > 0;
    if (isTagged || isOfChannel || marksOf(image).managed === interest.manifest || interest.isName(image.name))
      images.push(image);
  }
  const can = abilitiesOf(at as Account);
  const places =
    interest.places.has(profile) && can.replicate ? await knownPlaces(at as Account, context.call(), context) : undefined;
  return { at, images, can: { ...can, places } };
}

function abilitiesOf(at: Account): Abilities {
  const patch = at.maybe('patch')?.fields ?? [];
  return {
    patch,
    marks: patch.includes('properties') && at.verb('upload').fields.includes('properties'),
    delete: at.maybe('delete') !== undefined,
    replicate: at.maybe('replicate') !== undefined,
    deactivate: at.maybe('deactivate') !== undefined,
    reactivate: at.maybe('reactivate') !== undefined,
  };
}

/** A failure that is of one part of the work. Throws what is none, or ends all of it. */
export function failureOf(error: unknown): ImgctlError {
  if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
  return error;
}
