import { describe, expect, it } from 'vitest';
import {
  checkDetached,
  verifyClearSigned,
  verifyDetached,
  type TrustPolicy,
} from '../../../../src/transfer/trust/openpgp/verify.ts';
import {
  certificate,
  clearSigned,
  holder,
  overUserId,
  revocationOf,
  signedText,
  subkey,
  subkeyRevocation,
} from '../../../support/openpgp/certificates.ts';
import { day, testKey, type Kind } from '../../../support/openpgp/keys.ts';
import { armored, packet } from '../../../support/openpgp/packets.ts';
import { verdict } from '../../../support/openpgp/verdict.ts';
import { canonical, signaturePacket, subpacket, type Hash, type Says } from '../../../support/openpgp/signatures.ts';

const now = new Date('2026-06-01T00:00:00Z');
const text = 'aaaa  disk.qcow2\n-- a line with dashes\nbbbb  disk.raw';
const key = testKey('ed25519-legacy');
const other = testKey('ed25519-legacy', 'other');
const data = Buffer.from('bytes of a disk');
const trusts = (...keys: readonly (Uint8Array | string)[]): TrustPolicy => ({ keys: keys.map((one) => Buffer.from(one)), now });
const byKey = trusts(certificate(key));

const ofText = (document: string | Uint8Array, policy: TrustPolicy = byKey) =>
  verdict(() => verifyClearSigned(Buffer.from(document), 'SUMS', policy));
const ofData = (signature: Uint8Array, policy: TrustPolicy = byKey) =>
  verdict(() => verifyDetached(data, signature, 'disk', policy));
const signs = (says: Says = {}, by = key) => signaturePacket(by, [data], says);

describe('a good signature', () => {
  const kinds: readonly Kind[] = ['rsa2048', 'p256', 'p384', 'p521', 'ed25519', 'ed25519-legacy'];
  const hashes: readonly Hash[] = ['sha256', 'sha384', 'sha512'];

  it.each(kinds.flatMap((kind) => hashes.map((hash) => [kind, hash] as const)))('by %s with %s is taken', (kind, hash) => {
    const signer = testKey(kind);
    const policy = trusts(certificate(signer));
    const expected = { fingerprint: signer.fingerprint, name: holder, madeAt: '2025-01-01T00:00:00Z' };
    const document = Buffer.from(signedText(signer, text, { hash }));
    expect(verifyClearSigned(document, 'SUMS', policy)).toEqual({ text, signer: expected });
    expect(verifyDetached(data, signs({ hash }, signer), 'disk', policy)).toEqual(expected);
    expect(verifyDetached(data, Buffer.from(armored('SIGNATURE', signs({ hash }, signer))), 'disk', policy)).toEqual(expected);
    const check = checkDetached(signs({ hash }, signer), 'disk', policy);
    for (const byte of data) check.update(Buffer.from([byte]));
    expect(check.verdict()).toEqual(expected);
    expect(ofData(signs({ hash }, signer), { ...policy, keys: [certificate(testKey(kind, 'other'))] })).toMatch(
      /not in the keyring/,
    );
    const changed = checkDetached(signs({ hash }, signer), 'disk', policy);
    changed.update(Buffer.from('other bytes of it'));
    expect(verdict(() => changed.verdict())).toMatch(`INTEGRITY: disk does not match its signature by key ${signer.fingerprint}`);
  });

  it.each(['rsa2048', 'ed25519-legacy'] as const)('of version 3 by %s is taken, and its time is signed', (kind) => {
    const signer = testKey(kind);
    const policy = trusts(certificate(signer));
    const signature = signs({ version: 3 }, signer);
    expect(verifyDetached(data, signature, 'disk', policy).madeAt).toBe('2025-01-01T00:00:00Z');
    const later = Buffer.from(signature);
    later.writeUInt8(later.readUInt8(12) ^ 1, 12);
    expect(ofData(later, policy)).toMatch(/does not match/);
  });

  it('is enough among others: of unknown keys, versions, hashes, and damaged ones', () => {
    const bad = [
      signs({}, other),
      signs({ version: 6 }),
      signs({ hash: 'md5' }),
      signs({ hash: 'sha1' }),
      packet(2, Buffer.from([4, 0])),
      packet(60, Buffer.from('what is not known')),
      signaturePacket(key, [Buffer.from('another disk')]),
    ];
    expect(ofData(Buffer.concat([...bad, signs(), ...bad]))).toBe('good');
    expect(ofData(Buffer.concat(bad))).toMatch('INTEGRITY');
  });

  it.each([
    ['armored', armored('PUBLIC KEY BLOCK', certificate(key), 'Comment: ours\n')],
    [
      'armored with CRLF and words around',
      `pub ours\r\n${armored('PUBLIC KEY BLOCK', certificate(key)).replaceAll('\n', '\r\n')}end`,
    ],
    [
      'several armored ones in one file',
      armored('PUBLIC KEY BLOCK', certificate(other)) + armored('PUBLIC KEY BLOCK', certificate(key)),
    ],
    ['several binary ones in one file', Buffer.concat([certificate(other), certificate(key)])],
    [
      'with packets of GnuPG between',
      Buffer.concat([certificate(key).subarray(0, 57), packet(12, Buffer.alloc(6)), certificate(key).subarray(57)]),
    ],
    ['with a key of version 6 in front', Buffer.concat([packet(6, Buffer.alloc(40, 6)), certificate(key)])],
  ])('is found by a keyring that is %s', (_, keyring) => {
    expect(ofData(signs(), trusts(keyring))).toBe('good');
  });

  it('whose key signed its own name with SHA-1 only is taken', () => {
    expect(ofData(signs(), trusts(certificate(key, { hash: 'sha1' })))).toBe('good');
  });
});

describe('a signature is refused', () => {
  const weak = testKey('rsa1024');
  const dsa = testKey('dsa');
  const signer = { ...byKey, signers: [other.fingerprint] };
  const expired = certificate(key, { keyExpires: day('2025-06-01') - key.created });

  const faults: readonly (readonly [why: string, says: RegExp, signature: Uint8Array, policy?: TrustPolicy])[] = [
    ['by a key that is not in the keyring', /not in the keyring \([0-9A-F]{16}\)$/, signs({}, other)],
    ['by a key that is no trusted signer', /none of the trusted signers/, signs(), signer],
    ['with SHA-1', /SHA-1/, signs({ hash: 'sha1' })],
    ['with MD5', /hash that is not trusted/, signs({ hash: 'md5' })],
    ['with SHA-224', /hash that is not trusted/, signs({ hash: 'sha224' })],
    ['by RSA of 1024 bits', /RSA 1024/, signs({}, weak), trusts(certificate(weak))],
    ['by DSA', /DSA/, signs({}, dsa), trusts(certificate(dsa), certificate(key))],
    ['of text where it is of bytes', /another kind/, signs({ type: 1 })],
    ['of nothing but itself', /another kind/, signs({ type: 2 })],
    ['from the future', /in the future \(2026-06-02\)/, signs({ created: day('2026-06-02') })],
    ['without a time', /without a time/, signs({ created: null })],
    ['past its own end', /signature that expired on 2025-01-11/, signs({ expires: 864_000 })],
    ['from before its key', /made after that/, signs({ created: day('2023-01-01') })],
    [
      'with a critical subpacket that is not known',
      /critical subpacket 99/,
      signs({ more: [subpacket(99, Buffer.alloc(1), true)] }),
    ],
    ['with a critical notation', /critical subpacket 20/, signs({ more: [subpacket(20, Buffer.alloc(9), true)] })],
    ['with a critical subpacket outside', /critical subpacket 99/, signs({ loose: [subpacket(99, Buffer.alloc(1), true)] })],
    ['in nobody’s name', /without naming/, signs({ issuer: null })],
    ['in two names', /several keys/, signs({ issuerFingerprint: Buffer.from(other.fingerprint, 'hex') })],
    ['by an expired key', /[0-9A-F]{40}, which expired on 2025-06-01/, signs(), trusts(expired)],
    ['by a revoked key', /is revoked/, signs(), trusts(certificate(key), revocationOf(key))],
    ['by a key that SHA-1 revokes', /is revoked/, signs(), trusts(revocationOf(key, { hash: 'sha1' }), certificate(key))],
    ['by a key that is not for signing', /not for signing/, signs(), trusts(certificate(key, { flags: 1 }))],
    ['by a key without a self-signature', /no valid self-signature/, signs(), trusts(packet(6, key.body))],
    ['by a key whose self-signature has expired', /no valid self-signature/, signs(), trusts(certificate(key, { expires: 9 }))],
    ['by a key whose name another has signed', /no valid self-signature/, signs(), trusts(nameSignedByAnother())],
    ['by a key that has taken its name back', /no valid self-signature/, signs(), trusts(nameTakenBack())],
  ];
  const judged = faults.map(([why, says, signature, policy = byKey]) => ({ why, says, signature, policy }));

  it.each(judged)('$why', ({ says, signature, policy }) => {
    expect(ofData(signature, policy)).toMatch(/^INTEGRITY: disk is signed /);
    expect(ofData(signature, policy)).toMatch(says);
    expect(verdict(() => checkDetached(signature, 'disk', policy))).toMatch(says);
  });

  function nameSignedByAnother(): Buffer {
    const userId = packet(13, Buffer.from(holder));
    return Buffer.concat([packet(6, key.body), userId, signaturePacket(other, overUserId(key), { type: 0x13 })]);
  }
  function nameTakenBack(): Buffer {
    return Buffer.concat([certificate(key), signaturePacket(key, overUserId(key), { type: 0x30 })]);
  }

  it('where there is none: nothing, cut off, damaged, or no OpenPGP', () => {
    expect(ofData(Buffer.alloc(0))).toMatch('INTEGRITY: the signature of disk is damaged: neither binary nor armored');
    expect(ofData(certificate(key))).toMatch(/is signed by a signature of another kind/);
    expect(ofData(packet(13, Buffer.from(holder)))).toMatch('INTEGRITY: the signature of disk carries no signature');
    for (let length = 1; length < signs().length; length++) expect(ofData(signs().subarray(0, length))).toMatch('INTEGRITY');
  });
});

describe('a key', () => {
  const keyExpires = day('2025-06-01') - key.created;

  it('is good up to a clock that is five minutes behind', () => {
    const at = now.getTime() / 1000;
    expect([299, 301].map((seconds) => ofData(signs({ created: at + seconds })).slice(0, 9))).toEqual(['good', 'INTEGRITY']);
  });

  it('that has expired is good for what it signed in its time, where that is asked for', () => {
    const policy: TrustPolicy = { ...trusts(certificate(key, { keyExpires })), expiredKeys: 'accept' };
    expect(ofData(signs(), policy)).toBe('good');
    expect(ofData(signs({ created: day('2025-07-01') }), policy)).toMatch(/expired on 2025-06-01/);
  });

  it('is as good as its newest self-signature says, from whatever file', () => {
    const old = certificate(key, { keyExpires });
    const longer = certificate(key, { keyExpires: keyExpires * 9, created: day('2025-05-01') });
    for (const keys of [
      [old, longer],
      [longer, old],
    ])
      expect(ofData(signs(), trusts(...keys))).toBe('good');
  });

  it('that is not for signing by one self-signature is not by another that says nothing of it', () => {
    const direct = signaturePacket(key, [key.hashed], { type: 0x1f, created: day('2025-05-01') });
    const [certifies, overKey] = [certificate(key, { flags: 1 }), Buffer.concat([packet(6, key.body), direct])];
    expect(ofData(signs(), trusts(overKey))).toBe('good');
    expect(ofData(signs(), trusts(certifies, overKey))).toMatch(/not for signing/);
  });

  it('is chosen by the fingerprint of the primary key or of the subkey, however it is written', () => {
    const sub = testKey('p256', 'sub');
    const keyring = Buffer.concat([certificate(key), subkey(key, sub)]);
    const spaced = `0x${sub.fingerprint.toLowerCase().replace(/(....)/g, '$1 ')}`;
    for (const signers of [[key.fingerprint], [sub.fingerprint], [spaced]])
      expect(verifyDetached(data, signs({}, sub), 'disk', { ...trusts(keyring), signers }).fingerprint).toBe(key.fingerprint);
  });
});

describe('a subkey', () => {
  const sub = testKey('rsa2048', 'sub');
  const by = (...parts: readonly Buffer[]) => ofData(signs({}, sub), trusts(Buffer.concat(parts)));
  const stranger = signaturePacket(other, [key.hashed, sub.hashed], { type: 0x18, flags: 2 });

  it.each<readonly [what: string, says: RegExp, parts: readonly Buffer[]]>([
    ['signs for its primary key', /^good$/, [certificate(key), subkey(key, sub)]],
    ['bound with SHA-1 signs', /^good$/, [certificate(key), subkey(key, sub, { hash: 'sha1' }, { hash: 'sha1' })]],
    ['that has not signed back is refused', /has not signed that it belongs/, [certificate(key), subkey(key, sub, {}, null)]],
    [
      'that signed back as something else is refused',
      /has not signed that it belongs/,
      [certificate(key), subkey(key, sub, {}, { type: 0x18 })],
    ],
    ['that is not for signing is refused', /not for signing/, [certificate(key), subkey(key, sub, { flags: 12 })]],
    ['that is revoked is refused', /is revoked/, [certificate(key), subkey(key, sub), subkeyRevocation(key, sub)]],
    ['that has expired is refused', /expired on 2024-01-11/, [certificate(key), subkey(key, sub, { keyExpires: 864_000 })]],
    [
      'of a revoked key is refused',
      /primary key [0-9A-F]{40} is revoked/,
      [certificate(key), subkey(key, sub), revocationOf(key)],
    ],
    ['of an expired key is refused', /primary key [0-9A-F]{40} expired/, [certificate(key, { keyExpires: 9 }), subkey(key, sub)]],
    ['that another has bound is refused', /no valid self-signature/, [certificate(key), packet(14, sub.body), stranger]],
  ])('%s', (_, says, parts) => {
    expect(by(...parts)).toMatch(says);
  });
});

describe('a clear-signed document', () => {
  const document = signedText(key, text);

  it('gives back what was signed, without escapes and without whitespace at the ends of lines', () => {
    const spaced = document.replaceAll('disk.qcow2\n', 'disk.qcow2 \t \n');
    for (const one of [
      document,
      spaced,
      document.replaceAll('\n', '\r\n'),
      document.replace('Hash: SHA256\n', ''),
      `${document}\n \n`,
    ])
      expect(verifyClearSigned(Buffer.from(one), 'SUMS', byKey).text).toBe(text);
  });

  it.each([' \n', '\t\n', '\r\n', '\n'])('is the same with %j at the ends of lines, none of which begins with a dash', (end) => {
    const lines = 'a - b\n\nc-\n d';
    const one = signedText(key, lines).replaceAll('\n', end);
    expect(verifyClearSigned(Buffer.from(one), 'SUMS', byKey).text).toBe(lines);
  });

  it.each([
    '',
    '\n',
    'one line',
    'a\n\n\nb\n',
    '-----BEGIN PGP SIGNATURE-----',
    '- x\n-',
    'ü€😀',
    ' indented',
    'x'.repeat(200_000),
  ])('of any text: %j', (one) => {
    expect(verifyClearSigned(Buffer.from(signedText(key, one)), 'SUMS', byKey).text).toBe(one);
  });

  const begin = '-----BEGIN PGP SIGNED MESSAGE-----';
  it.each<readonly [what: string, says: RegExp, made: string]>([
    ['without a signature', /SUMS carries no signature/, text],
    ['of nothing', /SUMS carries no signature/, ''],
    ['with text before it', /has text before/, `evil\n${document}`],
    ['with text behind it', /has text behind/, `${document}evil\n`],
    ['with another behind it', /has text behind/, document + document],
    ['with a header that is not signed', /has a header/, document.replace('Hash:', 'Comment: evil\nHash:')],
    ['with text in place of the headers', /has a header/, document.replace('Hash:', 'evil\nHash:')],
    ['with a line that is not escaped', /begins with a dash/, document.replace('- --', '--')],
    ['cut off in its text', /ends before its signature/, document.slice(0, 100)],
    ['cut off in its signature', /cut short/, document.slice(0, -40)],
    ['with a damaged signature', /damaged armor/, document.replace('SIGNATURE-----\n\n', 'SIGNATURE-----\n\n*')],
    ['with a signature of bytes', /another kind/, clearSigned(text, signaturePacket(key, [canonical(text)]))],
    ['that was changed', /does not match its signature by key/, document.replace('aaaa', 'aaab')],
    ['with a line more', /does not match/, document.replace('bbbb', '\nbbbb')],
    ['with other spaces within a line', /does not match/, document.replace('bbbb  ', 'bbbb ')],
    ['with no text left', /does not match/, document.replace(/\n\n[^]*?\n(?=-----BEGIN PGP SIG)/, '\n\n')],
    ['that begins twice', /begins with a dash/, document.replace(begin, `${begin}\n\n${begin}`)],
  ])('%s is refused', (_, says, made) => {
    expect(ofText(made)).toMatch(/^INTEGRITY: SUMS /);
    expect(ofText(made)).toMatch(says);
  });
});

describe('a keyring', () => {
  it.each<readonly [what: string, says: RegExp, keys: readonly (Uint8Array | string)[]]>([
    ['of no file', /no key that signatures can be verified with/, []],
    ['of an empty file', /cannot be read: neither binary nor armored/, ['']],
    ['of something else', /cannot be read: neither/, ['ssh-ed25519 AAAA']],
    ['of a cut file', /cannot be read: cut short/, [certificate(key).subarray(0, 90)]],
    ['of DSA alone', /no key that/, [certificate(testKey('dsa'))]],
    [
      'of GnuPG 2.1’s own kind',
      /keybox of GnuPG/,
      [Buffer.concat([Buffer.from('0000002001010002', 'hex'), Buffer.from('KBXf')])],
    ],
  ])('%s is a fault of the configuration', (_, says, keys) => {
    expect(ofData(signs(), trusts(...keys))).toMatch(/^CONFIG: /);
    expect(ofData(signs(), trusts(...keys))).toMatch(says);
  });
});
