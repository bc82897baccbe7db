import type { CheckedSubject, Mismatch, PolicyReport, Verdict } from '../../core/policy-report.ts';
import { safe, safeKeepingLines } from '../sanitize.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as XML may hold it. What XML has no room for is shown escaped already; two signs are left that it has none for either. */
const written = (text: string): string =>
  text.replace(/[\ufffe\uffff]/g, '\ufffd').replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
const attribute = (text: string): string => written(safe(text));
const content = (text: string): string => written(safeKeepingLines(text));

/** A mismatch in one line: `properties.os_distro: nothing there, expected one of a, b`. */
export const mismatchText = ({ field, found, expected }: Mismatch): string =>
  `${field}: ${found === undefined ? 'nothing there' : `"${found}"`}, expected ${expected}`;

const subjectText = ({ id, name, file }: CheckedSubject): string =>
  file ?? (name === '' || name === id ? (id ?? '') : `${name} (${id ?? ''})`);

interface Suite {
  readonly name: string;
  readonly cases: readonly string[];
  readonly told: readonly string[];
  readonly failures: number;
  readonly errors: number;
}

/**
 * A report as JUnit's XML, in the form that both the schema of Ant and that of Jenkins take: a suite for each profile, a case for each
 * image and rule. Warnings do not fail a case: they stand in `system-out`. What could not be read is an error. `now` is ms.
 */
export function junitText(report: PolicyReport, now: number): string {
  const timestamp = new Date(now).toISOString().slice(0, 19);
  const suites = suitesOf(report).map(
    ({ name, cases, told, failures, errors }, index) =>
      `  <testsuite name="${attribute(name)}" package="imgctl" id="${index}" timestamp="${timestamp}" hostname="localhost" ` +
      `tests="${cases.length}" failures="${failures}" errors="${errors}" time="0">\n` +
      `    <properties>\n      <property name="rules" value="${attribute(report.source)}"/>\n    </properties>\n` +
      `${cases.map((one) => `    ${one}\n`).join('')}` +
      `    <system-out>${content(told.join('\n'))}</system-out>\n    <system-err></system-err>\n  </testsuite>\n`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`;
}

function suitesOf({ checked, unread }: PolicyReport): readonly Suite[] {
  const names = [...new Set([...checked.map(({ subject }) => suiteName(subject)), ...unread])];
  return names.map((name) => {
    const own = checked.filter(({ subject }) => suiteName(subject) === name);
    const verdicts = own.flatMap(({ subject, verdicts: all }) => all.map((verdict) => ({ subject, verdict })));
    const isUnread = unread.includes(name);
    return {
      name,
      cases: [
        ...verdicts.map(({ subject, verdict }) => caseText(name, subject, verdict)),
        ...(isUnread ? [unreadText(name)] : []),
      ],
      told: verdicts
        .filter(({ verdict }) => !isFailure(verdict))
        .flatMap(({ subject, verdict: { rule, mismatches } }) =>
          mismatches.map((one) => `warning: ${safe(`${subjectText(subject)}: ${rule.id}: ${mismatchText(one)}`)}`),
        ),
      failures: verdicts.filter(({ verdict }) => isFailure(verdict)).length,
      errors: isUnread ? 1 : 0,
    };
  });
}

const suiteName = ({ profile }: CheckedSubject): string => profile ?? 'files';
const isFailure = ({ rule, mismatches }: Verdict): boolean => rule.severity === 'error' && mismatches.length > 0;

function caseText(suite: string, subject: CheckedSubject, verdict: Verdict): string {
  const { rule, mismatches } = verdict;
  const head = `<testcase name="${attribute(rule.id)}" classname="${attribute(`${suite}.${subjectText(subject)}`)}" time="0"`;
  if (!isFailure(verdict)) return `${head}/>`;
  const lines = mismatches.map(mismatchText);
  const details = [...(rule.summary === undefined ? [] : [rule.summary]), ...lines].map(safe);
  return `${head}><failure type="${attribute(rule.severity)}" message="${attribute(lines.join('; '))}">${content(details.join('\n'))}</failure></testcase>`;
}

const unreadText = (profile: string): string =>
  `<testcase name="read" classname="${attribute(profile)}" time="0"><error type="PARTIAL" message="${attribute(`${profile} could not be checked as a whole: the messages on stderr say why`)}"></error></testcase>`;
