import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import { verifyClearSigned, verifyDetached, type TrustPolicy } from '../../src/transfer/trust/openpgp/verify.ts';

const facts = path.resolve(import.meta.dirname, '../../../shared/facts/published');
const recorded = path.join(facts, 'recorded');
const vectors = path.join(facts, 'openpgp-vectors');
const there = existsSync(vectors) && existsSync(recorded);
if (!there)
  process.stderr.write('\n!! NO SIGNATURES OF REAL PUBLISHERS ARE VERIFIED: their files are not beside the repository\n\n');

interface Vector {
  readonly file: string;
  readonly signs?: string;
  readonly keyring: string;
  readonly expect: string;
}

const now = new Date('2026-11-28T12:00:00Z');
const policyOf = (keyring: string): TrustPolicy => ({ keys: [readFileSync(keyring)], now });

function verdictOf(work: () => unknown): string {
  try {
    work();
    return 'accept';
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'INTEGRITY') throw error;
    return `refuse: ${error.message}`;
  }
}

/** What a refusal says where the vectors give this reason. */
const said: Readonly<Record<string, RegExp>> = {
  'weak key': /RSA 1024/,
  'weak hash': /SHA-1/,
  'signature expired': /signature that expired on \d{4}-\d\d-\d\d/,
  'from the future': /in the future/,
  'key expired': /expired on \d{4}-\d\d-\d\d/,
  'key revoked': /is revoked/,
  'no key': /not in the keyring/,
  'does not fit': /does not match its signature/,
  'unsigned text before': /text before/,
  'unsigned text behind (or: accept, give back the signed text only)': /text behind/,
  'a second message behind': /text behind/,
  'not the first message': /text behind/,
  'a header that is not Hash': /header/,
  'cut short': /cut short/,
  'not signed': /carries no signature/,
};

describe.skipIf(!there)('OpenPGP vectors', () => {
  const list = there ? (JSON.parse(readFileSync(path.join(vectors, 'results.json'), 'utf8')) as readonly Vector[]) : [];

  it.each(list)('$file by $keyring: $expect', ({ file, signs, keyring, expect: verdict }) => {
    const policy = policyOf(path.join(vectors, keyring));
    const bytes = readFileSync(path.join(vectors, file));
    const got = verdictOf(() =>
      signs === undefined
        ? verifyClearSigned(bytes, file, policy)
        : verifyDetached(readFileSync(path.join(vectors, signs)), bytes, signs, policy),
    );
    if (verdict === 'accept') expect(got).toBe('accept');
    else expect(got).toMatch(said[verdict.replace('refuse: ', '')] ?? /never/);
  });
});

describe.skipIf(!there)('files of real publishers', () => {
  const read = (name: string) => readFileSync(path.join(recorded, name));
  const by = (key: string) => policyOf(path.join(recorded, 'keys', key));

  it('are verified: clear-signed by Fedora, detached by Ubuntu, of version 3 by openSUSE', () => {
    const fedora = verifyClearSigned(
      read('Fedora-Cloud-44-1.7-aarch64-CHECKSUM'),
      'CHECKSUM',
      by('RPM-GPG-KEY-fedora-44-primary'),
    );
    expect(fedora.text).toContain('SHA256 (');
    const sums = read('ubuntu-24.04-release.SHA256SUMS');
    const ubuntu = verifyDetached(
      sums,
      read('ubuntu-24.04-release.SHA256SUMS.gpg'),
      'SHA256SUMS',
      by('ubuntu-cloudimage-keyring.gpg'),
    );
    expect(ubuntu.fingerprint).toBe('D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81');
    const leap = read('opensuse-leap16.sha256');
    const suse = verifyDetached(leap, read('opensuse-leap16.sha256.asc'), 'sha256', by('RPM-GPG-KEY-openSUSE-2022'));
    expect([fedora.signer, ubuntu, suse].map(({ name, madeAt }) => [name, madeAt?.slice(0, 2)])).toEqual([
      [expect.stringContaining('Fedora'), '20'],
      [expect.stringContaining('UEC Image'), '20'],
      [expect.stringContaining('openSUSE'), '20'],
    ]);
  });
});
