import { describe, expect, it } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import type { Content } from '../../src/core/operation.ts';
import { verifySent } from '../../src/transfer/verify.ts';

const image = (fields: Partial<Image>): Image => ({
  id: 'i',
  name: 'n',
  status: 'active',
  providerStatus: 'active',
  tags: [],
  properties: {},
  places: [],
  raw: {},
  profile: 'p',
  provider: 'cloud',
  ...fields,
});
const content: Content = {
  encoding: { format: 'raw' },
  repeatable: true,
  open: () => {
    throw new Error('is not read again');
  },
  sent: () => ({ bytes: 10, digests: { sha512: 'ab', md5: 'cd' } }),
};

describe('what arrived', () => {
  it('is verified by the first digest that both have, in either case', () => {
    expect(verifySent(image({ sizeBytes: 10, checksums: { md5: 'cd', sha512: 'AB' } }), content, ['sha512', 'md5'])).toBe(
      'sha512',
    );
    expect(verifySent(image({ sizeBytes: 10, checksums: { md5: 'cd' } }), content, ['sha512', 'md5'])).toBe('md5');
  });

  it('is not called verified where nothing can be compared', () => {
    expect(verifySent(image({ sizeBytes: 99 }), content, [])).toBeUndefined();
    expect(verifySent(image({ sizeBytes: 10, checksums: { sha256: 'x' } }), content, ['sha256'])).toBeUndefined();
  });

  it.each([
    [{ sizeBytes: 9, checksums: { sha512: 'ab' } }, 'cloud has 9 bytes of i; 10 were sent'],
    [{ sizeBytes: 10, checksums: { sha512: 'ac', md5: 'cd' } }, 'the sha512 of i at cloud is ac; what was sent has ab'],
  ])('that differs is refused: %j', (fields, message) => {
    expect(() => verifySent(image(fields), content, ['sha512', 'md5'])).toThrow(message);
  });
});
