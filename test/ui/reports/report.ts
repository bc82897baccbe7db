import type { PolicyReport } from '../../../src/core/policy-report.ts';

/** A report with whatever can be in one: kept rules, errors, a warning, hostile texts, a profile that could not be read. */
export const report: PolicyReport = {
  source: 'rules.yaml',
  isShipped: false,
  rules: [
    { id: 'owner', summary: 'Who looks after it', severity: 'error', line: 3 },
    { id: 'age', severity: 'warning', line: 9 },
  ],
  checked: [
    {
      subject: { profile: 'lab', provider: 'acme', id: 'a/1', name: 'we<b>&"\u001b[2J\ufffe' },
      verdicts: [
        {
          rule: { id: 'owner', summary: 'Who looks after it', severity: 'error', line: 3 },
          mismatches: [
            { field: 'properties.team', expected: 'one of web, data' },
            { field: 'tags', found: ']]> a\nb', expected: 'with <blessed>' },
          ],
        },
        {
          rule: { id: 'age', severity: 'warning', line: 9 },
          mismatches: [{ field: 'createdAt', found: '2020', expected: 'newer than 9d' }],
        },
      ],
    },
    {
      subject: { profile: 'dc', provider: 'acme', id: '2', name: '' },
      verdicts: [{ rule: { id: 'owner', severity: 'error' }, mismatches: [] }],
    },
  ],
  unread: ['dead'],
};
