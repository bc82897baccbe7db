import { expect } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import type { Description, Editable } from '../../src/core/operation.ts';
import type { Stage } from './stage.ts';

const gib = 1024 ** 3;
const mib = 1024 ** 2;

/** A value of every field that can be tried on any provider. `owner` is not among them: who may set it differs. */
const samples: Description = {
  description: 'Made by the conformance suite',
  visibility: 'private',
  protected: true,
  hidden: true,
  diskFormat: 'qcow2',
  containerFormat: 'ovf',
  architecture: 'aarch64',
  minDiskBytes: 2 * gib,
  minRamBytes: 512 * mib,
  tags: ['suite-beta', 'suite-alpha'],
  properties: { suite_colour: 'blue', suite_note: 'a "quoted" ~ / value' },
};

/** The declared fields for which there is a sample, each with it; `name` is a fresh one. */
export function samplesOf(stage: Stage, fields: readonly Editable[]): readonly (readonly [Editable, Description])[] {
  const all: Partial<Description> = { ...samples, ...stage.samples };
  return fields.flatMap((field): [Editable, Description][] => {
    if (field === 'name') return [[field, { name: stage.unique('renamed') }]];
    return all[field] === undefined ? [] : [[field, { [field]: all[field] }]];
  });
}

/** The image says what was asked for. Tags are a set; properties may stand among others. */
export function expectField(image: Image, field: Editable, asked: Description): void {
  if (field === 'tags') expect([...image.tags].sort(), 'tags').toEqual([...(asked.tags ?? [])].sort());
  else if (field === 'properties') expect(image.properties, 'properties').toMatchObject(asked.properties ?? {});
  else expect(image[field], field).toEqual(asked[field]);
}

/** What may differ after a change of one field, whatever the field: times, the record itself, what is derived from it. */
const restless = new Set<string>(['updatedAt', 'raw', 'progress']);

/** Every neutral field but `changed` is as it was. */
export function expectUntouched(before: Image, after: Image, ...changed: readonly (keyof Image)[]): void {
  const kept = (image: Image): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries({ ...image, tags: [...image.tags].sort() }).filter(
        ([name]) => !restless.has(name) && !changed.includes(name as keyof Image),
      ),
    );
  expect(kept(after)).toEqual(kept(before));
}
