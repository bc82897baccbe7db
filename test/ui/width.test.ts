import { describe, expect, it } from 'vitest';
import { pieces } from '../../src/ui/width.ts';
import { costOf } from '../support/cpu-time.ts';

const measure = (text: string): number => text.length;

describe('a text in pieces', () => {
  it('is cut at the width, and nothing is lost', () => {
    expect(pieces('abcdefg', 3, measure)).toEqual(['abc', 'def', 'g']);
    expect(pieces('abc', 3, measure)).toEqual(['abc']);
    expect(pieces('👩‍👩‍👧‍👦x', 1, measure)).toEqual(['👩‍👩‍👧‍👦', 'x']);
  });

  it('takes time by its length, not by the square of it', () => {
    const { result, ms } = costOf(() => pieces('x'.repeat(1_000_000), 20, measure));
    expect(result).toHaveLength(50_000);
    expect(ms).toBeLessThan(2000);
  });
});
