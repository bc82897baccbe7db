import type { Digests } from '../../core/operation.ts';
import type { Signer } from '../../core/signature.ts';

/** A file that is published, and what is said of it. */
export interface ListedFile {
  readonly name: string;
  readonly url: URL;
  /** Empty: none is published. */
  readonly digests: Digests;
  /** Two digests of it that cannot both be right. */
  readonly contradiction?: string | undefined;
  readonly bytes?: number | undefined;
  readonly signer?: Signer | undefined;
  /** The version of the folder, where a file tells it. */
  readonly serial?: string | undefined;
  /** What else it is called: a name that means another file later. */
  readonly otherName?: string | undefined;
  readonly raw: Readonly<Record<string, unknown>>;
}
