import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';

/** Failures that say that data is not there, and not that nobody could ask. */
const missing: readonly string[] = ['INTEGRITY', 'NOT_FOUND', 'CONFLICT'];

/**
 * Whether an image still has its data, as far as that can be found out without reading all of it from afar: what the provider itself can
 * tell, and the last byte where one byte can be had. A provider that hands out nothing is believed.
 */
export async function hasItsData(at: Account, { id, sizeBytes }: Image, call: Call): Promise<boolean> {
  if (!(await at.isIntact(id, call))) return false;
  const download = at.maybe('download');
  if (!download?.ranges || at.driver.worksOnFiles) return true;
  try {
    const { bytes = sizeBytes, open } = await download.run({ id }, call);
    if (bytes === undefined || bytes === 0) return true;
    for await (const chunk of open(bytes - 1, bytes - 1)) if (chunk.length > 0) return true;
    return false;
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    if (missing.includes(error.code)) return false;
    throw error;
  }
}
