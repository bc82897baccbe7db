import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ImgctlError } from '../../../src/core/errors.ts';
import { checkMinisign, minisignKeys, verifyMinisign } from '../../../src/transfer/trust/minisign.ts';

const data = Buffer.from('bytes of a disk');
const comment = 'timestamp:1767225600\tfile:disk\thashed';

function signer(id: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const x = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const line = (algorithm: string, value: Buffer) =>
    Buffer.concat([Buffer.from(algorithm), Buffer.from(id, 'hex').reverse(), value]).toString('base64');
  const over = (algorithm: string, bytes: Buffer) =>
    sign(null, algorithm === 'ED' ? createHash('blake2b512').update(bytes).digest() : bytes, privateKey);
  return {
    key: `untrusted comment: minisign public key ${id}\n${line('Ed', x)}\n`,
    bare: line('Ed', x),
    signify: (bytes = data, algorithm = 'Ed') =>
      `untrusted comment: verify with x.pub\n${line(algorithm, over(algorithm, bytes))}\n`,
    minisign(algorithm: string, bytes = data, text = comment) {
      const signature = over(algorithm, bytes);
      const second = sign(null, Buffer.concat([signature, Buffer.from(text)]), privateKey).toString('base64');
      return `untrusted comment: any\n${line(algorithm, signature)}\ntrusted comment: ${text}\n${second}\n`;
    },
  };
}

const ours = signer('0123456789ABCDEF');
const other = signer('FEDCBA9876543210');

function verdict(signature: string, keys = ours.key, bytes = data): string {
  try {
    const signedBy = verifyMinisign(bytes, Buffer.from(signature), 'disk', minisignKeys(keys));
    return `good: ${signedBy.fingerprint} ${signedBy.madeAt ?? 'at some time'}`;
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

describe('a signature of minisign or signify', () => {
  const goodAt = 'good: 0123456789ABCDEF 2026-01-01T00:00:00Z';

  it('is taken: of a hash, of the bytes, with comments or without, by one key of several', () => {
    expect(verdict(ours.minisign('ED'))).toBe(goodAt);
    expect(verdict(ours.minisign('Ed'))).toBe(goodAt);
    expect(verdict(ours.minisign('ED').replaceAll('\n', '\r\n'), ours.bare)).toBe(goodAt);
    expect(verdict(ours.minisign('ED'), other.key + ours.key)).toBe(goodAt);
    expect(verdict(ours.signify())).toBe('good: 0123456789ABCDEF at some time');
  });

  it('is judged as the bytes pass by', () => {
    for (const algorithm of ['ED', 'Ed']) {
      const check = checkMinisign(Buffer.from(ours.minisign(algorithm)), 'disk', minisignKeys(ours.key));
      for (const byte of data) check.update(Buffer.from([byte]));
      expect(check.verdict().fingerprint).toBe('0123456789ABCDEF');
    }
  });

  it('over more than can be held is refused as soon as there is more', () => {
    const check = checkMinisign(Buffer.from(ours.minisign('Ed')), 'disk', minisignKeys(ours.key));
    const half = Buffer.alloc(32 * 1024 * 1024);
    check.update(half);
    check.update(half);
    expect(() => check.update(data)).toThrow('larger than 64 MiB');
  });

  it.each<readonly [what: string, says: RegExp, signature: string]>([
    ['by another key', /another key \(FEDCBA9876543210\) than 0123456789ABCDEF/, other.minisign('ED')],
    ['by another key of the same id', /disk does not match|trusted comment/, signer('0123456789ABCDEF').minisign('ED')],
    ['over other bytes', /disk does not match its signature by key 0123456789ABCDEF/, ours.minisign('ED', Buffer.from('other'))],
    ['over other bytes, of signify', /disk does not match/, ours.signify(Buffer.from('other'))],
    ['whose trusted comment was changed', /trusted comment/, ours.minisign('ED').replace('1767225600', '1767225601')],
    ['of a hash without a trusted comment', /damaged/, ours.signify(data, 'ED')],
    ['of an unknown kind', /damaged/, ours.minisign('Xx')],
    ['with text behind', /damaged/, `${ours.minisign('ED')}evil\n`],
    ['cut short', /damaged/, ours.minisign('ED').slice(0, 150)],
    ['of nothing', /damaged/, ''],
    ['of a megabyte', /damaged/, '\n'.repeat(1_000_000)],
  ])('%s is refused', (_, says, signature) => {
    expect(verdict(signature)).toMatch(/^INTEGRITY: /);
    expect(verdict(signature)).toMatch(says);
  });

  it('changed in any one byte is refused, but in its untrusted comment', () => {
    const good = Buffer.from(ours.minisign('ED'));
    const start = good.indexOf('\n') + 1;
    const odd = [...good.keys()].filter((at) => {
      const changed = Buffer.from(good);
      changed[at] = (changed[at] ?? 0) ^ 1;
      return at >= start && verdict(changed.toString('latin1')).startsWith('good');
    });
    expect(odd).toEqual([]);
  });

  it.each(['', 'RWQ', 'untrusted comment: x', `${ours.bare}\nRWnone`])(
    'by a key that is none (%j) is a fault of the configuration',
    (keys) => {
      expect(verdict(ours.minisign('ED'), keys)).toMatch(/^CONFIG: that is no public key/);
    },
  );
});
