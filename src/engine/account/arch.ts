import { architectureOf, knownArchitectures, publishedArchitectures } from '../../core/architecture.ts';
import type { Driver } from '../../core/driver.ts';
import { configError, usageError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { OperationName } from '../../core/operation.ts';
import { nearest } from '../../host/did-you-mean.ts';
import type { Account } from './account.ts';
import type { FieldValues } from './values.ts';

/** Throws USAGE where an architecture was asked for and nothing could be chosen by it: a list is narrowed by it, a name is not. */
export function refuseArch(driver: Driver, profile: string, needs: readonly OperationName[], arch: string | undefined): void {
  if (arch === undefined || Object.hasOwn(driver.profile, 'arch') || needs.every((verb) => verb === 'list')) return;
  throw usageError(`--arch: a name means one image in ${profile}, whatever its architecture`, {
    provider: driver.name,
    profile,
    hint: 'Omit --arch.',
  });
}

/** An architecture that was asked for, in the words of images. Throws USAGE for one that is not known: nothing could be of it. */
export const architectureAsked = (text: string): string => architectureNamed(text, '--arch', usageError);

/** Throws CONFIG where a profile, a variable or an entry of a publisher says an architecture that is not known. */
export function checkArch(values: FieldValues, { profile }: Driver, name: string): void {
  const { arch } = values;
  if (Object.hasOwn(profile, 'arch') && typeof arch === 'string' && arch !== '')
    architectureNamed(arch, `${name}: arch`, configError);
}

/** `what` is where it was said, and `fail` makes the error of that place. */
function architectureNamed(text: string, what: string, fail: typeof usageError): string {
  const word = text.toLowerCase();
  if (knownArchitectures.includes(word)) return architectureOf(word);
  const close = nearest(word, knownArchitectures);
  const meant = close.length > 0 ? `Did you mean ${close.join(' or ')}? ` : '';
  throw fail(`${what}: unknown architecture: ${text}`, { hint: `${meant}Use one of ${publishedArchitectures.join(', ')}.` });
}

type Asking = Pick<Account, 'profile' | 'architecture'>;

/** Whether an image may be meant, by the architecture that was asked for: one that does not say what it is for may. */
export const isOfArchitecture = ({ architecture: asked }: Asking, { architecture }: Image): boolean =>
  asked === undefined || architecture === undefined || architectureOf(architecture) === asked;

/** Throws USAGE for an image that was named and is for another architecture than was asked for. */
export function requireArchitecture(at: Asking, text: string, image: Image): void {
  if (isOfArchitecture(at, image)) return;
  throw usageError(`--arch: ${text} is for ${image.architecture ?? ''}, not for ${at.architecture ?? ''}`, {
    profile: at.profile,
    hint: 'Omit --arch, or name another image.',
  });
}
