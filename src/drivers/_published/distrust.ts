import { ImgctlError, integrityError, type Circumstances } from '../../core/errors.ts';

/** Why a document is not believed, with what its reader may do about it. It says of no image that it is damaged. */
export function distrusted({ code, message, circumstances }: ImgctlError): ImgctlError {
  const judgedBy = ['verify', 'keyring', 'signer', 'expiredKeys'];
  return new ImgctlError(code, message, { ...circumstances, ofNoImage: true, judgedBy, ...adviceFor(message, circumstances) });
}

function adviceFor(message: string, { signerUnknown, keyExpired }: Circumstances): Circumstances {
  // Whoever judges says what to do: it was never signed in the way that was asked for.
  if (message.endsWith(' has no minisign signature in it')) return {};
  if (/ (?:carries no signature|is not signed)$/.test(message))
    return setting('To trust the server alone, set verify=checksum in the profile with:', 'verify=checksum');
  if (signerUnknown)
    return setting("If that key is the publisher's, set keyring in the profile to a file that holds it with:", 'keyring=FILE');
  if (message.endsWith('none of the trusted signers'))
    return setting("If that key is the publisher's, name it as signer in the profile with:", 'signer=FINGERPRINT');
  if (keyExpired)
    return setting('To take what was signed before its key expired, set expiredKeys=accept with:', 'expiredKeys=accept');
  if (/ is signed /.test(message)) return { hint: 'Use another mirror: no setting makes that signature a good one.' };
  return { hint: 'Try again later, or use another mirror: it is corrupt, or was changed after it was signed.' };
}

const setting = (hint: string, field: string): Circumstances => ({ hint, next: [{ verb: 'profile set', args: [field] }] });

/** What is thrown of an image that nothing would show to be the right one: `published` says what there is. */
export const unreliable = (id: string, published: string): ImgctlError =>
  integrityError(`image ${id} has no digest that can be relied on: ${published} is published`, {
    hint: 'Use another image, or --verify none to trust the server alone, with --checksum ALGO:HEX if you know its digest.',
  });
