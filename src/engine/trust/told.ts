import type { Signer } from '../../core/signature.ts';
import type { EngineContext } from '../context.ts';

/** Says who has signed what. */
export function told(signer: Signer, what: string, context: EngineContext): Signer {
  const { fingerprint, name } = signer;
  context.say(`verified: ${what} is signed by ${name === undefined ? fingerprint : `${name} (${fingerprint})`}`);
  return signer;
}
