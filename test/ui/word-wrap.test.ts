import { describe, expect, it } from 'vitest';
import { wordWrap } from '../../src/ui/word-wrap.ts';
import { commandStage } from '../commands/stage.ts';

describe('help', () => {
  it('is folded between words, but for what is set off', () => {
    const text = `${'word '.repeat(30).trim()}\n  ${'x'.repeat(100)}`;
    const [first = '', second = '', third = ''] = wordWrap(text).split('\n');
    expect([first.length, second.length, third]).toEqual([79, 69, `  ${'x'.repeat(100)}`]);
    expect(wordWrap(`${'y'.repeat(90)} z`)).toBe(`${'y'.repeat(90)}\nz`);
    expect(wordWrap('short')).toBe('short');
  });

  const stage = commandStage();
  it.each(['copy', 'upload', 'list', 'output', 'profiles'])('of %s has no prose wider than 80 columns', async (topic) => {
    const { stdout } = await stage.ok(['help', topic]);
    for (const line of stdout.split('\n').filter((one) => /^\w/.test(one) && one.includes(' ')))
      expect(line.length, line).toBeLessThanOrEqual(80);
  });
});
