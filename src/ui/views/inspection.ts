import { defineView } from '../view.ts';

/** Something found in a file: `reject` makes it unsafe or broken, `warn` is worth knowing. */
export interface ShownFinding {
  readonly level: 'reject' | 'warn';
  readonly code: string;
  readonly message: string;
}

/** Whether a provider would take the file. `note` says what would be done to it, or why it cannot be taken. */
export interface Taker {
  readonly name: string;
  readonly takes: 'asIs' | 'converted' | 'no';
  readonly note?: string;
}

/** What a file is, whether it is safe, and who would take it. Sizes are bytes; absent: not known without reading it all. */
export interface InspectionReport {
  readonly file: string;
  readonly format: string;
  readonly subformat?: string;
  readonly compression?: string;
  readonly fileBytes?: number;
  readonly virtualBytes?: number;
  readonly allocatedBytes?: number;
  readonly checksums?: Readonly<Record<string, string>>;
  readonly contentId?: string;
  /** Absent: nothing bad was found, and not all of it was looked at. */
  readonly safe?: boolean;
  readonly findings: readonly ShownFinding[];
  readonly providers?: readonly Taker[];
}

const takesText: Readonly<Record<Taker['takes'], string>> = { asIs: 'as is', converted: 'converted', no: 'no' };

function takerText({ takes, note }: Taker): string {
  if (note === undefined) return takesText[takes];
  return takes === 'converted' ? `converted ${note}` : `${takesText[takes]} (${note})`;
}

const safetyText = ({ safe }: InspectionReport): string => (safe === undefined ? 'unknown' : safe ? 'yes' : 'no');

const findingParts = (findings: readonly ShownFinding[]): readonly (readonly [string, string])[] =>
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
    safe: { value: safetyText, kind: 'status' },
    findings: {
      value: (report) => report.findings,
      show: (value) => (value as readonly ShownFinding[]).map(({ code }) => code).join(', '),
      parts: (value) => findingParts(value as readonly ShownFinding[]),
    },
    providers: {
      value: (report) => report.providers,
      show: (value) =>
        (value as readonly Taker[])
          .filter(({ takes }) => takes !== 'no')
          .map(({ name }) => name)
          .join(', '),
      parts: (value) => (value as readonly Taker[]).map((taker) => [taker.name, takerText(taker)]),
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
