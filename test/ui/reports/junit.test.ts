import { describe, expect, it } from 'vitest';
import { junitText } from '../../../src/ui/reports/junit.ts';
import { report } from './report.ts';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly inside: readonly Element[];
  readonly text: string;
}

/** Reads what is written here, strictly: whatever is no well-formed XML of that kind throws. */
function parsed(xml: string): Element {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray => {
    const found = new RegExp(pattern.source, 'uy');
    found.lastIndex = at;
    const match = found.exec(xml);
    if (!match) throw new Error(`at ${at}: ${xml.slice(at, at + 60)}`);
    at = found.lastIndex;
    return match;
  };
  const plain = (text: string): string =>
    text.replace(/&(amp|lt|gt|quot);/g, (_all, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name] ?? '');
  const element = (): Element => {
    const [, name = '', given = '', closed = ''] = take(/<([a-z-]+)((?: [a-z]+="[^"<\n]*")*)(\/?)>/);
    const attributes = Object.fromEntries(
      [...given.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, plain(value)]),
    );
    const inside: Element[] = [];
    let text = '';
    if (closed === '')
      for (;;) {
        text += plain(take(/[^<>]*/)[0]);
        if (xml.startsWith('</', at)) {
          take(new RegExp(`</${name}>`));
          break;
        }
        inside.push(element());
      }
    return { name, attributes, inside, text };
  };
  take(/<\?xml version="1\.0" encoding="UTF-8"\?>\n/);
  const root = element();
  take(/\n$/);
  return root;
}

describe('a report for what reads JUnit', () => {
  const text = junitText(report, Date.parse('2026-11-29T12:00:00.500Z'));
  const root = parsed(text);

  it('has what the schemas of Ant and of Jenkins ask for, in their order', () => {
    expect([root.name, root.attributes]).toEqual(['testsuites', {}]);
    root.inside.forEach(({ name, attributes, inside }, index) => {
      expect(name).toBe('testsuite');
      expect(Object.keys(attributes).sort()).toEqual('errors failures hostname id name package tests time timestamp'.split(' '));
      expect([attributes.id, attributes.timestamp]).toEqual([String(index), '2026-11-29T12:00:00']);
      expect(inside.map((one) => one.name).join(' ')).toMatch(/^properties (testcase )*system-out system-err$/);
      const cases = inside.filter((one) => one.name === 'testcase');
      const have = (kind: string): string =>
        String(cases.filter((one) => one.inside.some((inner) => inner.name === kind)).length);
      expect([attributes.tests, attributes.failures, attributes.errors]).toEqual([
        String(cases.length),
        have('failure'),
        have('error'),
      ]);
      for (const one of cases) {
        expect(Object.keys(one.attributes).sort()).toEqual(['classname', 'name', 'time']);
        expect(one.inside.length).toBeLessThanOrEqual(1);
        for (const inner of one.inside) expect(Object.keys(inner.attributes).sort()).toEqual(['message', 'type']);
      }
    });
  });

  it('has a suite for each profile, a failure for each rule that is broken, an error for what could not be read', () => {
    expect(root.inside.map(({ attributes: { name, tests, failures, errors } }) => [name, tests, failures, errors])).toEqual([
      ['lab', '2', '1', '0'],
      ['dc', '1', '0', '0'],
      ['dead', '1', '0', '1'],
    ]);
    const [lab] = root.inside;
    const [owner, age] = lab?.inside.filter(({ name }) => name === 'testcase') ?? [];
    expect(owner?.inside[0]?.text).toBe(
      'Who looks after it\nproperties.team: nothing there, expected one of web, data\ntags: "]]> a\\nb", expected with <blessed>',
    );
    expect(age?.inside).toEqual([]);
    expect(lab?.inside.find(({ name }) => name === 'system-out')?.text).toContain(
      'age: createdAt: "2020", expected newer than 9d',
    );
  });

  it('shows hostile texts escaped, and nothing that XML has no room for', () => {
    expect(text).toMatch(/^[\n\u0020-\ufffd]*$/);
    expect(text).toContain('we&lt;b&gt;&amp;&quot;\\u001b[2J');
  });
});
