import { exitCodes, ImgctlError, type Circumstances } from '../core/errors.ts';
import { commandLine, hintWith, type Next } from '../core/hint.ts';
import { systemFailure } from '../host/system-error.ts';
import { PipeClosed, type Io } from './io.ts';
import { styles, type Styles } from './style.ts';
import { jsonText, safe } from './sanitize.ts';

/** How failures are shown. `profile` and `provider` are told where the failure itself does not know them. */
export interface ErrorOptions {
  readonly json: boolean;
  /** With the chain of causes and the stack. */
  readonly debug: boolean;
  readonly profile?: string | undefined;
  readonly provider?: string | undefined;
  /** What the process ends with, where a signal decides that and not the failure. */
  readonly exitCode?: number | undefined;
  /** The run that failed, where it is in the journal. */
  readonly run?: string | undefined;
}

/**
 * Shows a failure on stderr and gives the exit code: text with its hint, or one line of JSON. The failures within an
 * `AggregateError` are shown one by one and count as PARTIAL. A closed pipe is no failure: nothing is shown, code 0.
 * Never throws.
 */
export async function printError(error: unknown, options: ErrorOptions, io: Io): Promise<number> {
  if (error instanceof PipeClosed) return 0;
  if (error instanceof AggregateError) {
    for (const one of error.errors) await showOne(one, options, io, true);
    return exitCodes.PARTIAL;
  }
  return showOne(error, options, io, false);
}

async function showOne(error: unknown, options: ErrorOptions, io: Io, oneOfMany: boolean): Promise<number> {
  const failure = error instanceof ImgctlError ? error : unforeseen(error);
  const circumstances = written({ ...givenWhere(options), ...failure.circumstances });
  const text = options.json
    ? `${jsonText({ error: asJson(failure, circumstances, { debug: options.debug, exitCode: options.exitCode ?? failure.exitCode }) })}\n`
    : asText(failure, circumstances, { debug: options.debug, named: oneOfMany, run: options.run }, await styles(io.errorColor));
  await io.stderr.write(text).catch(() => {});
  return options.exitCode ?? failure.exitCode;
}

/** What nobody foresaw is a bug, and is told as one, unless it is the system that says no. */
function unforeseen(error: unknown): ImgctlError {
  const ofSystem = systemFailure(error);
  if (ofSystem) return ofSystem;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const internal = new ImgctlError('INTERNAL', `internal error: ${message}`, {
    cause: error,
    hint: 'Report this bug with the command you typed and the output of --debug.',
  });
  if (error instanceof Error && error.stack !== undefined) internal.stack = error.stack;
  return internal;
}

/** With the commands that lead on in the hint, of what happened outside any account too. */
const written = ({ next, ...known }: Circumstances): Circumstances =>
  next ? { ...known, hint: hintWith(known.hint, next, known) } : known;

const givenWhere = ({ profile, provider }: ErrorOptions): Circumstances => ({
  ...(profile === undefined ? {} : { profile }),
  ...(provider === undefined ? {} : { provider }),
});

function asJson(
  failure: ImgctlError,
  known: Circumstances,
  { debug, exitCode }: { readonly debug: boolean; readonly exitCode: number },
): object {
  return {
    code: failure.code,
    message: failure.message,
    hint: known.hint,
    profile: known.profile,
    provider: known.provider,
    status: known.status,
    requestId: known.requestId,
    leftover: known.leftover,
    exitCode,
    ...(debug ? { causes: causesOf(failure).map(oneLine), stack: failure.stack } : {}),
  };
}

interface TextHow {
  readonly debug: boolean;
  readonly named: boolean;
  readonly run: string | undefined;
}

function asText(failure: ImgctlError, known: Circumstances, how: TextHow, styled: Styles): string {
  const where = how.named && known.profile !== undefined && !failure.message.includes(known.profile) ? `${known.profile}: ` : '';
  const lines = [`${styled.bad('imgctl:')} ${safe(where + failure.message)}`];
  // Hints are imgctl's own words and may have several lines (candidates, say); what is in the lines is made safe.
  if (known.hint !== undefined) lines.push(...known.hint.split('\n').map(safe));
  if (known.usage !== undefined) lines.push(`usage: ${safe(known.usage)}`);
  if (known.leftover !== undefined) lines.push(...leftBehind(known.leftover, known, how.run));
  if (known.requestId !== undefined) lines.push(styled.faint(`request id: ${safe(known.requestId)}`));
  if (how.debug)
    lines.push(...causesOf(failure).map((cause) => styled.faint(`caused by ${safe(oneLine(cause))}`)), ...stackOf(failure));
  return `${lines.join('\n')}\n`;
}

function leftBehind(
  id: string,
  { profile, region, isLeftoverPart, uncertain }: Circumstances,
  run: string | undefined,
): readonly string[] {
  const removing: Next | undefined = !isLeftoverPart
    ? profile === undefined
      ? undefined
      : { verb: 'delete', image: id }
    : run === undefined
      ? undefined
      : { verb: 'ops undo', args: [run] };
  return [
    `${uncertain ? 'may be ' : ''}left behind: ${safe(id)}`,
    ...(removing ? [`Delete it with: ${safe(commandLine(removing, { profile, region }))}`] : []),
  ];
}

const oneLine = (cause: unknown): string => (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause));
const stackOf = (failure: Error): string[] => (failure.stack ?? '').split('\n').map(safe);

/** The causes behind a failure, the nearest first. An error may be its own cause: each is listed once. */
function causesOf(failure: Error): unknown[] {
  const causes: unknown[] = [];
  let cause = failure.cause;
  while (cause !== undefined && cause !== null && !causes.includes(cause)) {
    causes.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}
