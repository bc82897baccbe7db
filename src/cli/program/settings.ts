import type { WaitLimits } from '../../core/poll.ts';
import { usageError } from '../../core/errors.ts';
import { parseDuration } from '../../core/quantity.ts';
import { defaults } from '../../engine/defaults.ts';
import { isJournalOn } from '../../engine/journal/lazy-journal.ts';
import type { Options, OptionValues } from './option.ts';

export const outputFormats = ['table', 'wide', 'json', 'jsonl', 'yaml', 'csv', 'markdown', 'id'] as const;
type OutputFormat = (typeof outputFormats)[number];
/** Formats of what some commands have to say, for other tools: of what was held against rules, and of an image for Terraform. */
export const reportFormats = ['junit', 'sarif', 'tf-external'] as const;
export type ReportFormat = (typeof reportFormats)[number];
/** Formats that a program reads: nothing is said besides. */
export const machineFormats: readonly string[] = ['json', 'jsonl'];

/** Options that mean the same on every command. */
export const globalOptions = {
  profile: {
    kind: 'texts',
    short: 'p',
    value: 'name',
    summary: 'profile to work with; repeatable and a glob where a verb takes several',
    completes: 'profile',
  },
  output: { kind: 'text', short: 'o', choices: [...outputFormats, ...reportFormats], summary: 'output format' },
  json: { kind: 'flag', summary: 'short for -o json' },
  columns: {
    kind: 'names',
    short: 'c',
    summary: 'columns to show, named as in the JSON; properties.x and raw.x too',
    completes: 'column',
  },
  header: { kind: 'switch', summary: 'show the header' },
  color: { kind: 'switch', summary: 'colours on a terminal' },
  region: {
    kind: 'text',
    value: 'name',
    summary: 'region to use, or to create the image in; for copy, the region of the target',
    completes: 'place',
  },
  raw: { kind: 'flag', summary: "include the provider's own record (raw)" },
  dryRun: { kind: 'flag', short: 'n', summary: 'print what would be done; change nothing' },
  yes: { kind: 'flag', short: 'y', summary: 'skip confirmation prompts' },
  journal: { kind: 'switch', summary: 'keep a journal of what is changed, for imgctl ops (default)' },
  progress: { kind: 'text', choices: ['auto', 'bar', 'plain', 'json', 'none'], summary: 'progress display on stderr' },
  bwlimit: { kind: 'size', summary: 'limit transfers over the network to this many bytes per second' },
  concurrency: { kind: 'count', short: 'j', summary: 'number of parallel operations' },
  retries: { kind: 'count', summary: 'total retries of one operation (default 3)' },
  timeout: { kind: 'duration', summary: 'timeout for each phase of a request (default 30s)' },
  quiet: { kind: 'flag', short: 'q', summary: 'no progress, no warnings (but that no journal can be kept)' },
  verbose: { kind: 'flag', short: 'v', summary: 'more detail on stderr' },
  debug: { kind: 'flag', summary: 'trace HTTP to stderr, secrets masked; stack traces' },
  caBundle: { kind: 'text', value: 'file', summary: 'additional trusted certificates (PEM)', completes: 'file' },
  clientCert: {
    kind: 'text',
    value: 'file',
    summary: 'client certificate, for a server that requires one (PEM)',
    completes: 'file',
  },
  clientKey: { kind: 'text', value: 'file', summary: 'its key, if not in the same file (PEM)', completes: 'file' },
  insecure: { kind: 'flag', summary: 'do not verify TLS certificates (warns each time, unless --quiet)' },
} as const satisfies Options;

export type GlobalValues = OptionValues<typeof globalOptions>;

const timeoutIn = ({ IMGCTL_TIMEOUT: text }: Readonly<Record<string, string | undefined>>): number =>
  text ? parseDuration(text, 'IMGCTL_TIMEOUT') : defaults.timeoutMs;

/** The global options, completed from the environment. Times are ms. */
export interface Settings extends GlobalValues, WaitLimits {
  readonly format: OutputFormat;
  /** Asked for in the place of `format`, which is that of a table then. */
  readonly report?: ReportFormat;
  /** What must vouch for what is read, of a command that has such an option. */
  readonly verify?: string;
  /** Which of a publisher's images is meant, of a command that has such an option. */
  readonly arch?: string | undefined;
  readonly retryLimit: number;
  readonly timeoutMs: number;
  readonly concurrencyLimit: number;
  /** The profiles are those of the option, not of the environment. */
  readonly isProfileTyped: boolean;
}

/** Throws USAGE for a value in the environment that an option would not take. */
export function settingsFrom(values: GlobalValues, env: Readonly<Record<string, string | undefined>>): Settings {
  const report = reportFormats.find((known) => known === values.output);
  const asked = report ? 'table' : values.output;
  const named = asked ?? (values.json ? 'json' : env.IMGCTL_OUTPUT || undefined) ?? 'table';
  const format = outputFormats.find((known) => known === named);
  if (!format) throw usageError(`IMGCTL_OUTPUT: "${named}" is not one of ${outputFormats.join(', ')}`);
  // None of them means "without a limit": what is meant by 0 is not known.
  for (const name of ['bwlimit', 'concurrency', 'timeout'] as const)
    if (values[name] === 0) throw usageError(`--${name} must be more than 0`, { hint: `Omit --${name} for the default.` });
  const journal = isJournalOn(env);
  const ambient = env.IMGCTL_PROFILE;
  return {
    ...values,
    profile: values.profile.length > 0 || !ambient ? values.profile : [ambient],
    isProfileTyped: values.profile.length > 0,
    format,
    ...(report ? { report } : {}),
    journal: values.journal ?? journal,
    retryLimit: values.retries ?? defaults.retries,
    timeoutMs: values.timeout ?? timeoutIn(env),
    concurrencyLimit: Math.max(1, values.concurrency ?? defaults.concurrency),
  };
}
