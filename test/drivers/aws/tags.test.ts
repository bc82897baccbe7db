import { describe, expect, it } from 'vitest';
import type { FoundImage } from '../../../src/drivers/aws/images.ts';
import { newTags, tagChange } from '../../../src/drivers/aws/tags.ts';

describe('tags, which EC2 keeps together with properties', () => {
  const own = { 'imgctl.channel.stable': 'web' };
  const found: FoundImage = {
    region: 'us-east-1',
    wire: { tagSet: [{ key: 'imgctl.channel.stable', value: 'web' }] },
  };

  it('take the place of nothing that imgctl keeps', () => {
    const refused = expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('is set by imgctl only') });
    for (const tag of ['imgctl.channel.stable', 'IMGCTL.managed']) {
      expect(() => newTags({ tags: [tag], properties: own })).toThrow(refused);
      expect(() => tagChange(found, { addTags: [tag] })).toThrow(refused);
      expect(() => tagChange(found, { tags: [tag] })).toThrow(refused);
    }
    expect(newTags({ tags: ['blessed'], properties: own })).toEqual([
      ['blessed', ''],
      ['imgctl.channel.stable', 'web'],
    ]);
    expect(tagChange(found, { removeTags: ['imgctl.channel.stable'] }).remove).toEqual([]);
    expect(tagChange(found, { removeProperties: ['imgctl.channel.stable'] }).remove).toEqual([['imgctl.channel.stable']]);
  });
});
