import { conflictError, type ImgctlError } from '../../core/errors.ts';
import { given, type Image } from '../../core/image.ts';
import { commandLine, type Next } from '../../core/hint.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { channelText } from '../../core/channel.ts';
import { keepsChannels } from '../channels/look.ts';
import { channelsTo } from '../channels/state.ts';
import type { FoundImage } from '../images/resolve.ts';

/** Why the provider would not delete this image, as far as its record tells; absent: nothing is known against it. */
export function whyNotRemovable(at: Account, image: Image): ImgctlError | undefined {
  const { id, status } = image;
  const typed = (next: Next): string => commandLine({ ...next, image: id }, at);
  if (image.protected === true)
    return conflictError(`image ${id} is protected`, {
      hint: `Unprotect it with: ${typed({ verb: 'patch', options: { unprotect: true } })}`,
    });
  const pointed = whyNeeded(at, image);
  if (pointed) return pointed;
  const from = at.maybe('delete')?.from;
  // What is not known may be any state.
  if (from && status !== 'unknown' && !from.includes(status))
    return conflictError(`image ${id} is ${status}, and ${at.provider} deletes only what is ${from.join(' or ')}`, {
      hint:
        status === 'active' && from.includes('inactive') && at.driver.facts.deactivate
          ? `Deactivate it first, then delete it: ${typed({ verb: 'deactivate' })}`
          : `Check on it with: ${typed({ verb: 'show' })}`,
    });
  return at.driver
    .irremovable(image)
    ?.with(given({ region: at.region }))
    .inProfile(at.profile, at.provider);
}

/** Why an image must stay as it is: a channel points to it, and whoever asks for that would get nothing. Absent: none does. */
export function whyNeeded(at: Account, image: Image): ImgctlError | undefined {
  const [channel] = channelsTo(image);
  if (!channel) return undefined;
  const text = channelText(channel);
  const setting = commandLine({ verb: 'channel set', args: [text, { inProfile: 'IMAGE' }] }, at);
  const revoking = commandLine({ verb: 'channel revoke', args: [{ inProfile: image.id }], options: { reason: 'TEXT' } }, at);
  return conflictError(`image ${image.id} is ${text}`, {
    hint: `Set the channel to another image first: ${setting}\nA bad image is taken out of use with: ${revoking}`,
  });
}

/** Throws `whyNeeded` of an image, which is looked at where that was not done yet. */
export async function requireNotNeeded(
  at: Account,
  { id, found, call }: { readonly id: string; readonly found?: FoundImage; readonly call: Call },
): Promise<void> {
  if (!keepsChannels(at)) return;
  const reason = whyNeeded(at, found?.image ?? (await at.verb('show').run({ id }, call)));
  if (reason) throw reason;
}
