import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { ImgctlError } from '../../../src/core/errors.ts';
import { rulesExample } from '../../../src/cli/help/policy.ts';
import { fieldKinds, type FieldKind } from '../../../src/engine/rules/field.ts';
import { operatorNames, operators } from '../../../src/engine/rules/operators.ts';
import { parseRules } from '../../../src/engine/rules/parse-rules.ts';
import { shippedNames, shippedRules } from '../../../src/engine/rules/shipped.ts';
import { parseWritten } from '../../../src/host/yaml.ts';
import { rulesIn } from './rules.ts';

interface Schema {
  readonly $defs: Readonly<Record<string, { readonly properties: Readonly<Record<string, { readonly $ref: string }>> }>>;
}
const schema = JSON.parse(readFileSync(new URL('../../../schema/rules.schema.json', import.meta.url), 'utf8')) as Schema;
const fits = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(schema);

/** What is said of a text that is no set of rules; absent: it is one. */
function refusal(text: string): readonly [message: string, hint: string | undefined] | undefined {
  try {
    rulesIn(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'CONFIG') throw error;
    return [error.message, error.circumstances.hint];
  }
}
const rule = (lines: string): string => `version: 1\nrules:\n  - id: a\n${lines.replace(/^/gm, '    ')}\n`;

describe('a file of rules', () => {
  it.each([
    ['nothing', '', 'r.yaml: the file is empty'],
    ['comments', '# to do\n', 'r.yaml: the file is empty'],
    ['a text', 'hello', 'r.yaml:1: is a text, not an object'],
    [
      'no YAML',
      'a: [',
      'r.yaml:1: not readable as YAML or JSON: a bracket is not closed, or a line is indented otherwise than those it belongs to',
    ],
    [
      'a tab',
      'version: 1\nrules:\n\t- id: a\n',
      'r.yaml:3: not readable as YAML or JSON: a tab indents it, where only spaces may',
    ],
    [
      'two documents',
      'version: 1\n---\nversion: 1\n',
      'r.yaml:2: not readable as YAML or JSON: there is more than one document (---)',
    ],
    [
      'an alias of nothing',
      'version: *v\n',
      'r.yaml: not readable as YAML or JSON: an alias (*…) has no anchor (&…) before it, or stands for too much',
    ],
    [
      'a line out of place',
      'a:\n  b: 1\n c: 2\n',
      'r.yaml:3: not readable as YAML or JSON: a bracket is not closed, or a line is indented otherwise than those it belongs to',
    ],
    ['a key twice', 'version: 1\nversion: 1\n', 'r.yaml:2: a key is there twice'],
    ['a tag', 'version: !env 1\n', 'r.yaml:1: a tag (!…) is not supported'],
    ['no version', 'rules: []', 'r.yaml:1: version is missing'],
    ['another version', 'version: 2\nrules: []', 'r.yaml:1: version is 2'],
    ['no rules', 'version: 1\n', 'r.yaml:1: rules is missing, not a list'],
    ['an empty list', 'version: 1\nrules: []\n', 'r.yaml:2: rules has no rule'],
    ['an unknown key', 'version: 1\nrule: []\n', 'r.yaml:2: rule is not known'],
    ['an unknown key of a rule', rule('sevrity: error\nrequire: { name: a }'), 'r.yaml:4: rules[0].sevrity is not known'],
    ['a severity', rule('severity: fatal\nrequire: { name: a }'), 'r.yaml:4: rules[0].severity is unknown'],
    ['no requirement', rule('summary: x'), 'r.yaml:3: rules[0].require is missing, not an object'],
    ['an empty one', rule('require: {}'), 'r.yaml:4: rules[0].require is empty'],
    ['an empty condition', rule('when: {}\nrequire: { name: a }'), 'r.yaml:4: rules[0].when is empty'],
    ['an unknown field', rule('require:\n  diskformat: raw'), 'r.yaml:5: rules[0].require.diskformat is no field of an image'],
    [
      'properties as one',
      rule('require:\n  properties: { a: b }'),
      'r.yaml:5: rules[0].require.properties is no field of an image',
    ],
    ['an unknown operator', rule('require:\n  name: { regex: a }'), 'r.yaml:5: rules[0].require.name.regex is not known'],
    ['an operator of another kind', rule('require:\n  tags: { like: a }'), 'r.yaml:5: rules[0].require.tags.like is not known'],
    ['no value', rule('require:\n  properties.a.b:'), 'r.yaml:5: rules[0].require["properties.a.b"] is missing, not a text'],
    ['an empty text', rule("require:\n  name: ''"), 'r.yaml:5: rules[0].require.name is empty'],
    ['an empty list', rule('require:\n  name: []'), 'r.yaml:5: rules[0].require.name is an empty list'],
    [
      'another field that is no size',
      rule('require:\n  sizeBytes: { atLeastField: name }'),
      'r.yaml:5: rules[0].require.sizeBytes.atLeastField is wrong: "name" is no size',
    ],
    ['nothing wanted', rule('require:\n  name: {}'), 'r.yaml:5: rules[0].require.name wants nothing'],
    ['a status that there is not', rule('require:\n  status: actve'), 'r.yaml:5: rules[0].require.status can never be "actve"'],
    [
      'a size',
      rule('require:\n  sizeBytes: { atMost: big }'),
      'r.yaml:5: rules[0].require.sizeBytes.atMost is wrong: sizeBytes: invalid size: big',
    ],
    [
      'a duration',
      rule('require:\n  createdAt: { newerThan: 3 }'),
      'r.yaml:5: rules[0].require.createdAt.newerThan is wrong: createdAt: invalid duration: 3',
    ],
    [
      'a time as a value',
      rule('require:\n  createdAt: 2026-01-01'),
      'r.yaml:5: rules[0].require.createdAt cannot be compared with a value',
    ],
    [
      'a number that is none',
      rule('require:\n  properties.a: { atLeast: x }'),
      'r.yaml:5: rules[0].require["properties.a"].atLeast is wrong: "x" is no number',
    ],
    [
      'an expression',
      rule("require:\n  name: { matches: '(' }"),
      'r.yaml:5: rules[0].require.name.matches is no regular expression: Invalid regular expression: /(/u: Unterminated group',
    ],
    ['no truth value', rule('require:\n  hidden: yes'), 'r.yaml:5: rules[0].require.hidden is not true or false'],
    [
      'absent and equal',
      rule('require:\n  name: { present: false, equals: a }'),
      'r.yaml:5: rules[0].require.name.present is false beside something that is wanted of a value',
    ],
    [
      'an id twice',
      'version: 1\nrules:\n- { id: a, require: { name: a } }\n- { id: a, require: { name: b } }\n',
      'r.yaml:4: rules[1].id "a" is that of rules[0] too',
    ],
    ['an odd id', 'version: 1\nrules:\n- { id: "a b", require: { name: a } }\n', 'r.yaml:3: rules[0].id "a b" is no id'],
  ])('is refused with %s, at its line and path', (_what, text, message) => {
    expect(refusal(text)?.[0]).toBe(message);
  });

  it('says what may have been meant', () => {
    expect(refusal(rule('require:\n  size: 3'))?.[1]).toBe('Did you mean sizeBytes?');
    expect(refusal(rule('require:\n  os_distro: a'))?.[1]).toContain('properties.os_distro');
    expect(refusal(rule('require:\n  status: actve'))?.[1]).toBe('Did you mean active?');
    expect(refusal(rule('require:\n  name: { equal: a }'))?.[1]).toBe('Did you mean equals?');
  });

  it('keeps values as they are written', () => {
    const [found] = rulesIn(rule('require:\n  properties.v: [22.10, 007, 1e3, 0x1F, yes, true, 12]')).rules;
    expect(found?.require[0]?.tests[0]?.says).toBe('one of 22.10, 007, 1e3, 0x1F, yes, true, 12');
  });

  it('knows where each rule stands', () => {
    expect(rulesIn(rulesExample).rules.map(({ id, line }) => [id, line])).toEqual([
      ['owner-told', 4],
      ['web-names', 8],
      ['not-too-old', 17],
    ]);
  });
});

describe('the schema of rules', () => {
  it('takes what is taken here, and refuses what editors can see', () => {
    for (const text of [
      rulesExample,
      rule('require: { hidden: false, sizeBytes: 5, tags: [a, b], checksums: { present: true } }'),
    ]) {
      expect(refusal(text)).toBeUndefined();
      fits(parseWritten(text, 'r.yaml').value);
      expect(fits.errors).toBeNull();
    }
    for (const text of [
      'version: 2\nrules: []',
      rule('severity: fatal\nrequire: { name: a }'),
      rule('require: { diskformat: raw }'),
      rule('require: { name: { regex: a } }'),
      rule('require: { name: [] }'),
      rule('require: { tags: { like: a } }'),
      rule('require: { createdAt: 2026-01-01 }'),
      rule('require: { sizeBytes: { atMost: big } }'),
      rule('require: { hidden: 3 }'),
    ]) {
      expect(refusal(text), text).toBeDefined();
      expect(fits(parseWritten(text, 'r.yaml').value), text).toBe(false);
    }
  });

  it('has the fields and the operators of the code', () => {
    const { checks } = schema.$defs;
    expect(Object.fromEntries(Object.entries(checks?.properties ?? {}).map(([name, { $ref }]) => [name, $ref]))).toEqual(
      Object.fromEntries(Object.entries(fieldKinds).map(([name, kind]) => [name, `#/$defs/${kind}`])),
    );
    for (const kind of ['text', 'property', 'flag', 'size', 'time', 'list'] satisfies FieldKind[]) {
      const text = JSON.stringify(schema.$defs[kind]);
      for (const name of operatorNames)
        expect(text.includes(`"${name}":`), `${kind} ${name}`).toBe(operators[name].of.some((known) => known === kind));
    }
  });
});

describe('a set that is shipped', () => {
  it.each(shippedNames)('%s is one by the schema and by the code', async (name) => {
    const value = await shippedRules(name);
    fits(value);
    expect(fits.errors).toBeNull();
    const { rules } = parseRules({ value, lineOf: () => undefined }, { source: name, isShipped: true });
    for (const { id, summary } of rules)
      expect([id.startsWith(`${name}/`), (summary ?? '').length > 10], id).toEqual([true, true]);
  });
});
