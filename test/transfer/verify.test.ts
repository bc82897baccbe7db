import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import type { Content } from '../../src/core/operation.ts';
import { algorithmNamed } from '../../src/transfer/published-digests.ts';
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
const bytes = Buffer.from('ten bytes.');
const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
const wrong = (algorithm: string): string => createHash(algorithm).update('other').digest('hex');
const content = (taken: readonly string[] = ['sha512']): Content & { read(): number } => {
  let opened = 0;
  return {
    encoding: { format: 'raw' },
    repeatable: true,
    open: async function* () {
      opened += 1;
      yield bytes;
    },
    read: () => opened,
    sent: () => ({ bytes: 10, digests: Object.fromEntries(taken.map((name) => [name, digest(name)])) }),
  };
};
const both = ['sha512', 'md5'];
const verify = (fields: Partial<Image>, what: Content = content(), rereads = true, format = 'raw') =>
  verifySent(image(fields), { content: what, format, rereads }, both);

describe('what arrived', () => {
  it('is verified by every digest that was taken on the way, the strongest first, in either case', async () => {
    const checksums = { md5: digest('md5'), SHA512: digest('sha512').toUpperCase() };
    expect(await verify({ sizeBytes: 10, checksums }, content(both))).toEqual({ by: 'sha512' });
    await expect(verify({ checksums: { ...checksums, md5: wrong('md5') } }, content(both))).rejects.toThrow('the md5 of i');
  });

  it.each(['md5', 'sha1', 'sha256', 'sha384', 'sha3_512', 'SHA3-256', 'blake2b', 'blake2s'])(
    'is read once more where %s is all that is reported',
    async (name) => {
      const algorithm = algorithmNamed(name) ?? '';
      const one = content();
      expect(await verify({ checksums: { [name]: digest(algorithm) } }, one)).toEqual({ by: algorithm });
      expect(one.read()).toBe(1);
      await expect(verify({ checksums: { [name]: wrong(algorithm) } })).rejects.toThrow(`the ${algorithm} of i at cloud is`);
      const stream = { ...content(), repeatable: false };
      expect((await verify({ checksums: { [name]: wrong(algorithm) } }, stream)).not).toContain(
        `reports only ${algorithm} for i`,
      );
      expect((await verify({ checksums: { [name]: digest(algorithm) } }, one, false)).not).toContain('not verified');
    },
  );

  it('is not called verified where nothing can be compared, and it is said what there was', async () => {
    expect(await verifySent(image({ sizeBytes: 99 }), { content: content(), format: 'raw', rereads: true }, [])).toEqual({});
    expect(await verify({ sizeBytes: 10 })).toEqual({ not: 'not verified: cloud reports no checksum for i' });
    for (const checksums of [{ gost94: 'ab' }, { sha512: 'too short' }])
      expect((await verify({ checksums })).not).toContain(`reports only ${Object.keys(checksums)[0] ?? ''} for i`);
  });

  it.each([
    [{ sizeBytes: 9 }, 'cloud has 9 bytes of i; 10 were sent'],
    [{ sizeBytes: 10, checksums: { sha512: wrong('sha512') } }, 'the sha512 of i at cloud is'],
    [{ diskFormat: 'raw', sizeBytes: 9 }, 'cloud has 9 bytes of i; 10 were sent'],
  ])('that differs is refused: %j', async (fields, message) => {
    await expect(verify(fields)).rejects.toThrow(message);
  });

  it('in another format than was sent is what the provider made of it', async () => {
    const made = { diskFormat: 'raw', sizeBytes: 99, checksums: { sha512: wrong('sha512') } };
    expect((await verify(made, content(), true, 'qcow2')).not).toContain('cloud converted i from qcow2 to raw');
    const kept = { diskFormat: 'raw', sizeBytes: 10, checksums: { sha512: digest('sha512') } };
    expect(await verify(kept, content(), true, 'qcow2')).toEqual({ by: 'sha512' });
  });
});
