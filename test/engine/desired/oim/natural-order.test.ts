import { expect, it } from 'vitest';
import { naturalOrder } from '../../../../src/engine/desired/oim/natural-order.ts';

it('versions are ordered by the numbers in them, and by their signs else', () => {
  const ordered = ['1', '9', '9.1', '10', '10.2', '10.10', '20261101', '20261101-2', 'latest', 'r9', 'r10'];
  expect(ordered.toReversed().toSorted(naturalOrder)).toEqual(ordered);
  expect(naturalOrder('1.0', '1.0')).toBe(0);
});
