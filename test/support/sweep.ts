/** `npm run torture` runs sweeps whole: the projects `sweeps …` of `projects.ts`. */
export const isWholeSweep = process.env.IMGCTL_TEST_SWEEPS === 'whole';

/**
 * Whether a case of a sweep is run: elsewhere than there it is one in `of`. The numbers of all that is swept over make up `turn`, so that
 * each still meets each of the others, here or there.
 */
export const hasTurn = (turn: number, of: number): boolean => isWholeSweep || turn % of === 0;

/** Those of a sweep that have their turn. Sweeps over the same rows begin at different `first`s, so that each row is met by some. */
export const inTurns = <Row>(rows: readonly Row[], of: number, first = 0): readonly Row[] =>
  rows.filter((_, index) => hasTurn(index + first, of));

/** By how much the number of an interrupted call goes up from one run to the next: 1 where the sweep is whole. */
export const stride = (of: number): number => (isWholeSweep ? 1 : of);
