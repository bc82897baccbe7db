import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { lostIn, makeTemplate, spoilsOf } from '../drivers/local/spoiled-layout.ts';
import { tally } from './scale.ts';

it('every field of a layout that is wrong in every way costs no blob at any verb', async () => {
  const template = await makeTemplate();
  try {
    const wrong: string[] = [];
    const all = spoilsOf(template);
    for (const spoil of all) wrong.push(...(await lostIn(template, spoil)).map((blob) => `${spoil.name}: ${blob} is gone`));
    tally('local store, one field of its layout spoilt', all.length, wrong);
    expect(wrong).toEqual([]);
  } finally {
    rmSync(path.dirname(template), { recursive: true, force: true });
  }
});
