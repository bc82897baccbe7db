import { describe, expect, it } from 'vitest';
import { isSameContent, type ImageState } from '../../../src/engine/journal/same-source.ts';

const sha512 = (digit: string): string => digit.repeat(128);
const md5 = (digit: string): string => digit.repeat(32);
const contentId = (digit: string): string => `blocks-sha256:${digit.repeat(64)}`;

describe('the content of an image, looked at twice,', () => {
  it.each<[what: string, one: ImageState, other: ImageState, isSame: boolean | undefined]>([
    ['one digest', { checksums: { sha512: sha512('a') } }, { checksums: { sha512: sha512('a') } }, true],
    ['one digest in other letters', { checksums: { sha512: sha512('a') } }, { checksums: { sha512: sha512('A') } }, true],
    ['another digest', { checksums: { sha512: sha512('a') } }, { checksums: { sha512: sha512('b') } }, false],
    [
      'a content id that was recorded meanwhile',
      { checksums: { sha512: sha512('a') } },
      { checksums: { sha512: sha512('a') }, contentId: contentId('c') },
      true,
    ],
    [
      'the strongest digest, though a weaker one is the same',
      { checksums: { md5: md5('1'), sha512: sha512('a') } },
      { checksums: { md5: md5('1'), sha512: sha512('b') } },
      false,
    ],
    ['a digest that both have', { checksums: { md5: md5('1'), sha512: sha512('a') } }, { checksums: { md5: md5('1') } }, true],
    ['a digest that the other has not, and no content id', { checksums: { sha512: sha512('a') } }, { checksums: {} }, undefined],
    ['one content id, without a common digest', { contentId: contentId('c') }, { contentId: contentId('c') }, true],
    ['another content id', { contentId: contentId('c') }, { contentId: contentId('d') }, false],
    ['one size, and no more', { sizeBytes: 5 }, { sizeBytes: 5 }, undefined],
    ['another size', { sizeBytes: 5 }, { sizeBytes: 6 }, false],
    ['a size that was not known before', { contentId: contentId('c') }, { contentId: contentId('c'), sizeBytes: 6 }, true],
    ['nothing', {}, {}, undefined],
  ])('is told by %s', (_what, one, other, isSame) => {
    expect(isSameContent(one, other)).toBe(isSame);
    expect(isSameContent(other, one)).toBe(isSame);
  });
});
