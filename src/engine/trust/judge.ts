import type { Signatures, Signer } from '../../core/signature.ts';

/** Judges signatures, and remembers who has made good ones. */
export interface SignatureJudge extends Signatures {
  /** Who has this fingerprint; absent: nothing that was judged so far is signed by it. */
  proved(fingerprint: string): Signer | undefined;
}
