import { expect } from 'vitest';
import { gather } from '../support/content.ts';
import { failureOf, testCall, type Stage } from './stage.ts';

/** Blocks the use of an image and waits until it is blocked. */
async function deactivate(stage: Stage, id: string): Promise<void> {
  await stage.open().session.require('deactivate').run({ id }, testCall());
  await stage.settle(id, 'deactivate', (image) => image.status === 'inactive');
}

export function activationTests(stage: Stage): void {
  stage.test('blocks an image', async () => {
    const id = await stage.active();
    await deactivate(stage, id);
    expect((await stage.show(id)).status).toBe('inactive');
    expect((await stage.list()).find((image) => image.id === id)?.status).toBe('inactive');
  });

  const facts = stage.driver.facts.deactivate;
  if (stage.driver.facts.download && facts?.force === 'hard')
    stage.test('refuses the data of a blocked image', async () => {
      const id = await stage.active();
      await deactivate(stage, id);
      const work = async (): Promise<unknown> =>
        gather((await stage.open().session.require('download').run({ id }, testCall())).open());
      await failureOf(work(), 'CONFLICT', 'AUTH');
    });

  stage.test('says how far that goes, and what is lost by it', async () => {
    const id = await stage.active();
    const before = await stage.show(id);
    await deactivate(stage, id);
    await stage.open().session.require('reactivate').run({ id }, testCall());
    const after = await stage.settle(id, 'reactivate', (image) => image.status === 'active');
    expect(['hard', 'soft']).toContain(facts?.force);
    // What nobody but its owner sees has no visibility to lose.
    const stays = before.visibility === 'private' || !facts?.loses?.includes('visibility');
    expect(after.visibility === before.visibility).toBe(stays);
  });

  stage.test('does not block an id that is not there', async () => {
    await failureOf(stage.open().session.require('deactivate').run({ id: stage.missing }, testCall()), 'NOT_FOUND');
  });
}

export function reactivationTests(stage: Stage): void {
  stage.test('allows the use of a blocked image again', async () => {
    const id = await stage.active({ data: Buffer.from('a'.repeat(4096)) });
    const { session } = stage.open();
    if (session.find('deactivate')) await deactivate(stage, id);
    await session.require('reactivate').run({ id }, testCall());
    await stage.settle(id, 'reactivate', (image) => image.status === 'active');
    const download = session.find('download');
    if (download) expect((await gather((await download.run({ id }, testCall())).open())).toString()).toBe('a'.repeat(4096));
  });

  stage.test('does not allow an id that is not there', async () => {
    await failureOf(stage.open().session.require('reactivate').run({ id: stage.missing }, testCall()), 'NOT_FOUND');
  });
}
