import { conflictError, ImgctlError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { imagesNamed } from '../images/resolve.ts';

/** Throws why an image could not be made. Its name was free when it was planned: what has it by now is for the next run to look at. */
export async function whoHasIt(error: unknown, at: Account, name: string, call: Call): Promise<never> {
  if (!(error instanceof ImgctlError) || error.code !== 'CONFLICT' || error.circumstances.leftover !== undefined) throw error;
  const [other] = await imagesNamed(at, name, call);
  if (!other) throw error;
  throw conflictError(`another client has made an image "${name}" meanwhile (${other.id})`, {
    hint: 'Run it again: then that is looked at too.',
  });
}
