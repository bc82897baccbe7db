import { describe, expect, it } from 'vitest';
import { configError, ImgctlError } from '../../../src/core/errors.ts';
import { demandAt, demandFrom, signersFrom, type Demand } from '../../../src/engine/trust/policy.ts';

const [short, whole, long] = ['0123456789ABCDEF', 'ab'.repeat(20), 'CD'.repeat(32)];

const understood: readonly (readonly [string, Demand])[] = [
  ['gpg', { by: 'gpg' }],
  ['signature', { by: 'gpg' }],
  ['GPG', { by: 'gpg' }],
  ['gpg:keys.asc', { by: 'gpg', keyring: 'keys.asc' }],
  ['signature:/etc/a.gpg,~/b.gpg', { by: 'gpg', keyring: '/etc/a.gpg,~/b.gpg' }],
  ['gpg:C:\\keys\\a.gpg', { by: 'gpg', keyring: 'C:\\keys\\a.gpg' }],
  [`gpg:${whole}`, { by: 'gpg', signers: [whole.toUpperCase()] }],
  [`gpg:0x${whole},${long}`, { by: 'gpg', signers: [whole.toUpperCase(), long] }],
  [`gpg:${'ABCD '.repeat(10)}`, { by: 'gpg', signers: ['ABCD'.repeat(10)] }],
  // Anybody can make a key with such an id.
  [`gpg:${short}`, { by: 'gpg', keyring: short }],
  ['minisign:RWQf6LRC', { by: 'minisign', key: 'RWQf6LRC' }],
  ['checksum', { by: 'checksum' }],
  ['none', { by: 'none' }],
  ['auto', { by: 'auto' }],
];

const refused = ['', 'yes', 'gpgv', 'pgp:keys.asc', 'minisign', 'minisign:', 'none:x', 'auto:gpg', 'checksum:sha256', 'keys.asc'];

const failureOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error instanceof ImgctlError ? error.code : error;
  }
};

describe('what must vouch', () => {
  it.each(understood)('%s is understood', (text, demand) => expect(demandFrom(text, '--verify')).toEqual(demand));

  it.each(refused)('"%s" is refused where it was said', (text) => {
    expect(failureOf(() => demandFrom(text, '--verify'))).toBe('USAGE');
    expect(failureOf(() => demandFrom(text, 'verify', configError))).toBe('CONFIG');
  });

  it('sigstore is said not to be built', () => {
    expect(failureOf(() => demandFrom('sigstore:me@example.com', '--verify'))).toBe('UNSUPPORTED');
  });

  it.each([
    ['gpg:keys.asc', 'gpg:/home/me/keys.asc'],
    ['signature:a.asc, ../b.asc,~/c.asc,/d.asc', 'gpg:/home/me/a.asc,/home/b.asc,~/c.asc,/d.asc'],
    ['minisign:m.pub', 'minisign:/home/me/m.pub'],
    [`minisign:RW${'A'.repeat(54)}`, `minisign:RW${'A'.repeat(54)}`],
    [`gpg:${whole}`, `gpg:${whole}`],
    ['gpg', 'gpg'],
    ['auto', 'auto'],
  ])('%s of another folder is %s', (text, placed) => expect(demandAt('/home/me', text)).toBe(placed));

  it('signers are whole fingerprints; others are refused', () => {
    const fail = (what: string): ImgctlError => configError(what);
    expect(signersFrom(undefined, fail)).toBeUndefined();
    expect(signersFrom(' ', fail)).toBeUndefined();
    expect(signersFrom(`${whole}, 0x${long}`, fail)).toEqual([whole.toUpperCase(), long]);
    expect(failureOf(() => signersFrom(`${whole},${short}`, fail))).toBe('CONFIG');
  });
});
