/** `npm run torture` runs sweeps whole: `test/torture/sweeps.torture.ts`. */
export const isWholeSweep = process.env.IMGCTL_TEST_SWEEPS === 'whole';

/**
 * Whether a case of a sweep is run: elsewhere than there it is one in `of`. The numbers of all that is swept over make up `turn`, so that
 * each still meets each of the others, here or there.
 */
export const hasTurn = (turn: number, of: number): boolean => isWholeSweep || turn % of === 0;
