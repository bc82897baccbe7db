import type { InspectionReport, ReportedFinding, ProviderFit } from '../../core/inspection-report.ts';
import { defineView } from '../view.ts';

const takesText: Readonly<Record<ProviderFit['takes'], string>> = { asIs: 'as is', converted: 'converted', no: 'no' };

function takerText({ takes, note }: ProviderFit): string {
  if (note === undefined) return takesText[takes];
  return takes === 'converted' ? `converted ${note}` : `${takesText[takes]} (${note})`;
}

const safetyText = ({ safe }: InspectionReport): string => (safe === undefined ? 'unknown' : safe ? 'yes' : 'no');

const findingParts = (findings: readonly ReportedFinding[]): readonly (readonly [string, string])[] =>
  findings.map(({ level, code, message }) => [code, `${level}: ${message}`]);

/** What `inspect` found. */
export const inspectionView = defineView<InspectionReport>({
  name: 'files',
  columns: {
    file: { value: (report) => report.file },
    format: { value: (report) => report.format },
    subformat: { value: (report) => report.subformat },
    compression: { value: (report) => report.compression },
    fileBytes: { value: (report) => report.fileBytes, kind: 'size', title: 'size' },
    virtualBytes: { value: (report) => report.virtualBytes, kind: 'size', title: 'virtual' },
    allocatedBytes: { value: (report) => report.allocatedBytes, kind: 'size', title: 'allocated' },
    checksums: { value: (report) => report.checksums },
    contentId: { value: (report) => report.contentId, kind: 'id' },
    signer: { value: (report) => report.signer, kind: 'id' },
    safe: { value: safetyText, kind: 'status' },
    findings: {
      value: (report) => report.findings,
      show: (value) => (value as readonly ReportedFinding[]).map(({ code }) => code).join(', '),
      parts: (value) => findingParts(value as readonly ReportedFinding[]),
    },
    providers: {
      value: (report) => report.providers,
      show: (value) =>
        (value as readonly ProviderFit[])
          .filter(({ takes }) => takes !== 'no')
          .map(({ name }) => name)
          .join(', '),
      parts: (value) => (value as readonly ProviderFit[]).map((taker) => [taker.name, takerText(taker)]),
    },
  },
  usual: ['file', 'format', 'compression', 'fileBytes', 'virtualBytes', 'safe', 'findings'],
  wide: [
    'file',
    'format',
    'subformat',
    'compression',
    'fileBytes',
    'virtualBytes',
    'allocatedBytes',
    'safe',
    'findings',
    'providers',
  ],
  id: (report) => report.contentId ?? report.file,
  json: (report) => report,
});
