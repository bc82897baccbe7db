import { describe, expect, it } from 'vitest';
import { integrityError } from '../../src/core/errors.ts';
import type { Bytes } from '../../src/core/http.ts';
import { signedSource } from '../../src/transfer/signed-source.ts';
import type { Source } from '../../src/transfer/source.ts';

const content = Buffer.from('abcdefghij');

const sourceOf = (near: boolean, isLengthKnown = true): Source => ({
  name: 'x',
  repeatable: true,
  near,
  digests: { sha256: '0'.repeat(64) },
  contentId: 'blocks-sha256:1',
  ...(isLengthKnown ? { bytes: content.length } : {}),
  async *open(from = 0, to = content.length - 1) {
    for (let at = from; at <= to; at += 3) yield content.subarray(at, Math.min(at + 3, to + 1));
  },
  random: { size: content.length, read: async (offset, length) => content.subarray(offset, offset + length) },
  close: async () => undefined,
});

/** A signature over this text, and how often it was proved. */
function signatureOver(text: string) {
  const said: string[] = [];
  return {
    said,
    begin: async () => {
      let seen = '';
      return {
        update: (chunk: Uint8Array) => void (seen += Buffer.from(chunk).toString()),
        verdict() {
          if (seen !== text) throw integrityError('x does not match its signature');
          return { fingerprint: 'F' };
        },
      };
    },
    proved: ({ fingerprint }: { readonly fingerprint: string }) => void said.push(fingerprint),
  };
}

async function read(bytes: Bytes): Promise<{ readonly text: string; readonly error?: unknown }> {
  let text = '';
  try {
    for await (const chunk of bytes) text += Buffer.from(chunk).toString();
    return { text };
  } catch (error) {
    return { text, error };
  }
}

describe.each([true, false])('a signed source that is far, of which the length is known: %s', (isLengthKnown) => {
  it.each([0, 1, 3, 5, 10])('gives all from byte %i on once all of it was judged', async (from) => {
    const signature = signatureOver('abcdefghij');
    const source = await signedSource(sourceOf(false, isLengthKnown), signature);
    expect(await read(source.open(from))).toEqual({ text: 'abcdefghij'.slice(from) });
    expect(signature.said).toEqual(['F']);
  });

  it.each([0, 5])('never gives the end of what was signed as something else, read from byte %i on', async (from) => {
    const source = await signedSource(sourceOf(false, isLengthKnown), signatureOver('abcdefghiX'));
    const { text, error } = await read(source.open(from));
    expect(text.length).toBeLessThan(content.length - from);
    expect(error).toMatchObject({ code: 'INTEGRITY' });
  });

  it('cannot be read at any place, and has no digests that nobody has signed', async () => {
    const source = await signedSource(sourceOf(false, isLengthKnown), signatureOver('abcdefghij'));
    expect([source.random, source.digests, source.contentId]).toEqual([undefined, undefined, undefined]);
  });
});

describe('a signed source that lies near', () => {
  it('is judged before it is used', async () => {
    const signature = signatureOver('abcdefghij');
    expect((await signedSource(sourceOf(true), signature)).random).toBeDefined();
    expect(signature.said).toEqual(['F']);
    await expect(signedSource(sourceOf(true), signatureOver('other'))).rejects.toMatchObject({ code: 'INTEGRITY' });
  });
});
