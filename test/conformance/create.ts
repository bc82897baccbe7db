import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import type { CreateRequest, Description } from '../../src/core/operation.ts';
import { expectField, samplesOf } from './samples.ts';
import { failureOf, testCall, type Stage } from './stage.ts';
import { wellFormed } from './well-formed.ts';

/** Makes an image in the way the provider offers: a record without data, or from a server's disk. */
export async function createOn(
  stage: Stage,
  description: Description & { name: string },
  more: Partial<CreateRequest> = {},
): Promise<Image> {
  const create = stage.open().session.require('create');
  const fromDisk = create.from.includes('nothing') ? undefined : stage.disk;
  if (!create.from.includes('nothing') && fromDisk === undefined) throw new Error('this driver needs the option `disk`');
  const request: CreateRequest = {
    description,
    extras: stage.extras?.create ?? {},
    ...(fromDisk === undefined ? {} : { fromDisk }),
    ...more,
  };
  const image = await create.run(request, testCall());
  stage.tidy(image.id);
  return image;
}

export function createTests(stage: Stage): void {
  const facts = stage.driver.facts.create;
  if (!facts) return;

  stage.test('makes an image that can be shown and listed', async () => {
    const name = stage.unique('created');
    const image = await createOn(stage, { name });
    wellFormed(image);
    expect(image.name).toBe(name);
    expect(await stage.show(image.id)).toMatchObject({ id: image.id, name });
    expect((await stage.named(name)).map((each) => each.id)).toEqual([image.id]);
  });

  if (facts.from.includes('nothing') && stage.driver.facts.upload?.into)
    stage.test('makes a queued record, for it has no data', async () => {
      expect((await createOn(stage, { name: stage.unique('queued') })).status).toBe('queued');
    });

  for (const [field, asked] of samplesOf(stage, facts.fields))
    stage.test(`keeps ${field}`, async () => {
      const image = await createOn(stage, { name: stage.unique('field'), ...asked });
      expectField(image, field, asked);
      expectField(await stage.show(image.id), field, asked);
      await unprotect(stage, image);
    });

  if (facts.ownId)
    stage.test('takes an id of the caller, once', async () => {
      const id = randomUUID();
      expect((await createOn(stage, { name: stage.unique('own') }, { id })).id).toBe(id);
      await failureOf(createOn(stage, { name: stage.unique('own') }, { id }), 'CONFLICT');
      expect((await stage.show(id)).id).toBe(id);
    });

  stage.test('makes two images of one name', async () => {
    const name = stage.unique('twice');
    const one = await createOn(stage, { name });
    const other = await createOn(stage, { name });
    expect(one.id).not.toBe(other.id);
    expect((await stage.named(name)).length).toBe(2);
  });
}

/** Lets a protected image be removed again at the end. */
export async function unprotect(stage: Stage, image: Image): Promise<void> {
  const patch = stage.open().session.find('patch');
  if (image.protected && patch?.fields.includes('protected'))
    await patch.run({ id: image.id, changes: { protected: false }, extras: {} }, testCall());
}
