import { ImgctlError } from '../../core/errors.ts';
import type { Severity } from '../../core/policy-report.ts';
import { didYouMean, nearest } from '../../host/did-you-mean.ts';
import type { WrittenDocument } from '../../host/yaml.ts';
import { fieldNamed, nearFields, type RuleField } from './field.ts';
import { operatorNames, operators, type OperatorName } from './operators.ts';
import type { Check, Rule, RuleSet, Test } from './rule.ts';
import { Written, type Path } from './written.ts';

const version = 1;
const setKeys = ['$schema', 'version', 'name', 'description', 'rules'];
const ruleKeys = ['id', 'summary', 'severity', 'when', 'require'];
const severities: readonly Severity[] = ['error', 'warning'];
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/;

/** The rules of a document. Throws CONFIG, naming file, line and path, for whatever is not understood, and where there is no rule. */
export function parseRules(document: WrittenDocument, origin: Pick<RuleSet, 'source' | 'isShipped'>): RuleSet {
  const written = new Written(origin.source, document);
  if (document.value === null || document.value === undefined)
    throw written.wrong([], 'the file is empty', 'Write at least one rule, with an id and what it requires.');
  const set = written.object(document.value, [], setKeys);
  if (set.version !== version)
    throw written.wrong(['version'], `is ${JSON.stringify(set.version) ?? 'missing'}`, `Write version: ${version} at the top.`);
  for (const key of ['name', 'description', '$schema']) if (set[key] !== undefined) written.text(set[key], [key]);
  const listed = written.list(set.rules, ['rules']);
  if (listed.length === 0)
    throw written.wrong(['rules'], 'has no rule', 'Write at least one rule, with an id and what it requires.');
  const rules = listed.map((rule, index) => ruleFrom(rule, ['rules', index], written));
  rules.forEach(({ id }, index) => {
    const first = rules.findIndex((other) => other.id === id);
    if (first < index)
      throw written.wrong(['rules', index, 'id'], `"${id}" is that of rules[${first}] too`, 'Give each rule an id of its own.');
  });
  return { ...origin, rules };
}

function ruleFrom(value: unknown, path: Path, written: Written): Rule {
  const rule = written.object(value, path, ruleKeys);
  const id = written.text(rule.id, [...path, 'id']);
  if (!idPattern.test(id))
    throw written.wrong([...path, 'id'], `"${id}" is no id`, 'Use letters, digits and . _ - / in it, such as has-owner.');
  const severity = severities.find((known) => known === (rule.severity ?? 'error'));
  if (!severity) throw written.wrong([...path, 'severity'], 'is unknown', `Supported: ${severities.join(', ')}`);
  const require = checksFrom(rule.require, [...path, 'require'], written);
  const line = written.line(path);
  return {
    id,
    severity,
    ...(rule.summary === undefined ? {} : { summary: written.text(rule.summary, [...path, 'summary']) }),
    ...(line === undefined ? {} : { line }),
    when: rule.when === undefined ? [] : checksFrom(rule.when, [...path, 'when'], written),
    require,
  };
}

function checksFrom(value: unknown, path: Path, written: Written): readonly Check[] {
  const checks = Object.entries(written.map(value, path)).map(([name, wanted]) => {
    const field = fieldNamed(name);
    if (!field) throw unknownField(name, [...path, name], written);
    return checkFrom(field, wanted, [...path, name], written);
  });
  if (checks.length === 0) throw written.wrong(path, 'is empty', 'Name at least one field in it, such as diskFormat: qcow2');
  return checks;
}

function unknownField(name: string, path: Path, written: Written): Error {
  const hint =
    name === 'properties'
      ? 'Name each property by itself: properties.NAME'
      : (didYouMean(nearFields(name)) ?? `Use a field of an image, or properties.NAME for a property: properties.${name}`);
  return written.wrong(path, 'is no field of an image', hint);
}

/** `qcow2`, `[qcow2, raw]`, or an object with operators. */
function checkFrom(field: RuleField, value: unknown, path: Path, written: Written): Check {
  const isList = Array.isArray(value);
  if (typeof value !== 'object' || value === null || isList) {
    const operator: OperatorName = field.kind === 'list' ? 'contains' : isList ? 'oneOf' : 'equals';
    return { field, presence: 'must', tests: [testFrom(operator, field, value, path, written)] };
  }
  const { present, optional, ...wanted } = written.object(value, path, ['present', 'optional', ...operatorsOf(field)]);
  const tests = Object.entries(wanted).map(([name, operand]) => {
    const operator = operatorNames.find((known) => known === name) ?? 'equals';
    return testFrom(operator, field, operand, [...path, name], written);
  });
  if (present === undefined && tests.length === 0)
    throw written.wrong(path, 'wants nothing', `Write present: true, or one of: ${operatorsOf(field).join(', ')}`);
  const isPresent = present === undefined || written.flag(present, [...path, 'present']);
  const isOptional = optional !== undefined && written.flag(optional, [...path, 'optional']);
  if (!isPresent && (tests.length > 0 || isOptional))
    throw written.wrong([...path, 'present'], 'is false beside something that is wanted of a value', 'Remove one of the two.');
  if (present !== undefined && isOptional)
    throw written.wrong([...path, 'optional'], 'cannot be combined with present', 'Remove one of the two.');
  // That a property is not there is known: then it is none of those that it must not be.
  const isOnlyExcluded =
    field.kind === 'property' && present === undefined && Object.keys(wanted).every((name) => name === 'noneOf');
  return { field, presence: !isPresent ? 'mustNot' : isOptional || isOnlyExcluded ? 'may' : 'must', tests };
}

const operatorsOf = ({ kind }: RuleField): readonly OperatorName[] =>
  operatorNames.filter((name) => operators[name].of.some((known) => known === kind));

function testFrom(name: OperatorName, field: RuleField, value: unknown, path: Path, written: Written): Test {
  const operator = operators[name];
  if (!operatorsOf(field).includes(name))
    throw written.wrong(
      path,
      `cannot be compared with a ${Array.isArray(value) ? 'list' : 'value'}`,
      `Use one of: ${operatorsOf(field).join(', ')}`,
    );
  const operands = Array.isArray(value) ? value : [value];
  if (Array.isArray(value) && operator.takes === 'one') throw written.wrong(path, 'is a list, and takes one value');
  if (operands.length === 0) throw written.wrong(path, 'is an empty list');
  const texts = operands.map((one, index) => written.text(one, Array.isArray(value) ? [...path, index] : path));
  refuseImpossible(name, field, texts, path, written);
  try {
    return operator.make(texts, field);
  } catch (error) {
    if (error instanceof ImgctlError) throw written.wrong(path, `is wrong: ${error.message}`, error.circumstances.hint);
    if (error instanceof SyntaxError) throw written.wrong(path, `is no regular expression: ${error.message}`);
    throw error;
  }
}

/** What can never be so would be a rule that every image breaks, or that none does. */
function refuseImpossible(name: OperatorName, field: RuleField, texts: readonly string[], path: Path, written: Written): void {
  if (field.kind === 'flag' && !texts.every((text) => text === 'true' || text === 'false'))
    throw written.wrong(path, 'is not true or false');
  const compares = name === 'equals' || name === 'oneOf' || name === 'noneOf';
  const odd = compares ? texts.find((text) => field.values && !field.values.includes(text)) : undefined;
  if (odd === undefined || !field.values) return;
  throw written.wrong(
    path,
    `can never be "${odd}"`,
    didYouMean(nearest(odd, field.values)) ?? `Supported: ${field.values.join(', ')}`,
  );
}
