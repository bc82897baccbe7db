import { expect, it } from 'vitest';
import { judged } from '../../../support/openpgp/judged.ts';
import { mutations, subjects, type Subject } from '../../../support/openpgp/mutations.ts';
import { dice } from '../../../torture/scale.ts';

it('what is signed and not changed is good', () => {
  for (const [subject, bytes] of Object.entries(subjects) as [Subject, Buffer][]) expect(judged({ subject, bytes })).toBe('good');
});

it('with one byte changed, nothing but what was signed is ever believed', () => {
  const verdicts = [...mutations(200, dice(7))].map((mutation) => [judged(mutation), mutation.what]);
  expect(verdicts.filter(([verdict]) => verdict === 'false')).toEqual([]);
  // The few that are good had a byte changed that is no part of what is proved.
  expect(verdicts.filter(([verdict]) => verdict === 'good').length).toBeLessThan(20);
});
