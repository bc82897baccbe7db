import type { Signer } from '../../core/signature.ts';
import type { EngineContext } from '../context.ts';

/** That something is signed, and by whom. */
export const signedBy = (what: string, { fingerprint, name }: Signer): string =>
  `verified: ${what} is signed by ${fingerprint}${name === undefined ? '' : ` (${name})`}`;

/** Says who has signed what. */
export function told(signer: Signer, what: string, context: Pick<EngineContext, 'say'>): Signer {
  context.say(signedBy(what, signer));
  return signer;
}
