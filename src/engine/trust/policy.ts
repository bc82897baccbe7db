import path from 'node:path';
import { ImgctlError, usageError } from '../../core/errors.ts';

/** What must vouch for what is read, as it is asked for. */
export type Demand =
  /** An OpenPGP signature: by a key of `keyring`, by one of these `signers`, or by any key that this machine knows. */
  | { readonly by: 'gpg'; readonly keyring?: string; readonly signers?: readonly string[] }
  /** A signature of minisign or signify, by this key: its text, or a file with it. */
  | { readonly by: 'minisign'; readonly key: string }
  /** A checksum that the publisher's server gives: the server is trusted. */
  | { readonly by: 'checksum' }
  | { readonly by: 'none' }
  /** A signature where there is one, and a key for it. */
  | { readonly by: 'auto' };

const fingerprints = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;

/**
 * What HOW asks for. `what` is where it was said (`--verify`), and `fail` makes the error of that place, USAGE by default: thrown for what is
 * none of the forms. A fingerprint is that of a whole key: shorter ids can be forged, and are taken for a file's name.
 */
export function demandFrom(text: string, what: string, fail: typeof usageError = usageError): Demand {
  const [, scheme = '', rest] = /^([^:]*)(?::(.*))?$/s.exec(text.trim()) ?? [];
  const by = scheme.toLowerCase();
  const given = rest?.trim() ?? '';
  if (by === 'gpg' || by === 'signature') return { by: 'gpg', ...keysIn(given) };
  if (by === 'minisign' && given !== '') return { by, key: given };
  if ((by === 'checksum' || by === 'none' || by === 'auto') && rest === undefined) return { by };
  if (by === 'sigstore')
    throw new ImgctlError('UNSUPPORTED', `${what}: sigstore is not built into imgctl`, {
      hint: 'Use gpg:KEYRING, or minisign:KEY.',
    });
  throw fail(by === 'minisign' ? `${what}: minisign requires a key` : `${what}: "${text}" is no way to verify`, {
    hint: 'Use gpg, gpg:KEYRING, gpg:FINGERPRINT, minisign:KEY, checksum, auto or none.',
  });
}

/** The text of a key of minisign, not the name of a file. */
export const isMinisignKey = (text: string): boolean => /^RW[A-Za-z0-9+/]{54}$/.test(text) || text.includes('\n');

/** The same HOW, whose files are those of that folder, wherever it is read later. Throws as `demandFrom`. */
export function demandAt(folder: string, text: string): string {
  const demand = demandFrom(text, '--verify');
  const placed = (file: string): string => (file.startsWith('~') ? file : path.resolve(folder, file));
  if (demand.by === 'minisign' && !isMinisignKey(demand.key)) return `minisign:${placed(demand.key)}`;
  if (demand.by !== 'gpg' || demand.keyring === undefined || demand.keyring.includes('-----')) return text;
  return `gpg:${demand.keyring
    .split(',')
    .map((file) => placed(file.trim()))
    .join(',')}`;
}

/** The fields of a profile that say nothing beside that HOW: it asks for itself, and may name the keys, or who has to sign. */
export function overruledBy(text: string): readonly string[] {
  if (/^\s*minisign:/i.test(text)) return ['verify', 'keyring', 'signer'];
  const [, keys] = /^\s*(?:gpg|signature):(.*)$/is.exec(text) ?? [];
  const { keyring, signers } = keysIn(keys?.trim() ?? '');
  return ['verify', ...(keyring === undefined ? [] : ['keyring', 'signer']), ...(signers === undefined ? [] : ['signer'])];
}

function keysIn(given: string): { readonly keyring?: string; readonly signers?: readonly string[] } {
  const plain = given.replaceAll(' ', '');
  const several = plain.split(',').map((one) => one.replace(/^0x/i, ''));
  if (several.every((one) => fingerprints.test(one))) return { signers: several.map((one) => one.toUpperCase()) };
  return given === '' ? {} : { keyring: given };
}

/** Fingerprints as a profile lists them, in upper case; absent: all keys are meant. Throws CONFIG through `fail` for what is none. */
export function signersFrom(text: string | undefined, fail: (what: string) => ImgctlError): readonly string[] | undefined {
  const each = (text ?? '')
    .split(',')
    .map((one) => one.replaceAll(/\s/g, '').replace(/^0x/i, ''))
    .filter((one) => one !== '');
  const wrong = each.find((one) => !fingerprints.test(one));
  if (wrong !== undefined) throw fail(wrong);
  return each.length === 0 ? undefined : each.map((one) => one.toUpperCase());
}
