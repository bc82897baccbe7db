/** Something found in a file: `reject` makes it unsafe or broken, `warn` is worth knowing. */
export interface ReportedFinding {
  readonly level: 'reject' | 'warn';
  readonly code: string;
  readonly message: string;
}

/** Whether a provider would take the file. `note` says what would be done to it, or why it cannot be taken. */
export interface ProviderFit {
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
  /** Fingerprint of the key by which it was proved to be signed. Absent: nobody asked. */
  readonly signer?: string;
  /** Absent: nothing bad was found, and not all of it was looked at. */
  readonly safe?: boolean;
  readonly findings: readonly ReportedFinding[];
  readonly providers?: readonly ProviderFit[];
}
