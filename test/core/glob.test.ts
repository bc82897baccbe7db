import { execFileSync } from 'node:child_process';
import { draws, fc } from '../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { anyGlob, globPattern, isGlob } from '../../src/core/glob.ts';
import { costOf } from '../support/cpu-time.ts';

describe('a glob', () => {
  const names = ['img-1', 'img-2', 'img-3', 'img-x', 'web[1]', 'web1', 'a{b}', 'ab', 'a,b', 'a\\b', 'a-b', ']', '^', '!', ''];
  const fitting = (glob: string): readonly string[] => names.filter((name) => globPattern(glob).test(name));

  it.each([
    ['img-[12]', ['img-1', 'img-2']],
    ['img-[1-3]', ['img-1', 'img-2', 'img-3']],
    ['img-[!12]', ['img-3', 'img-x']],
    ['img-[^a-z]', ['img-1', 'img-2', 'img-3']],
    ['img-{1,2}', ['img-1', 'img-2']],
    ['{img,web}[-1]*', ['img-1', 'img-2', 'img-3', 'img-x', 'web1']],
    ['img-{1,{2,3}}', ['img-1', 'img-2', 'img-3']],
    ['web\\[1\\]', ['web[1]']],
    ['web[[]1]', ['web[1]']],
    ['a{b}', ['a{b}']],
    ['a\\{b\\}', ['a{b}']],
    ['a\\\\b', ['a\\b']],
    ['a[-,]b', ['a,b', 'a-b']],
    ['[]]', [']']],
    ['[!]^]', ['!']],
    ['web[1', []],
    ['img-[3-1]', []],
    ['*', names],
    ['', ['']],
    ['{,img-}1', ['img-1']],
  ] as const)('%s', (glob, wanted) => {
    expect(fitting(glob)).toEqual(wanted);
  });

  it('is one where a sign of it is there', () => {
    for (const text of ['*', 'a?', '[a]', '{a,b}', 'a\\*']) expect(isGlob(text), text).toBe(true);
    for (const text of ['web', 'debian:12', 'a]b', 'a}b', 'a,b', '']) expect(isGlob(text), text).toBe(false);
  });

  it('means what it means to a shell', () => {
    const sign = fc.constantFrom('a', 'b', '1', '-', '*', '?', '[', ']', '!', '.', '+');
    const globs = fc.sample(fc.array(sign, { minLength: 1, maxLength: 7 }), 150).map((signs) => signs.join(''));
    const texts = ['a', 'b', 'ab', 'a-b', '1', 'a1', '[a', 'a]', '[', ']', '!', 'a.b', '+', '-', 'b1b'];
    const lines = globs.flatMap((glob) => texts.map((text) => [glob, text] as const));
    const script = `while IFS=$'\\t' read -r g t; do if [[ $t == $g ]]; then echo 1; else echo 0; fi; done`;
    const input = lines.map((line) => `${line.join('\t')}\n`).join('');
    const told = execFileSync('bash', ['-c', script], { input, encoding: 'utf8', env: { LC_ALL: 'C' } })
      .trim()
      .split('\n');
    const wrong = lines.filter(([glob, text], at) => globPattern(glob).test(text) !== (told[at] === '1'));
    expect(wrong).toEqual([]);
  });

  it('made of several matches what any of them matches, whatever signs they hold', () => {
    const sign = fc.constantFrom('a', 'b', ',', '{', '}', '\\', '[', ']', '*', '?', '!', '-');
    const glob = fc.array(sign, { maxLength: 6 }).map((signs) => signs.join(''));
    const text = fc
      .array(fc.constantFrom('a', 'b', ',', '{', '}', '\\', '[', ']', '-'), { maxLength: 4 })
      .map((one) => one.join(''));
    fc.assert(
      fc.property(glob, glob, fc.array(text, { minLength: 1, maxLength: 20 }), (one, other, texts) => {
        const both = globPattern(anyGlob([one, other]));
        for (const each of texts)
          expect(both.test(each), `${one} | ${other}: ${each}`).toBe(
            globPattern(one).test(each) || globPattern(other).test(each),
          );
      }),
      {
        numRuns: draws(2000),
        examples: [
          ['a,b', '{c,d}', ['a,b']],
          ['a,b\\', '{c,d}', ['a,b\\']],
          ['a{b', 'c', ['a{b', 'c']],
        ],
      },
    );
  });

  it('of many stars, choices or texts costs no time', () => {
    const { ms } = costOf(() => {
      globPattern(`${'*a'.repeat(12)}*b`).test('a'.repeat(60));
      expect(() => globPattern('{a,b}'.repeat(20))).toThrow(/more than 1000/);
    });
    expect(ms).toBeLessThan(500);
  });
});
