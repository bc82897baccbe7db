import { ImgctlError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import type { Reference } from '../../core/reference.ts';
import type { Context } from '../program/context.ts';
import type { Target } from '../../engine/images/target.ts';
import { asMistyped } from '../../engine/account/mistyped-profile.ts';
import { onlyProfile, type ProfileDirectory } from '../../engine/account/registry.ts';
import { findImage, imageCalled, type FoundImage, type Meaning } from '../../engine/images/resolve.ts';
import type { Account } from '../../engine/account/account.ts';

/** A target whose image was looked at. */
export interface FoundTarget<V extends OperationName> extends Target<V> {
  readonly found: FoundImage;
}

/** Splits `PROFILE:IMAGE`, opens the profile and finds the image. */
export async function target<V extends OperationName>(
  text: string,
  context: Context<{ at: readonly V[] }>,
  meaning: Meaning = {},
): Promise<FoundTarget<V>> {
  const { at, reference, call } = await place(text, context);
  const found = await imageMeant(at as Account, reference, meaning, context.directory, call);
  const { id } = found.image;
  if (id !== reference.image) context.detail(`"${reference.image}" is ${id} in ${at.profile}`);
  return { at, id, found, text, call };
}

/**
 * The profiles in which several images are, for what can be refused before the first of them is changed. Those that cannot be opened
 * are left out; throws UNSUPPORTED where a provider does not offer the verb.
 */
export async function openProfiles<V extends OperationName>(
  texts: readonly string[],
  context: Context<{ at: readonly V[] }>,
): Promise<readonly Account<V>[]> {
  const { directory, settings } = context;
  const profiles = texts.map((text) => directory.reference(text).profile ?? onlyProfile(directory, settings.profile));
  const opened = await Promise.allSettled([...new Set(profiles)].map((profile) => context.at('at', profile)));
  return opened.flatMap((one) => {
    if (one.status === 'fulfilled') return [one.value];
    if (one.reason instanceof ImgctlError && one.reason.code === 'UNSUPPORTED') throw one.reason;
    return [];
  });
}

/** The open profile, and what the text names in it. */
async function place<V extends OperationName>(text: string, context: Context<{ at: readonly V[] }>) {
  const { directory, settings } = context;
  const reference = directory.reference(text);
  const at = await context.at('at', reference.profile ?? onlyProfile(directory, settings.profile));
  return { at, reference, call: context.call() };
}

/** A target that may have been taken for an id by its look alone. `called`: the one of that name, for when there is no such id. */
export interface UncheckedTarget<V extends OperationName> extends Target<V> {
  called?(): Promise<Target<V> | undefined>;
}

/** As `target`, but what looks like an id is not asked for: whoever acts on it will be told whether there is one. */
export async function uncheckedTarget<V extends OperationName>(
  text: string,
  context: Context<{ at: readonly V[] }>,
  meaning: Meaning,
): Promise<UncheckedTarget<V>> {
  const { at, reference, call } = await place(text, context);
  const { image: id } = reference;
  if (at.architecture !== undefined || !at.driver.ids.test(id)) return target(text, context, meaning);
  return {
    at,
    id,
    text,
    call,
    async called() {
      const image = await imageCalled(at as Account, id, meaning, call);
      return image && { at, id: image.id, text, call };
    },
  };
}

/** Does the work on an image; where there is none of that id, on the one that bears it as its name. */
export async function actOn<V extends OperationName, Result>(
  found: UncheckedTarget<V>,
  work: (target: Target<V>) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(found);
  } catch (error) {
    if (!isNoSuchImage(error)) throw error;
    const other = await found.called?.();
    if (!other) throw error;
    return work(other);
  }
}

/** `findImage` of what was typed. What stands before a colon may have been meant as a profile: then that there is none is told too. */
export async function imageMeant(
  at: Account,
  { profile, image }: Reference,
  meaning: Meaning,
  directory: ProfileDirectory,
  call: Call,
): Promise<FoundImage> {
  try {
    return await findImage(at, image, meaning, call);
  } catch (error) {
    throw profile === undefined ? asMistyped(error, image, at.profile, directory) : error;
  }
}
