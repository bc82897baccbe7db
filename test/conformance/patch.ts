import { expect } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import type { Changes } from '../../src/core/operation.ts';
import { createOn, unprotect } from './create.ts';
import { expectField, expectUntouched, samplesOf } from './samples.ts';
import { meanwhileTests } from './conflict.ts';
import { failureOf, testCall, type Stage } from './stage.ts';
import { wellFormed } from './well-formed.ts';

export function patchTests(stage: Stage): void {
  const facts = stage.driver.facts.patch;
  if (!facts) return;
  const has = (field: (typeof facts.fields)[number]): boolean => facts.fields.includes(field);
  const patch = (id: string, changes: Changes): Promise<Image> =>
    stage
      .open()
      .session.require('patch')
      .run({ id, changes, extras: stage.extras?.patch ?? {} }, testCall());

  /** An image to be changed. What its data is can be said only while it has none. */
  async function subject(field: string): Promise<string> {
    const described = { description: 'before', tags: ['suite-before'], properties: { suite_before: 'yes' } };
    if (!field.endsWith('Format') || !stage.driver.facts.create?.from.includes('nothing')) return stage.active(described);
    return (await createOn(stage, { name: stage.unique('format') })).id;
  }

  for (const [field, asked] of samplesOf(stage, facts.fields))
    stage.test(`changes ${field} and nothing else`, async () => {
      const id = await subject(field);
      const before = await stage.show(id);
      const image = await patch(id, asked);
      wellFormed(image);
      expectField(image, field, asked);
      const after = await stage.show(id);
      expectField(after, field, asked);
      expectUntouched(before, after, field);
      await unprotect(stage, after);
    });

  if (has('description'))
    stage.test('clears a description', async () => {
      const id = await stage.active();
      await patch(id, { description: 'here' });
      expect((await stage.show(id)).description).toBe('here');
      await patch(id, { description: null });
      expect((await stage.show(id)).description ?? '').toBe('');
    });

  if (has('name'))
    stage.test('keeps text as it was written', async () => {
      const id = await stage.active();
      const name = stage.unique('odd.name_x').slice(0, 50);
      expect((await patch(id, { name })).name).toBe(name);
    });

  if (has('tags')) {
    stage.test('adds and removes tags one by one, to the last', async () => {
      const id = await stage.active();
      await patch(id, { tags: ['suite-a', 'suite-b'] });
      await patch(id, { addTags: ['suite-c', 'suite-a'] });
      expect([...(await stage.show(id)).tags].sort()).toEqual(['suite-a', 'suite-b', 'suite-c']);
      await patch(id, { removeTags: ['suite-a', 'suite-nobody'], addTags: ['suite-d'] });
      expect([...(await stage.show(id)).tags].sort()).toEqual(['suite-b', 'suite-c', 'suite-d']);
      await patch(id, { removeTags: ['suite-b', 'suite-c', 'suite-d'] });
      expect((await stage.show(id)).tags).toEqual([]);
    });

    stage.test('leaves no tags where none are wanted', async () => {
      const id = await stage.active({ tags: ['suite-a'] });
      await patch(id, { tags: [] });
      expect((await stage.show(id)).tags).toEqual([]);
    });
  }

  if (has('properties'))
    stage.test('sets and removes properties, and leaves the others', async () => {
      const id = await stage.active();
      await patch(id, { properties: { suite_a: '1', suite_b: '2', 'suite/slash~tilde': 'x' } });
      await patch(id, { properties: { suite_b: '3', suite_c: '' }, removeProperties: ['suite_a', 'suite_nobody'] });
      const { properties } = await stage.show(id);
      expect(properties).toMatchObject({ suite_b: '3', suite_c: '', 'suite/slash~tilde': 'x' });
      expect(properties).not.toHaveProperty('suite_a');
    });

  if (has('hidden'))
    stage.test('lists a hidden image only when asked', async () => {
      const id = await stage.active();
      const ids = async (hidden: boolean): Promise<readonly string[]> => (await stage.list({ hidden })).map((image) => image.id);
      expect(await ids(false)).toContain(id);
      await patch(id, { hidden: true });
      expect(await ids(false)).not.toContain(id);
      expect(await ids(true)).toContain(id);
    });

  meanwhileTests(stage);

  stage.test('does not change an id that is not there', async () => {
    const asked = has('name') ? { name: stage.unique('nobody') } : { description: 'nobody' };
    await failureOf(patch(stage.missing, asked), 'NOT_FOUND');
  });
}
