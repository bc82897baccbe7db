import { isNoSuchImage } from '../../core/answer-error.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';

/** An image as it is now; absent where it is gone, or going. */
export async function stillThere(at: Account, id: string, call: Call): Promise<Image | undefined> {
  try {
    const image = await at.verb('show').run({ id }, call);
    return image.status === 'deleted' || image.status === 'deleting' ? undefined : image;
  } catch (error) {
    if (isNoSuchImage(error)) return undefined;
    throw error;
  }
}
