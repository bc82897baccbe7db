import { createHash } from 'node:crypto';
import { draws, fc } from '../../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { ContentIdHash, contentIdOf } from '../../../src/transfer/writers/content-id.ts';
import { anyPieces, bytesOf, guestOf, runsOf } from './guest.ts';

const block = 512 << 10;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** The definition, word by word. */
function contentId(guest: Buffer): string {
  const digests: Buffer[] = [];
  for (let at = 0; at < guest.length; at += block) {
    const filled = Buffer.concat([guest.subarray(at, at + block)], block);
    digests.push(sha256(filled));
  }
  const zero = sha256(Buffer.alloc(block));
  while (digests.at(-1)?.equals(zero)) digests.pop();
  return `blocks-sha256:${sha256(Buffer.concat(digests)).toString('hex')}`;
}

describe('the content id', () => {
  it('is that of the definition, however the disk comes', async () => {
    await fc.assert(
      fc.asyncProperty(anyPieces, async (pieces) => {
        expect(await contentIdOf(runsOf(pieces))).toBe(contentId(guestOf(pieces)));
      }),
      { numRuns: draws(60) },
    );
  });

  it('of nothing, and of zeros, is the hash of no digests', async () => {
    const nothing = `blocks-sha256:${sha256(Buffer.alloc(0)).toString('hex')}`;
    expect(await contentIdOf(runsOf([]))).toBe(nothing);
    expect(await contentIdOf(runsOf([{ kind: 'zero', length: 2 ** 40 + 1, seed: 0 }]))).toBe(nothing);
    expect(await contentIdOf(runsOf([{ kind: 'zero', length: 5 * block, seed: 0 }]))).toBe(nothing);
  });

  it('does not depend on zeros being known as zeros', async () => {
    const one = new ContentIdHash();
    await one.data(Buffer.alloc(3 * block + 10));
    await one.data(Buffer.from('x'));
    const other = new ContentIdHash();
    await other.zeros(3 * block + 10);
    await other.data(Buffer.from('x'));
    await other.zeros(7 * block);
    expect(await one.digest()).toBe(await other.digest());
  });

  it('counts the zero blocks of terabytes', async () => {
    const observer = new ContentIdHash();
    const blocks = 2 ** 21;
    await observer.zeros(blocks * block);
    await observer.data(Buffer.from('x'));
    const outer = createHash('sha256');
    const zero = sha256(Buffer.alloc(block));
    for (let left = blocks; left > 0; left -= 1) outer.update(zero);
    outer.update(sha256(Buffer.concat([Buffer.from('x')], block)));
    expect(await observer.digest()).toBe(`blocks-sha256:${outer.digest('hex')}`);
  });

  it('leaves the bytes to the caller as soon as they are taken', async () => {
    const observer = new ContentIdHash();
    const reused = Buffer.alloc(block);
    const guest: Buffer[] = [];
    for (let seed = 1; seed < 40; seed += 1) {
      bytesOf({ kind: 'data', length: block, seed }).copy(reused);
      guest.push(Buffer.from(reused));
      await observer.data(reused);
      reused.fill(7);
    }
    expect(await observer.digest()).toBe(contentId(Buffer.concat(guest)));
  });
});
