import { unsupportedError } from '../../core/errors.ts';
import { commandLine } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import type { Call, ImportRequest } from '../../core/operation.ts';
import { provenanceProperties } from '../../core/provenance.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { demandFrom } from '../trust/policy.ts';
import type { Vouched } from './vouched.ts';

/**
 * What of `--verify` can be asked of an import: who has signed a file is judged only by whoever reads it. Throws UNSUPPORTED where that is
 * the cloud; of `auto` that is said.
 */
export function verifiableBy(at: Account, verify: string | undefined, context: EngineContext): string | undefined {
  if (verify === undefined || at.driver.worksOnFiles) return verify;
  const { by } = demandFrom(verify, '--verify');
  const message = `${at.provider} fetches the URL itself, and verifies no signature`;
  if (by === 'auto') context.warn(`not verified: ${message}`);
  if (by === 'gpg' || by === 'minisign')
    throw unsupportedError(message, {
      provider: at.provider,
      hint: `Send it through this machine with: ${commandLine({ verb: 'upload', args: ['URL'], options: { name: { inProfile: 'NAME' }, verify } }, at)}`,
    });
  return by === 'auto' ? undefined : verify;
}

/** With what is known of where it comes from, where the provider keeps that. */
export function withOrigin(
  description: ImportRequest['description'],
  at: Account,
  vouched: Vouched | undefined,
): ImportRequest['description'] {
  const origin = provenanceProperties(vouched?.proved?.() ?? {});
  if (Object.keys(origin).length === 0 || !at.verb('import').fields.includes('properties')) return description;
  return { ...description, properties: { ...description.properties, ...origin } };
}

/** Who has signed the file itself is known only once all of it was read. */
export async function withSigner(image: Image, at: Account, vouched: Vouched | undefined, call: Call): Promise<Image> {
  const proved = Object.entries(provenanceProperties(vouched?.proved?.() ?? {}));
  const missing = proved.filter(([name, value]) => image.properties[name] !== value);
  const patch = at.maybe('patch');
  if (missing.length === 0 || !patch?.fields.includes('properties')) return image;
  return patch.run({ id: image.id, changes: { properties: Object.fromEntries(missing) }, extras: {} }, call);
}
