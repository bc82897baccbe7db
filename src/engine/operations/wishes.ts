import type { Format } from '../../core/encoding.ts';
import type { TransferOptions } from '../../transfer/transfer-options.ts';
import type { EngineContext } from '../context.ts';
import { vouchedFor } from './vouched.ts';

/** What is wanted of a disk on its way, in the words of whoever asks for it. */
export interface DiskWishes {
  /** Format of the result; absent: as it is, or what the target takes. */
  readonly format?: Format | undefined;
  /** What the source is said to be; refused where the content contradicts it. */
  readonly fromFormat?: Format | undefined;
  /** Digest that the source must have: `ALGO:HEX`, the URL of a checksum file, or `auto` for one beside the source's URL. */
  readonly checksum?: string | undefined;
  /** What must vouch for the source, a file or a URL: `gpg[:KEYRING|FINGERPRINT]`, `minisign:KEY`, `checksum`, `auto`, `none`. Absent: nothing. */
  readonly verify?: string | undefined;
  /** A raw disk is compressed on its way, where that makes it smaller. */
  readonly compress?: boolean | undefined;
  /** Codes of findings that are meant to be so. */
  readonly allowUnsafe?: readonly string[] | undefined;
}

/** The same for a transfer. `of` names what the checksum is about, as `vouchedFor`, which says what is thrown. */
export async function transferWishes(
  wishes: DiskWishes,
  of: string | undefined,
  context: EngineContext,
): Promise<TransferOptions> {
  const { format, fromFormat, checksum, verify, compress, allowUnsafe = [] } = wishes;
  return {
    ...(compress ? { compress } : {}),
    format,
    fromFormat,
    allowUnsafe,
    ...(await vouchedFor({ checksum, verify }, of, context)),
  };
}
