import { describe, expect, it } from 'vitest';
import { isBlockUpload } from '../../src/core/bound-blocks.ts';
import { sendBlocks } from '../../src/transfer/blocks/send-blocks.ts';
import { failureOf, testCall } from '../conformance/stage.ts';
import { openBlockDriver, type BlockWishes } from '../support/block-driver.ts';
import { makeContent } from '../support/content.ts';
import { record } from '../support/fake-upload.ts';

const request = {
  description: { name: 'disk' },
  content: { encoding: { format: 'raw' }, repeatable: true },
  extras: {},
} as const;
const content = () => makeContent({ format: 'raw' });

async function begin(wishes: BlockWishes = {}) {
  const { session } = openBlockDriver(wishes);
  const upload = session.require('upload');
  const begun = await upload.begin?.(request, testCall());
  if (!begun || !upload.blocks) throw new Error('no block form');
  return { begun, facts: upload.blocks };
}

describe('the block form of an upload', () => {
  it('is among the facts of the verb, which are plain data', async () => {
    const { session } = openBlockDriver({ run: async () => record, inBlocks: () => false });
    expect(session.driver.facts.upload).toEqual({
      accepts: [{ format: 'raw' }],
      fields: [],
      into: false,
      digests: [],
      blocks: { bytes: 65_536, order: 'any', concurrency: 2, sparse: false },
    });
  });

  it('ends as an image of this account, also where the provider had all of it', async () => {
    const { begun, facts } = await begin();
    if (!isBlockUpload(begun)) throw new Error('not begun');
    expect(await sendBlocks(content(), begun, facts, testCall())).toMatchObject({
      id: 'made',
      profile: 'tests',
      provider: 'blocks',
    });
    expect((await begin({ there: record })).begun).toMatchObject({ id: 'made', profile: 'tests', provider: 'blocks' });
  });

  it('ends as PROVIDER where the image cannot be told from others', async () => {
    const { session } = openBlockDriver({ there: { ...record, id: '' } });
    await failureOf(session.require('upload').begin?.(request, testCall()) ?? Promise.resolve(), 'PROVIDER');
  });

  it('is the only one where there is no other', async () => {
    const { session } = openBlockDriver({ inBlocks: () => false });
    const upload = session.require('upload');
    expect(upload.inBlocks?.(request)).toBe(upload.blocks);
    await failureOf(upload.run({ ...request, content: content() }, testCall()), 'UNSUPPORTED');
  });

  it('can be gone on with only where the driver can', async () => {
    expect(openBlockDriver({}).session.require('upload').resume).toBeUndefined();
    const upload = openBlockDriver({ begun: { ref: 'one', has: [1] } }).session.require('upload');
    expect((await upload.resume?.('one', request, testCall()))?.has?.(1)).toBe(true);
    await failureOf(upload.resume?.('other', request, testCall()) ?? Promise.resolve(), 'NOT_FOUND');
  });

  it('is absent where a driver takes streams only', async () => {
    const { default: linode } = await import('../../src/drivers/linode/index.ts');
    expect(linode.facts.upload).not.toHaveProperty('blocks');
  });
});
