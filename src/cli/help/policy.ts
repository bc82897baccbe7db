import { fieldKinds, type FieldKind } from '../../engine/rules/field.ts';
import { operatorNames, operators } from '../../engine/rules/operators.ts';
import { shippedNames } from '../../engine/rules/shipped.ts';
import { wordWrap } from '../../ui/word-wrap.ts';

/** A file of rules as it may be written; what it shows can be checked. */
export const rulesExample = `# yaml-language-server: $schema=https://unpkg.com/imgctl/schema/rules.schema.json
version: 1
rules:
  - id: owner-told
    summary: Who looks after it
    require:
      properties.team: { oneOf: [web, data] }
  - id: web-names
    when: { name: { like: 'web-*' }, status: active }
    require:
      name: { matches: '^web-[0-9a-f]{40}$' }
      diskFormat: [qcow2, raw]
      sizeBytes: { atMost: 10GiB }
      visibility: private
      checksums: { containsAny: [sha256, sha512] }
      tags: { contains: blessed, containsNone: 'test-*' }
  - id: not-too-old
    severity: warning
    require:
      createdAt: { newerThan: 90d }
      properties.build_date: { optional: true, newerThan: 120d }
`;

const kindTitles: Readonly<Record<FieldKind, string>> = {
  text: 'Texts',
  property: 'Properties (properties.NAME)',
  flag: 'true or false',
  size: 'Sizes',
  time: 'Times',
  list: 'Lists',
};

/** `help policy`: how rules are written, and what comes of them. */
export function policyHelp(): string {
  const kinds = (Object.keys(kindTitles) as FieldKind[]).map((kind) => {
    const fields = Object.entries(fieldKinds).flatMap(([name, of]) => (of === kind ? [name] : []));
    const own = operatorNames.filter((name) => operators[name].of.some((known) => known === kind));
    return wordWrap(`${kindTitles[kind]}${fields.length > 0 ? `: ${fields.join(', ')}` : ''}\n  ${own.join(', ')}`);
  });
  const parts = [
    wordWrap(
      'imgctl policy check --rules FILE|NAME holds images against rules, imgctl inspect FILE --rules FILE|NAME files before they are sent. ' +
        `NAME is a set that is shipped: ${shippedNames.join(', ')}. A file is YAML or JSON:`,
    ),
    rulesExample.trimEnd(),
    wordWrap(
      'A rule is about the images that meet all of "when" (absent: all), which must meet all of "require". A value alone must be equal, a list of them is one of them; of a list, what must be in it. ' +
        '{ present: true }: there is a value; { present: false }: there is none; { optional: true, … }: only where there is a value. What is not there, or what a provider does not tell, meets nothing else, but noneOf of a property.',
    ),
    'Fields, and what can be wanted of each kind:',
    ...kinds,
    wordWrap(
      'matches takes a regular expression for a part of the text (^ and $ for the whole); like, contains and their kin take globs. Sizes are 10GiB, ages 90d; atLeastField names another size that it is not below; newerThan: 0s is in the future. ' +
        'The size of a property is a number as it stands there; its age is that of a date (YYYY-MM-DD, with hh:mm[:ss]) in UTC.',
    ),
    wordWrap(
      'severity is error (default) or warning. Exit status 15: an error was found. 0: no rule, or only warnings, were violated. 12: a profile could not be read, whatever was found elsewhere. ' +
        '3: the rules are not understood. 2: no rule is about any of the images. Of files 11, where one is broken or unsafe, stands above 15.',
    ),
    wordWrap(
      '-o json, csv and the like have a row for each thing that is not as wanted; junit a case for each image and rule; sarif is version 2.1.0. -o id: each image once. The JSON Schema of a file of rules ships with the package: schema/rules.schema.json.',
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}
