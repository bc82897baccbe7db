import type { Violation } from '../../core/policy-report.ts';
import { defineView } from '../view.ts';

/** What is not as rules want it, a line each. */
export const violationView = defineView<Violation>({
  name: 'violations',
  columns: {
    profile: { value: (row) => row.profile },
    provider: { value: (row) => row.provider },
    id: { value: (row) => row.id, kind: 'id' },
    file: { value: (row) => row.file },
    name: { value: (row) => row.name },
    rule: { value: (row) => row.rule },
    severity: { value: (row) => row.severity, kind: 'status' },
    field: { value: (row) => row.field },
    found: { value: (row) => row.found },
    expected: { value: (row) => row.expected },
    summary: { value: (row) => row.summary },
  },
  usual: ['profile', 'id', 'name', 'rule', 'severity', 'field', 'found', 'expected'],
  wide: ['profile', 'provider', 'id', 'name', 'rule', 'severity', 'field', 'found', 'expected', 'summary'],
  spare: ['expected', 'severity'],
  id: (row) => row.id ?? row.file ?? '',
  json: (row) => row,
});

/** The usual columns where files were held against rules. */
export const fileColumns: readonly string[] = ['file', 'rule', 'severity', 'field', 'found', 'expected'];
