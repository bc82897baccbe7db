import { describe, expect, it } from 'vitest';
import { sarifText } from '../../../src/ui/reports/sarif.ts';
import { report } from './report.ts';

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}
interface Log {
  readonly version: string;
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly invocations: readonly [
        { readonly executionSuccessful: boolean; readonly toolExecutionNotifications: readonly object[] },
      ];
      readonly results: readonly Result[];
    },
  ];
}
const log = (text: string): Log => JSON.parse(text) as Log;
const now = Date.parse('2026-11-29T12:00:00Z');

describe('a report in SARIF', () => {
  const text = sarifText(report, '1.2.3', now);
  const { version, runs } = log(text);
  const [{ tool, invocations, results }] = runs;

  it('has a result for each violation, which names its rule, its image and how bad it is', () => {
    expect(version).toBe('2.1.0');
    expect(results.map(({ ruleId, level, message }) => [ruleId, level, message.text.replace(/^[^:]*/, '')])).toEqual([
      ['owner', 'error', ': properties.team: nothing there, expected one of web, data'],
      ['owner', 'error', ': tags: "]]> a\nb", expected with <blessed>'],
      ['age', 'warning', ': createdAt: "2020", expected newer than 9d'],
    ]);
    for (const { ruleId, ruleIndex, locations } of results) {
      expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      expect(locations[0]?.physicalLocation.artifactLocation.uri).toBe('lab/a%2F1');
    }
  });

  it('is no success where something could not be read', () => {
    expect(invocations[0].executionSuccessful).toBe(false);
    expect(JSON.stringify(invocations[0].toolExecutionNotifications)).toContain('dead could not be checked');
    const whole = log(sarifText({ ...report, unread: [] }, '1.2.3', now));
    expect(whole.runs[0].invocations[0]).toMatchObject({ executionSuccessful: true, toolExecutionNotifications: [] });
  });

  it('is the same finding in every run, whatever is found there', () => {
    const prints = results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints));
    expect(new Set(prints).size).toBe(prints.length);
    const other = log(sarifText({ ...report, rules: report.rules.toReversed() }, '2.0.0', now + 1));
    expect(other.runs[0].results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints))).toEqual(prints);
  });

  it('of a file says where it lies', () => {
    const subject = { file: '/srv/my images/a.qcow2', name: 'a.qcow2' };
    const [first] = report.checked;
    const ofFile = log(sarifText({ ...report, checked: [{ subject, verdicts: first?.verdicts ?? [] }] }, '1.2.3', now));
    expect(ofFile.runs[0].results[0]?.locations[0]?.physicalLocation.artifactLocation.uri).toBe('/srv/my%20images/a.qcow2');
  });

  it('shows nothing on a terminal that moves or hides', () => {
    expect(text).toMatch(/^[\n\u0020-\u007e\ufffe]*$/);
  });
});
