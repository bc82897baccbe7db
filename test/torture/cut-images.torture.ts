import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../support/disk-images/guest.ts';
import { converted, dresses, hasHelper, helper, imageOf, kept, seeds, useImages } from './random-images.ts';

useImages();

// A file of its own: it runs beside the whole ones, on another core.
describe.skipIf(!hasHelper)(`random images of ${helper}`, () => {
  it('cut at a random place are refused in every dress, or have lost nothing', () =>
    seeds(async (seed) => {
      const { image, truth, made, name } = imageOf(seed);
      // What is left of a fixed VHD is a raw disk.
      if (made.driver === 'vpc' && made.options.includes('fixed')) return;
      const at = Math.floor(image.length / 3) + ((randomNumbers(seed + 1)() >>> 4) % Math.floor((image.length * 2) / 3));
      for (const { how, source, stdin } of dresses(image.subarray(0, at), name))
        for (const verb of [converted, kept]) {
          const { exitCode, said, disk } = await verb(source, stdin);
          const what = `seed ${seed}, ${made.driver} ${made.options}, cut at ${at}, ${how}: ${exitCode} ${said}`;
          if (exitCode === 0) expect(disk.equals(truth), what).toBe(true);
          else expect([7, 11], what).toContain(exitCode);
        }
    }));
});
