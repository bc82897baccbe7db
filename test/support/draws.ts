import fc from 'fast-check';
import { isWholeSweep } from './sweep.ts';

// The same values whenever and wherever they are drawn: what fails once fails again.
fc.configureGlobal({ seed: 20_260_101 });

export { fc };

/** How often a statement is tried: `whole` in `npm run torture`, a quarter of that in `npm test`. */
export const draws = (whole: number): number => (isWholeSweep ? whole : Math.ceil(whole / 4));

const codePoint = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 0x7f }), weight: 2 },
  { arbitrary: fc.integer({ min: 0x80, max: 0xd7ff }), weight: 2 },
  { arbitrary: fc.integer({ min: 0xe000, max: 0xffff }), weight: 1 },
  { arbitrary: fc.integer({ min: 0x1_0000, max: 0x10_ffff }), weight: 1 },
);

/** Text of any code points but halves of pairs. That of fast-check first takes a second to make a table of all. */
export const anyText = (minLength = 0): fc.Arbitrary<string> =>
  fc.array(codePoint, { minLength }).map((points) => String.fromCodePoint(...points));
