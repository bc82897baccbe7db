import { conflictError, type ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { commandLine, type Next } from '../../core/hint.ts';
import type { Account } from '../account/account.ts';

/** Why the provider would not delete this image, as far as its record tells; absent: nothing is known against it. */
export function whyNotRemovable(at: Account, image: Image): ImgctlError | undefined {
  const { id, status } = image;
  const typed = (next: Next): string => commandLine({ ...next, image: id }, at);
  if (image.protected === true)
    return conflictError(`image ${id} is protected`, {
      hint: `Unprotect it with: ${typed({ verb: 'patch', options: { unprotect: true } })}`,
    });
  const from = at.maybe('delete')?.from;
  // What is not known may be any state.
  if (from && status !== 'unknown' && !from.includes(status))
    return conflictError(`image ${id} is ${status}, and ${at.provider} deletes only what is ${from.join(' or ')}`, {
      hint:
        status === 'active' && from.includes('inactive') && at.driver.facts.deactivate
          ? `Deactivate it first, then delete it: ${typed({ verb: 'deactivate' })}`
          : `Check on it with: ${typed({ verb: 'show' })}`,
    });
  return at.driver.irremovable(image);
}
