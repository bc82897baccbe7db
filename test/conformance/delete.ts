import { expect } from 'vitest';
import type { ImgctlError } from '../../src/core/errors.ts';
import { failureOf, testCall, type Stage } from './stage.ts';

/** Brings an image into a state from which it can be deleted, where the facts say that not every state will do. */
async function prepareRemoval(stage: Stage, id: string): Promise<void> {
  const from = stage.driver.facts.delete?.from;
  if (from === undefined || from.includes((await stage.show(id)).status)) return;
  await stage.open().session.require('deactivate').run({ id }, testCall());
  await stage.settle(id, 'deactivate', (image) => from.includes(image.status));
}

/** Removes an image and waits until it is gone, or shows as deleted where the provider keeps such records. */
async function remove(stage: Stage, id: string): Promise<void> {
  await prepareRemoval(stage, id);
  await stage.open().session.require('delete').run({ id }, testCall());
  await gone(stage, id, stage.driver.facts.delete?.later ?? false);
}

async function gone(stage: Stage, id: string, later: boolean): Promise<void> {
  try {
    await stage.settle(id, 'delete', (image) => later && image.status === 'deleted');
  } catch (error) {
    expect((error as ImgctlError).code, String(error)).toBe('NOT_FOUND');
  }
}

export function deleteTests(stage: Stage): void {
  const runDelete = (id: string): Promise<void> => stage.open().session.require('delete').run({ id }, testCall());

  stage.test('removes an image, and only that', async () => {
    const [id, other] = [await stage.active(), await stage.active()];
    await remove(stage, id);
    const listed = (await stage.list()).filter((image) => image.status !== 'deleted').map((image) => image.id);
    expect(listed).not.toContain(id);
    expect(listed).toContain(other);
  });

  stage.test('removes a record without data', async () => {
    const [id = ''] = await stage.seed({ name: stage.unique('empty'), status: 'queued' });
    await remove(stage, id);
  });

  if (stage.driver.facts.delete?.from?.includes('active') === false)
    stage.test('does not remove an active image, which has to be deactivated first', async () => {
      const id = await stage.active();
      await failureOf(runDelete(id), 'CONFLICT');
      expect((await stage.show(id)).status).toBe('active');
    });

  stage.test('does not remove an id that is not there', async () => {
    await failureOf(runDelete(stage.missing), 'NOT_FOUND');
  });

  if (stage.driver.facts.patch?.fields.includes('protected'))
    stage.test('does not remove a protected image', async () => {
      const id = await stage.active();
      const patch = stage.open().session.require('patch');
      await patch.run({ id, changes: { protected: true }, extras: {} }, testCall());
      await failureOf(runDelete(id), 'CONFLICT');
      expect((await stage.show(id)).status).toBe('active');
      await patch.run({ id, changes: { protected: false }, extras: {} }, testCall());
      await remove(stage, id);
    });
}

export function restoreTests(stage: Stage): void {
  stage.test('brings a removed image back', async () => {
    const id = await stage.active();
    await remove(stage, id);
    await stage.open().session.require('restore').run({ id }, testCall());
    const back = await stage.settle(id, 'restore', (image) => ['active', 'inactive'].includes(image.status));
    expect(back.id).toBe(id);
  });

  stage.test('does not bring back an id that never was', async () => {
    await failureOf(stage.open().session.require('restore').run({ id: stage.missing }, testCall()), 'NOT_FOUND');
  });
}

export function purgeTests(stage: Stage): void {
  stage.test('removes a removed image for good', async () => {
    const id = await stage.active();
    await remove(stage, id);
    await stage.open().session.require('purge').run({ id }, testCall());
    await gone(stage, id, true);
  });

  stage.test('does not purge an id that never was', async () => {
    await failureOf(stage.open().session.require('purge').run({ id: stage.missing }, testCall()), 'NOT_FOUND');
  });
}
