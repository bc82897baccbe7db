import type { ListedKey } from '../../../core/publisher.ts';
import { standingOfPrimary, type Certificate } from './certificate.ts';
import { openKeyring } from './keyring.ts';

/** The keys of these files, in their order. Throws CONFIG as `openKeyring`. */
export function listedKeys(files: readonly Uint8Array[], now: Date): readonly ListedKey[] {
  const found = [...openKeyring(files).keys.values()].flat().map(({ certificate }) => certificate);
  const seconds = Math.floor(now.getTime() / 1000);
  return [...new Set(found)].map((certificate) => listedKey(certificate, seconds));
}

function listedKey(certificate: Certificate, now: number): ListedKey {
  const { key, name, expires, revoked } = standingOfPrimary(certificate, now);
  return {
    fingerprint: key.fingerprint,
    ...(name === undefined ? {} : { name }),
    ...(expires === undefined ? {} : { expiresAt: new Date(expires * 1000).toISOString().replace('.000Z', 'Z') }),
    ...(revoked ? { revoked } : {}),
  };
}
