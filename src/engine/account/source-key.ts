import type { Driver } from '../../core/driver.ts';
import { configError } from '../../core/errors.ts';
import { fieldVariable } from '../../profiles/resolve.ts';
import type { EngineContext } from '../context.ts';
import { setting } from './field-hints.ts';
import type { ProfileEntry } from './registry.ts';
import type { Trust } from '../trust/signatures.ts';

/** What is to be done where a publisher signs by a key that does not come with the program. */
export const givingKeys = (name: string, keysAt: string | undefined): string =>
  `${keysAt === undefined ? '' : `Its keys are told at ${keysAt}. `}Use a file with them by --verify gpg:FILE, or for good: export ${fieldVariable(name, 'keyring')}=FILE`;

/** Warns where a profile that names no keys bears the name of a publisher who signs: whoever types that may believe it verified. */
export async function tellHidden(
  entry: ProfileEntry,
  driver: Driver,
  { directory: { sources }, warn }: EngineContext,
): Promise<void> {
  const hidden = sources.named(entry.name);
  if (hidden === undefined) return;
  const { keyring, signer } = (await sources.load(hidden)).fields;
  if (keyring === undefined && signer === undefined) return;
  warn(
    `not verified: profile ${entry.name} names no keys, and hides the publisher ${hidden}, whose images are signed. Set them with: ${setting(entry, driver, ['keyring=FILE'])}`,
  );
}

/**
 * Throws CONFIG, before anything is asked, where signatures of a publisher are wanted and the key is neither given nor known on this
 * machine: who has signed could not be told then.
 */
export async function requireKey(
  name: string,
  { keyring, signers, demand }: Pick<Trust, 'keyring' | 'signers' | 'demand'>,
  context: EngineContext,
): Promise<void> {
  if (keyring !== undefined || demand.by === 'minisign' || signers === undefined) return;
  const { knownKeys } = await import('../trust/keyring.ts');
  const { listedKeys } = await import('../../transfer/trust/openpgp/listed-keys.ts');
  const files = await knownKeys();
  const known = files.length === 0 ? [] : listedKeys(files, new Date(context.now()));
  if (known.some(({ fingerprint }) => signers.includes(fingerprint))) return;
  const { keysAt } = await context.directory.sources.load(name);
  throw configError(`${name} signs what it publishes, and its key is not known here`, {
    profile: name,
    hint: givingKeys(name, keysAt),
  });
}
