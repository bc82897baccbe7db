import { describe, expect, it } from 'vitest';
import { pieces } from '../../src/ui/width.ts';

const measure = (text: string): number => text.length;

describe('a text in pieces', () => {
  it('is cut at the width, and nothing is lost', () => {
    expect(pieces('abcdefg', 3, measure)).toEqual(['abc', 'def', 'g']);
    expect(pieces('abc', 3, measure)).toEqual(['abc']);
    expect(pieces('👩‍👩‍👧‍👦x', 1, measure)).toEqual(['👩‍👩‍👧‍👦', 'x']);
  });

  it('takes time by its length, not by the square of it', () => {
    const began = performance.now();
    expect(pieces('x'.repeat(1_000_000), 20, measure)).toHaveLength(50_000);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
