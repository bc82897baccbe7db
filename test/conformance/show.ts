import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { failureOf, type Stage } from './stage.ts';
import { wellFormed } from './well-formed.ts';

/** Ids that must never be taken apart on their way to the provider. */
const hostileIds = [
  'a/../b',
  '..',
  '../../v2/images',
  '%2e%2e%2f',
  'a%2Fb',
  'a\0b',
  'a\nb',
  '?limit=1',
  '#',
  ' ',
  'a'.repeat(5000),
];

/** Whether the value, or any value inside it, is deep-equal to what is looked for. */
function holds(value: unknown, wanted: unknown): boolean {
  if (isDeepStrictEqual(value, wanted)) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some((inner) => holds(inner, wanted));
}

export function showTests(stage: Stage): void {
  stage.test('shows an image', async () => {
    const name = stage.unique('shown');
    const id = await stage.active({ name });
    const image = await stage.show(id);
    expect(image).toMatchObject({ id, name, status: 'active', provider: stage.driver.name });
    wellFormed(image);
    wellFormed(await stage.show(id));
  });

  stage.test('shows a record without data', async () => {
    const [id = ''] = await stage.seed({ name: stage.unique('empty'), status: 'queued' });
    const image = await stage.show(id);
    wellFormed(image);
    expect(['queued', 'pending', 'inactive', 'active']).toContain(image.status);
  });

  stage.test('keeps the record as it came over the wire', async () => {
    const id = await stage.active({ description: 'kept', tags: ['suite-kept'], properties: { suite_kept: 'yes' } });
    const { answers } = stage.open();
    answers.splice(0);
    const { raw } = await stage.show(id);
    // A folder sends no answers: what stands in its files is the driver's own tests to compare.
    if (answers.length > 0) expect(answers.some((answer) => holds(answer, raw))).toBe(true);
    else expect(stage.cloudNow().requests()).toEqual([]);
  });

  stage.test('does not find an id that is not there', async () => {
    const error = await failureOf(stage.show(stage.missing), 'NOT_FOUND');
    expect(error.message).toContain(stage.missing);
  });

  stage.test('takes no id apart', async () => {
    const id = await stage.active();
    for (const hostile of [...hostileIds, `${id}/`, `${id}/../${id}`, `./${id}`, ` ${id}`])
      await failureOf(stage.show(hostile), 'NOT_FOUND', 'USAGE');
  });
}
