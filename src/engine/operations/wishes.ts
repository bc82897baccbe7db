import type { Format } from '../../core/encoding.ts';
import type { TransferOptions } from '../../transfer/transfer-options.ts';
import type { Image } from '../../core/image.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { askedFor } from '../trust/asked.ts';
import { vouchedFor, vouchedForImage } from './vouched.ts';

/** What is wanted of a disk on its way, in the words of whoever asks for it. */
export interface DiskWishes {
  /** Format of the result; absent: as it is, or what the target takes. */
  readonly format?: Format | undefined;
  /** What the source is said to be; refused where the content contradicts it. */
  readonly fromFormat?: Format | undefined;
  /** Digest that the source must have: `ALGO:HEX`, the URL of a checksum file, or `auto` for one beside the source's URL. */
  readonly checksum?: string | undefined;
  /**
   * What must vouch for the source: `gpg[:KEYRING|FINGERPRINT]`, `minisign:KEY`, `checksum`, `auto`, `none`. Absent: of a file or a URL
   * nothing, of an image what its profile says.
   */
  readonly verify?: string | undefined;
  /** A raw disk is compressed on its way, where that makes it smaller. */
  readonly compress?: boolean | undefined;
  /** Codes of findings that are meant to be so. */
  readonly allowUnsafe?: readonly string[] | undefined;
}

/** Wishes that make sense, by which a transfer can be begun. Both look for what vouches for the source. */
export interface Understood {
  /** Of a file or URL; absent: what has no name. Throws as `vouchedFor`. */
  forFile(of: string | undefined): Promise<TransferOptions>;
  /** Of an image at a provider. Throws as `vouchedForImage`. */
  forImage(image: Image, at: Account<'download'>): Promise<TransferOptions>;
}

/** Understands them before anything is asked for anywhere. Throws USAGE, and CONFIG where keys that they name cannot be read. */
export async function understood(wishes: DiskWishes, context: EngineContext): Promise<Understood> {
  const { format, fromFormat, checksum, verify = context.settings.verify, compress, allowUnsafe = [] } = wishes;
  const asked = await askedFor({ checksum, verify }, context);
  const options = { ...(compress ? { compress } : {}), format, fromFormat, allowUnsafe };
  return {
    forFile: async (of) => ({ ...options, ...(await vouchedFor(asked, of, context)) }),
    forImage: async (image, at) => ({ ...options, ...(await vouchedForImage(asked, image, at, context)) }),
  };
}
