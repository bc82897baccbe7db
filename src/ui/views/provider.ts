import type { Driver } from '../../core/driver.ts';
import { describeEncoding } from '../../core/encoding.ts';
import type { Field } from '../../core/field.ts';
import { operationNames, type OperationName } from '../../core/operation.ts';
import { humanSize } from '../../core/quantity.ts';
import { tick } from '../cell-text.ts';
import { defineView, type Column } from '../view.ts';

const can = (driver: Driver, verb: OperationName): boolean => driver.facts[verb] !== undefined;

const verbColumns: Record<string, Column<Driver>> = Object.fromEntries(
  operationNames.map((verb): [string, Column<Driver>] => [
    verb,
    { value: (driver) => can(driver, verb), show: tick, kind: 'status' },
  ]),
);

/** The capability matrix: a provider a line, a verb a column. */
export const providerView = defineView<Driver>({
  name: 'providers',
  columns: {
    name: { value: (driver) => driver.name, kind: 'id', title: 'provider' },
    title: { value: (driver) => driver.title },
    docs: { value: (driver) => driver.docs, kind: 'id' },
    ...verbColumns,
  },
  usual: ['name', ...operationNames],
  wide: ['name', 'title', ...operationNames, 'docs'],
  turns: true,
  id: (driver) => driver.name,
  json: (driver) => providerJson(driver),
});

function providerJson(driver: Driver): object {
  const verbs = operationNames.map((verb) => [verb, driver.facts[verb] ?? false]);
  const { name, title, docs, absent } = driver;
  return { name, title, docs, verbs: Object.fromEntries(verbs), absent, fields: driver.profile };
}

type Parts = readonly (readonly [string, string])[];

/** One provider as a sheet: what it can do and with what, why it cannot do the rest, and what a profile needs. */
export const providerSheet = defineView<Driver>({
  name: 'providers',
  columns: {
    name: { value: (driver) => driver.name },
    title: { value: (driver) => driver.title },
    docs: { value: (driver) => driver.docs },
    fields: { value: (driver) => driver.profile, parts: (value) => fieldParts(value as Driver['profile']) },
    verbs: { value: (driver) => driver.facts, parts: (value) => factParts(value as Driver['facts']) },
    absent: { value: (driver) => driver.absent, parts: (value) => Object.entries(value as Readonly<Record<string, string>>) },
  },
  usual: ['name', 'title', 'docs', 'fields', 'verbs', 'absent'],
  wide: ['name', 'title', 'docs', 'fields', 'verbs', 'absent'],
  id: (driver) => driver.name,
  json: (driver) => providerJson(driver),
});

const fieldParts = (fields: Driver['profile']): Parts => Object.entries(fields).map(([name, field]) => [name, fieldText(field)]);

function fieldText(field: Field): string {
  const said = [
    field.required && 'required',
    field.secret && 'secret',
    field.default !== undefined && `default ${field.default}`,
  ];
  const facts = said.filter((word) => typeof word === 'string');
  return `${field.help}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`;
}

const factParts = (facts: Driver['facts']): Parts =>
  operationNames
    .filter((verb) => facts[verb])
    .map((verb) => [
      verb,
      Object.entries(facts[verb] ?? {})
        .flatMap(factText)
        .join('; '),
    ]);

/** A fact in a few words; what is not so, or empty, is left out. */
function factText([name, fact]: [string, unknown]): string[] {
  if (fact === false || fact === undefined) return [];
  if (fact === true) return [name];
  if (name === 'accepts')
    return [`accepts ${(fact as NonNullable<Driver['facts']['upload']>['accepts']).map(acceptText).join(' | ')}`];
  const words = Array.isArray(fact)
    ? fact.map(String)
    : typeof fact === 'object' && fact !== null
      ? Object.keys(fact)
      : [String(fact)];
  return words.length > 0 ? [`${name} ${words.join(', ')}`] : [];
}

function acceptText(accept: NonNullable<Driver['facts']['upload']>['accepts'][number]): string {
  const limits = [
    accept.maxBytes === undefined ? undefined : `to ${humanSize(accept.maxBytes)}`,
    accept.maxVirtualBytes === undefined ? undefined : `disk to ${humanSize(accept.maxVirtualBytes)}`,
  ].filter((limit) => limit !== undefined);
  return `${describeEncoding(accept)}${limits.length > 0 ? ` (${limits.join(', ')})` : ''}`;
}
