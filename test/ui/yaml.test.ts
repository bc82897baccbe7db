import { fc } from '../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import { parseYaml, toYaml } from '../../src/host/yaml.ts';
import { yamlText } from '../../src/ui/structured-output.ts';

describe('parseYaml', () => {
  it('reads as the tools do whose files it reads', () => {
    expect(parseYaml('a: &x {b: 1}\nc: {<<: *x, d: no, when: 2026-11-21}\n', 'f')).toEqual({
      a: { b: 1 },
      c: { b: 1, d: false, when: '2026-11-21' },
    });
    expect(parseYaml('', 'f')).toBeNull();
  });

  it('keeps what no number can say as the text that it is', () => {
    const texts = ['12345678901234567890123456789012', '12e34', '1234567890e12', '1e-3', '1.5e3', '123456789012345678901234'];
    for (const text of texts) expect(parseYaml(`id: ${text}`, 'f'), text).toEqual({ id: text });
    const numbers = { '7': 7, '0x1f': 31, '012': 10, '1_000': 1000, '1.5e+3': 1500, '.5': 0.5, '-5': -5 };
    for (const [text, value] of Object.entries(numbers)) expect(parseYaml(`id: ${text}`, 'f'), text).toEqual({ id: value });
  });

  it('throws CONFIG with path and line, and quotes nothing of the file', () => {
    const thrown = (() => {
      try {
        return parseYaml('password: hunter2\nb: [hunter2\nc: {', '/home/me/clouds.yaml');
      } catch (error) {
        return error as ImgctlError;
      }
    })() as ImgctlError;
    expect(thrown).toBeInstanceOf(ImgctlError);
    expect(thrown.code).toBe('CONFIG');
    expect(thrown.message).toMatch(
      /^\/home\/me\/clouds\.yaml is not readable as YAML \(line \d\): a bracket is not closed, or a line is indented otherwise than those it belongs to$/,
    );
    expect(JSON.stringify([thrown, thrown.circumstances, String(thrown.cause)])).not.toContain('hunter2');
  });
});

describe('toYaml', () => {
  it('is the value again', () => {
    const values = fc.jsonValue({ stringUnit: 'binary' }).filter((value) => !JSON.stringify(value).includes('__proto__'));
    fc.assert(
      fc.property(values, (value) => {
        expect(JSON.stringify(parseYaml(toYaml({ value }), 'f'))).toBe(JSON.stringify({ value }));
      }),
    );
  });

  it('does not fold long lines', () => {
    expect(toYaml({ a: 'word '.repeat(60) + 'end' }).split('\n')).toHaveLength(2);
  });
});

it('texts with signs that old YAML tools do not take are quoted and escaped', async () => {
  for (const text of ['x\ty', '\tx', 'a\t\nb\n', 'a\rb', 'a\u0085b', 'a\u2028b', 'a\ufffeb', 'a\uffffb', '\ufeffa']) {
    const yaml = await yamlText({ text, [`k${text}`]: 1 });
    expect(yaml).not.toMatch(/[^\n\u0020-\u007e]/);
    expect(parseYaml(yaml, 'f')).toEqual({ text, [`k${text}`]: 1 });
  }
});
