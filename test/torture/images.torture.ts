import { describe, expect, it } from 'vitest';
import { converted, dresses, hasHelper, helper, imageOf, seeds, useImages } from './random-images.ts';

useImages();

describe.skipIf(!hasHelper)(`random images of ${helper}`, () => {
  it('give the same bytes in every dress', () =>
    seeds(async (seed) => {
      const { image, truth, made, name } = imageOf(seed);
      for (const { how, source, stdin } of dresses(image, name)) {
        const { exitCode, said, disk } = await converted(source, stdin);
        expect([exitCode, disk.equals(truth)], `seed ${seed}, ${made.driver} ${made.options}, ${how}: ${said}`).toEqual([
          0,
          true,
        ]);
      }
    }));
});
