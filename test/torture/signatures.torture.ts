import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import { judged } from '../support/openpgp/judged.ts';
import { keyring, mutated, mutations, subjects, type Mutation } from '../support/openpgp/mutations.ts';
import { certificate, signedText, subkey } from '../support/openpgp/certificates.ts';
import { testKey } from '../support/openpgp/keys.ts';
import { packet } from '../support/openpgp/packets.ts';
import { signaturePacket } from '../support/openpgp/signatures.ts';
import { verifyClearSigned, verifyDetached } from '../../src/transfer/trust/openpgp/verify.ts';
import { dice, seed, tally } from './scale.ts';
import { costOf } from '../support/cpu-time.ts';

const hasOracle = spawnSync('gpgv', ['--version']).status === 0;
if (!hasOracle) process.stderr.write('\n!! SIGNATURES ARE NOT COMPARED WITH GPGV: there is no program gpgv (gpgv)\n\n');

const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-signatures-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => path.join(folder, name);
writeFileSync(file('keyring'), keyring);
writeFileSync(file('data'), mutated.data);

/** As `gpgv` says it, read strictly. Its exit status alone means nothing: it is 0 for expired and revoked keys. */
function gpgv({ subject, bytes }: Mutation): boolean {
  writeFileSync(file('signed'), bytes);
  const data = subject === 'document' ? [] : [file('data')];
  const { status, stdout } = spawnSync('gpgv', ['--status-fd', '1', '--keyring', file('keyring'), file('signed'), ...data], {
    encoding: 'latin1',
  });
  const said = (word: string) => stdout.includes(`[GNUPG:] ${word} `);
  const bad = ['EXPKEYSIG', 'REVKEYSIG', 'EXPSIG', 'BADSIG', 'ERRSIG'];
  return status === 0 && said('VALIDSIG') && said('GOODSIG') && !bad.some(said);
}

/** The header that names the hash proves nothing, and the signature names it too: RFC 9580 wants nothing refused because of it. */
const inHashHeader = ({ subject, at }: Mutation): boolean =>
  subject === 'document' && at >= subjects.document.indexOf('Hash:') && at < subjects.document.indexOf('\n\n');

/** The kind of a refusal: without what differs from one to the next. */
const kindOf = (verdict: string): string => verdict.replace(/[0-9A-F]{16,}|\d+/g, 'N').replace(/\d{4}-\d\d-\d\d/, 'DAY');

it('2,000 one-byte changes of signed documents and signatures: nothing false is believed, and gpgv says the same or less strictly', () => {
  const lax: string[] = [];
  const stricter = new Map<string, number>();
  const falsehoods: string[] = [];
  for (const mutation of mutations(2000, dice(seed))) {
    const verdict = judged(mutation);
    if (verdict === 'false') falsehoods.push(mutation.what);
    if (!hasOracle) continue;
    const good = gpgv(mutation);
    if (verdict === 'good' && !good && !inHashHeader(mutation)) lax.push(mutation.what);
    if (verdict !== 'good' && good) stricter.set(kindOf(verdict), (stricter.get(kindOf(verdict)) ?? 0) + 1);
  }
  tally('one-byte changes of what is signed', 2000, falsehoods);
  for (const [kind, count] of stricter) process.stdout.write(`  stricter than gpgv: ${count} x ${kind}\n`);
  for (const what of lax) process.stdout.write(`  good here, not for gpgv: ${what}\n`);
  expect(falsehoods).toEqual([]);
  expect(lax).toEqual([]);
});

describe('what is made to take long takes no more than in proportion to its length', () => {
  const key = testKey('rsa2048', 'mutations');
  const ecdsa = testKey('p256', 'mutations');
  const policy = { keys: [certificate(key), certificate(ecdsa)], now: new Date('2026-06-01T00:00:00Z') };
  const filled = (bytes: number, part: Uint8Array): Buffer => Buffer.alloc(Math.floor(bytes / part.length) * part.length, part);
  const document = (text: string | Uint8Array) => verifyClearSigned(Buffer.from(text), 'it', policy);
  const begin = '-----BEGIN PGP SIGNED MESSAGE-----\n';
  const wrong = signaturePacket(ecdsa, [Buffer.from('other')]);
  const by = (...parts: readonly Uint8Array[]) =>
    verifyDetached(mutated.data, signaturePacket(key, [mutated.data]), 'it', { ...policy, keys: [Buffer.concat(parts)] });

  it.each<readonly [what: string, work: (bytes: number) => unknown]>([
    ['empty lines', (bytes) => document(signedText(key, '\n'.repeat(bytes)))],
    ['escaped lines', (bytes) => document(`${begin}\n${'- \n'.repeat(bytes / 3)}`)],
    ['spaces', (bytes) => document(`${begin}\n${' '.repeat(bytes)}`)],
    ['headers', (bytes) => document(begin + 'Hash: SHA256\n'.repeat(bytes / 13))],
    ['signatures', (bytes) => verifyDetached(Buffer.alloc(bytes), filled(bytes, wrong), 'it', policy)],
    [
      'blocks',
      (bytes) => verifyDetached(mutated.data, Buffer.from('-----BEGIN PGP SIGNATURE-----\n\n'.repeat(bytes / 31)), 'it', policy),
    ],
    ['names', (bytes) => by(keyring, filled(bytes, packet(13, Buffer.from('name'))))],
    ['certificates', (bytes) => by(filled(bytes, keyring))],
    ['subkeys', (bytes) => by(keyring, filled(bytes, subkey(key, ecdsa)))],
    ['damaged signatures', (bytes) => by(keyring, filled(bytes, packet(2, Buffer.from([4, 0]))))],
  ])('%s', (_, work) => {
    const tried = (bytes: number): unknown => {
      try {
        return work(bytes);
      } catch (error) {
        if (!(error instanceof ImgctlError)) throw error;
        return error;
      }
    };
    const cost = (bytes: number): number => costOf(() => tried(bytes)).ms;
    cost(100_000);
    // What is quadratic takes 64 times as long.
    expect(cost(8_000_000)).toBeLessThan(24 * (cost(1_000_000) + 20));
  });
});
