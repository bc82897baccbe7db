// What a row of the table is made of.
export const ms = (seconds) => `${Math.round(seconds * 1000)} ms`;
export const s = (seconds) => `${seconds.toFixed(2)} s`;

/** A row that compares CPU, or wall time. */
export const row = (work, against, ours, theirs, goal, by = 'wall', show = s) => ({
  work,
  against,
  goal,
  ratio: `${(ours[by] / theirs[by]).toFixed(2)} ×`,
  figures: `${show(ours[by])} : ${show(theirs[by])}${by === 'cpu' ? ' CPU' : ''}`,
});

/** A row of one figure. */
export const figure = (work, figures, goal) => ({ work, against: '', figures, ratio: '', goal });

export const skipped = (work, why) => figure(work, `not measured: ${why}`, '');
