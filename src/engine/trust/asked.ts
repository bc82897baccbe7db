import { usageError } from '../../core/errors.ts';
import { parseChecksum, type Checksum } from '../../transfer/checksum.ts';
import type { EngineContext } from '../context.ts';
import { isUrl } from './beside.ts';
import { demandFrom, type Demand } from './policy.ts';
import type { SignatureJudge } from './judge.ts';
import { signaturesBy, whereNamed } from './signatures.ts';

/** Where the digest comes from that a source must have. */
export type ChecksumAsked =
  | { readonly from: 'user'; readonly checksum: Checksum }
  /** A checksum file that the user has named. */
  | { readonly from: 'file'; readonly url: string }
  /** A checksum file beside the source. */
  | { readonly from: 'beside' };

/** What `--checksum` and `--verify` ask for, understood before anything is asked for anywhere. */
export interface TrustAsked {
  readonly checksum?: ChecksumAsked;
  readonly demand?: Demand;
  /** What judges by the keys that `verify` itself names; absent: it names none. */
  readonly judge?: SignatureJudge;
}

/** Throws USAGE for what is none of the forms, and CONFIG where keys that it names cannot be read. */
export async function askedFor(
  { checksum, verify }: { readonly checksum?: string | undefined; readonly verify?: string | undefined },
  context: EngineContext,
): Promise<TrustAsked> {
  const demand = verify === undefined ? undefined : demandFrom(verify, '--verify');
  const digest = checksum === undefined ? undefined : checksumAsked(checksum);
  const isNaming = demand?.by === 'minisign' || (demand?.by === 'gpg' && demand.keyring !== undefined);
  return {
    ...(digest ? { checksum: digest } : {}),
    ...(demand ? { demand } : {}),
    ...(isNaming ? { judge: await judgeBy(demand, context) } : {}),
  };
}

/** What `--checksum` asks for. Throws USAGE for what is none of the forms. */
export function checksumAsked(text: string): ChecksumAsked {
  if (text === 'auto') return { from: 'beside' };
  if (!isUrl(text)) return { from: 'user', checksum: parseChecksum(text) };
  if (!URL.canParse(text)) throw usageError('--checksum: not a valid URL', { hint: 'Use https://HOST/PATH.' });
  return { from: 'file', url: text };
}

/** What judges by `--verify` alone. Rejects CONFIG as `signaturesBy`. */
export const judgeBy = (demand: Demand, context: EngineContext): Promise<SignatureJudge> =>
  signaturesBy(
    { demand, ...whereNamed(demand), ...(demand.by === 'gpg' ? { keyring: demand.keyring, signers: demand.signers } : {}) },
    context,
  );
