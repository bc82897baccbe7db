import { ImgctlError } from '../../../src/core/errors.ts';
import { verifyClearSigned, verifyDetached } from '../../../src/transfer/trust/openpgp/verify.ts';
import { keyring, mutated, type Mutation } from './mutations.ts';

const policy = { keys: [keyring], now: new Date('2026-06-01T00:00:00Z') };

/** What we say of it: `good`, `false` where something else than what was signed would be believed, or why it is refused. */
export function judged({ subject, bytes }: Pick<Mutation, 'subject' | 'bytes'>): string {
  try {
    if (subject !== 'document')
      return verifyDetached(mutated.data, bytes, 'it', policy).fingerprint === mutated.fingerprint ? 'good' : 'false';
    const { text, signer } = verifyClearSigned(bytes, 'it', policy);
    return text === mutated.text && signer.fingerprint === mutated.fingerprint ? 'good' : 'false';
  } catch (error) {
    if (error instanceof ImgctlError && error.code === 'INTEGRITY') return error.message;
    throw error;
  }
}
