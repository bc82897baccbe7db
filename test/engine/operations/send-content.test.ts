import { describe, expect, it } from 'vitest';
import { limitError, networkError, providerError } from '../../../src/core/errors.ts';
import { inFittingForm } from '../../../src/engine/account/upload-form.ts';
import { failureOf, testCall, type TestCall } from '../../conformance/stage.ts';
import { openBlockDriver, type BlockWishes } from '../../support/block-driver.ts';
import { makeContent, type ContentWishes, type TestContent } from '../../support/content.ts';
import { record } from '../../support/fake-upload.ts';
import { meeting } from '../../support/meeting.ts';

const disk = (wishes: ContentWishes = {}): TestContent => makeContent({ format: 'raw' }, { diskLength: 6 * 65_536, ...wishes });

function open(wishes: BlockWishes) {
  const opened = openBlockDriver(wishes);
  const { run } = inFittingForm(opened.session.require('upload'));
  const send = (content: TestContent, call: TestCall = testCall(), more: { readonly goesOn?: string } = {}) =>
    run({ description: { name: 'disk' }, content, extras: {}, ...more }, call);
  return { ...opened, send };
}
const whole = { ...record, id: 'whole' };
const forgets = (block: number) => ({
  before: ({ index }: { readonly index: number }): void => {
    if (index === block) throw networkError('it dropped the upload', { lost: true });
  },
});

describe('a content goes', () => {
  it('in blocks where there is no other form, and the driver is told all but the bytes', async () => {
    const { send, uploads, asked } = open({});
    const content = disk();
    expect(await send(content)).toMatchObject({ id: 'made', profile: 'tests' });
    expect(uploads[0]?.there.size).toBe(6);
    const { encoding, bytes, virtualBytes, sha256, repeatable } = content;
    expect(asked[0]?.content).toMatchObject({ encoding, bytes, virtualBytes, sha256, repeatable });
    expect(asked[0]?.content).not.toHaveProperty('open');
  });

  it('in the form that the driver says of this content', async () => {
    const { send, uploads } = open({ run: async () => whole, inBlocks: ({ content }) => (content.bytes ?? 0) > 65_536 });
    expect(await send(disk({ diskLength: 1024 }))).toMatchObject({ id: 'whole' });
    expect(uploads.length).toBe(0);
    expect(await send(disk())).toMatchObject({ id: 'made' });
  });

  it('in blocks after one stream was too much at once, where it can be read again', async () => {
    const tooMuch = limitError('too much', { status: 413, tooMuchAtOnce: true });
    const { send, uploads } = open({ run: () => Promise.reject(tooMuch), inBlocks: () => false });
    expect(await send(disk())).toMatchObject({ id: 'made' });
    expect(uploads.length).toBe(1);
    await failureOf(send(disk({ blind: true })), 'LIMIT');
    expect(uploads.length).toBe(1);
  });

  it('nowhere after any other failure', async () => {
    const { send, uploads } = open({ run: () => Promise.reject(limitError('too much', { status: 413 })), inBlocks: () => false });
    await failureOf(send(disk()), 'LIMIT');
    expect(uploads.length).toBe(0);
  });

  it('not at all where the provider has all of it', async () => {
    const { send, uploads } = open({ there: whole });
    const content = disk();
    expect(await send(content)).toMatchObject({ id: 'whole', profile: 'tests' });
    expect([uploads.length, content.opened()]).toEqual([0, 0]);
  });
});

describe('blocks are under way side by side', () => {
  it.each([
    [undefined, 2],
    [1, 1],
    [9, 2],
  ])('where the user lets %s be: %i', async (most, expected) => {
    const before = meeting(expected);
    const { session, uploads } = openBlockDriver({ upload: () => ({ before }) });
    await inFittingForm(session.require('upload'), most).run(
      { description: { name: 'disk' }, content: disk(), extras: {} },
      testCall(),
    );
    expect(uploads[0]?.mostAtOnce()).toBe(expected);
  });
});

describe('an upload that the provider forgets', () => {
  it('is begun again from its first byte, saying so', async () => {
    const { send, uploads } = open({ upload: (nth) => (nth === 1 ? forgets(3) : {}) });
    const call = testCall();
    const content = disk();
    expect(await send(content, call)).toMatchObject({ id: 'made' });
    expect(content.opened()).toBe(2);
    expect(call.notes).toEqual([
      { kind: 'sending', ref: 'upload-1' },
      { kind: 'warning', message: 'it dropped the upload; starting again' },
      { kind: 'sending', ref: 'upload-1' },
    ]);
    expect(uploads[1]?.there.size).toBe(6);
  });

  it('is begun three times, and not where the source can be read only once', async () => {
    const often = open({ upload: () => forgets(0) });
    const content = disk();
    expect((await failureOf(often.send(content), 'NETWORK')).circumstances.lost).toBeUndefined();
    expect(content.opened()).toBe(3);
    const once = open({ upload: () => forgets(0) });
    expect((await failureOf(once.send(disk({ blind: true })), 'NETWORK')).circumstances.hint).toContain('file');
    expect(once.uploads.length).toBe(1);
  });
});

describe('an upload that another run has begun', () => {
  it('is gone on with: only what is missing is put', async () => {
    const { send, uploads } = open({ begun: { ref: 'theirs', has: [0, 1, 2] } });
    await send(disk(), testCall(), { goesOn: 'theirs' });
    expect(uploads.map(({ begun }) => begun)).toEqual([[3, 4, 5]]);
  });

  it('is begun anew where it is gone, or none can be gone on with', async () => {
    for (const wishes of [{ begun: { ref: 'another', has: [0] } }, {}]) {
      const { send, uploads } = open(wishes);
      await send(disk(), testCall(), { goesOn: 'theirs' });
      expect(uploads.map(({ begun }) => begun)).toEqual([[0, 1, 2, 3, 4, 5]]);
    }
  });

  it('keeps its failure where nobody said that it is gone', async () => {
    const { session } = openBlockDriver({ begun: { ref: 'theirs', has: [] } });
    const upload = { ...session.require('upload'), resume: () => Promise.reject(providerError('down', { status: 503 })) };
    const { run } = inFittingForm(upload);
    await failureOf(
      run({ description: { name: 'disk' }, content: disk(), extras: {}, goesOn: 'theirs' }, testCall()),
      'PROVIDER',
    );
  });
});
