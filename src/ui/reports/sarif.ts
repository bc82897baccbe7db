import { violationsOf, type PolicyReport, type Violation } from '../../core/policy-report.ts';
import { jsonText } from '../sanitize.ts';
import { mismatchText } from './junit.ts';

/** A report as SARIF 2.1.0. An image is a resource; its address is `PROFILE/ID`, relative to nothing. `now` is ms since 1970. */
export function sarifText(report: PolicyReport, version: string, now: number): string {
  const { rules, unread, source } = report;
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  return `${jsonText(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'imgctl',
              version,
              informationUri: 'https://github.com/imgctl/imgctl',
              rules: rules.map(({ id, summary, severity, line }) => ({
                id,
                shortDescription: { text: summary ?? id },
                defaultConfiguration: { level: severity },
                properties: { rules: source, ...(line === undefined ? {} : { line }) },
              })),
            },
          },
          invocations: [
            {
              executionSuccessful: unread.length === 0,
              endTimeUtc: new Date(now).toISOString(),
              toolExecutionNotifications: unread.map((name) => ({
                level: 'error',
                message: { text: `${name} could not be checked as a whole: the messages on stderr say why` },
              })),
            },
          ],
          results: violationsOf(report).map((one) => resultOf(one, indexes)),
        },
      ],
    },
    2,
  )}\n`;
}

function resultOf(violation: Violation, indexes: ReadonlyMap<string, number>): object {
  const { rule, severity, profile, id, file, name, field, found, expected } = violation;
  const address = file ?? [profile ?? '', id ?? ''].map(encodeURIComponent).join('/');
  return {
    ruleId: rule,
    ruleIndex: indexes.get(rule) ?? -1,
    level: severity,
    message: { text: `${file ?? name}: ${mismatchText(violation)}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: file === undefined ? address : fileUri(file) } },
        ...(file === undefined
          ? { logicalLocations: [{ name, fullyQualifiedName: `${profile ?? ''}:${id ?? ''}`, kind: 'resource' }] }
          : {}),
      },
    ],
    // What makes it the same finding in the next run, whatever is found there then.
    partialFingerprints: { 'imgctl/v1': [address, rule, field].map(encodeURIComponent).join('|') },
    properties: {
      ...(profile === undefined ? {} : { profile }),
      ...(id === undefined ? {} : { id }),
      field,
      ...(found === undefined ? {} : { found }),
      expected,
    },
  };
}

/** A path as a reference to a URI; an address stays one. */
const fileUri = (file: string): string =>
  /^https?:/.test(file) ? file : file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
