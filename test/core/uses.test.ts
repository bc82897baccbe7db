import { expect, it } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import { mayBeUsed, unanswered, unaskedBy, usesText, type ImageUses, type Use } from '../../src/core/uses.ts';

const of = (uses: readonly Use[], unasked: ImageUses['unasked'] = []): ImageUses => ({ image: 'i', uses, unasked });
const instance = (id: string, name?: string): Use => ({ kind: 'instance', id, ...(name === undefined ? {} : { name }) });

it('uses are told by kind, those with names first, and no more than five by name', () => {
  expect(usesText(of([{ kind: 'volume', id: 'v' }, instance('1'), instance('2', 'web')]))).toBe(
    'used by 2 instances (web, 1), 1 volume (v)',
  );
  const many = Array.from({ length: 7 }, (_, index) => instance(`${index}`));
  expect(usesText(of(many))).toBe('used by 7 instances (0, 1, 2, 3, 4, …)');
});

it('what was not asked is told, and counts as used', () => {
  const unasked = [{ kind: 'volume', reason: 'no' } as const, { kind: 'instance', of: 'others', reason: 'no' } as const];
  expect(usesText(of([], unasked))).toBe('could not check volumes, instances of others');
  expect(usesText(of([instance('1')], unasked))).toBe('used by 1 instance (1); could not check volumes, instances of others');
  expect(usesText(of([]))).toBe('no known use');
  expect([of([]), of([], unasked), of([instance('1')])].map(mayBeUsed)).toEqual([false, true, true]);
});

it('what failed this time is told from what may not be asked', () => {
  const [late, refused] = [new ImgctlError('NETWORK', 'reset'), new ImgctlError('AUTH', 'forbidden')];
  const unasked = [unaskedBy('instance', late), unaskedBy('volume', refused), { kind: 'share', reason: 'nobody tells' } as const];
  expect(unanswered({ unasked })).toEqual([{ kind: 'instance', reason: 'reset', code: 'NETWORK' }]);
  const [stopped, bug] = [new ImgctlError('ABORTED', 'stopped'), new TypeError('x')];
  for (const error of [stopped, bug]) expect(() => unaskedBy('instance', error)).toThrow(error);
});
