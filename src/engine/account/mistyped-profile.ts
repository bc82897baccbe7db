import { ImgctlError } from '../../core/errors.ts';
import { commandLine, nowhere, typedImage } from '../../core/hint.ts';
import { nearest } from '../../host/did-you-mean.ts';
import type { SourceList } from './sources.ts';

/** What stands before the first colon of a text, where that could be a profile and is none. */
export interface MistypedProfile {
  /** What it is instead. */
  readonly told: string;
  /** Profiles and publishers of nearly that name. */
  readonly close: readonly string[];
  readonly hint: string;
  /** It was hardly meant as a part of the name of an image: nearly a profile, or with nothing behind it. */
  readonly isSlip: boolean;
}

/** What can be typed before a colon: `all` are the profiles. */
export interface Typable {
  readonly all: readonly string[];
  readonly sources: SourceList;
  has(profile: string): boolean;
}

/** Profiles and publishers, by all names that can be typed. */
export const typable = ({ all, sources }: Pick<Typable, 'all' | 'sources'>): readonly string[] => [...all, ...sources.words()];

/** Absent: there is no colon, or a profile before it. */
export function mistypedProfile(text: string, directory: Typable): MistypedProfile | undefined {
  const [, name, image = ''] = /^([A-Za-z0-9._-]+):(.*)$/s.exec(text) ?? [];
  if (name === undefined || directory.has(name)) return undefined;
  if (directory.sources.named(name) !== undefined)
    return { told: `${name} is a publisher, no profile`, close: [], hint: `Omit -p for the image of ${name}.`, isSlip: false };
  const close = nearest(name, typable(directory));
  return { told: `no such profile: ${name}`, close, hint: profileHint(close), isSlip: close.length > 0 || image === '' };
}

/** Where there is no profile of a name: the nearest, or how those that there are can be seen. */
export const profileHint = (close: readonly string[]): string =>
  close.length > 0
    ? `Did you mean ${close.join(' or ')}?`
    : `List profiles with: ${commandLine({ verb: 'profile list' }, nowhere)}. Add one with: ${commandLine({ verb: 'profile add', args: ['NAME'] }, nowhere)}`;

/** CONFIG for a slip where nothing was found in the profile `at`. `more`: what else is known of that failure. */
export const slipError = ({ told, hint }: MistypedProfile, text: string, at: string, more?: ImgctlError): ImgctlError =>
  new ImgctlError('CONFIG', `${told} (and ${more?.message ?? `no image matches "${text}"`})`, {
    ...more?.circumstances,
    hint: `${hint}\nAn image of that whole name is typed as ${typedImage(at, text)}`,
  });

/**
 * The failure to find an image by a text without a profile in front: what stands before a colon may have been meant as one. CONFIG for
 * a slip; then no image was asked for that could be missing. Any other failure comes back as it is.
 */
export function asMistyped<E>(error: E, text: string, at: string, directory: Typable): E | ImgctlError {
  if (!(error instanceof ImgctlError) || error.code !== 'NOT_FOUND') return error;
  const mistyped = mistypedProfile(text, directory);
  if (!mistyped) return error;
  const { told, hint, isSlip } = mistyped;
  if (isSlip) return slipError(mistyped, text, at, error);
  return new ImgctlError(error.code, `${told} (and ${error.message})`, { ...error.circumstances, hint });
}

/** Warns of a name that begins like the name of a profile that there is not: `dmo:web` may well be meant as `demo:web`. */
export function warnOfPrefix(text: string, directory: Typable, warn: (message: string) => void): void {
  const mistyped = mistypedProfile(text, directory);
  if (!mistyped) return;
  const { told, close } = mistyped;
  warn(`${told}, so "${text}" is the whole name${close.length > 0 ? `. Did you mean ${close.join(' or ')}?` : ''}`);
}
