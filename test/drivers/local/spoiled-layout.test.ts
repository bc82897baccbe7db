import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { lostIn, makeTemplate, spoilsOf } from './spoiled-layout.ts';

/** Of several hundred, these are tried each time; all of them in the long tests. */
const tried = 10;

it('whatever one field of a layout is wrong, every blob that was there is there after each verb', async () => {
  const template = await makeTemplate();
  try {
    const all = spoilsOf(template);
    expect(all.length).toBeGreaterThan(300);
    const lost: Record<string, readonly string[]> = {};
    for (let at = 0; at < all.length; at += Math.ceil(all.length / tried)) {
      const spoil = all[at];
      const gone = spoil ? await lostIn(template, spoil) : [];
      if (spoil && gone.length > 0) lost[spoil.name] = gone;
    }
    expect(lost).toEqual({});
  } finally {
    rmSync(path.dirname(template), { recursive: true, force: true });
  }
});
