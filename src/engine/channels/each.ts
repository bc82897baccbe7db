import type { ChannelChangeRow } from '../../core/channel-row.ts';
import { abortedError, ImgctlError, partialError, type Code } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { allOf, inParallel } from '../concurrency.ts';
import type { EngineContext } from '../context.ts';

/** A profile in which something is to be done: its account, or why it could not be opened. */
export interface Opened {
  readonly profile: string;
  readonly at: Account | ImgctlError;
}

/** `isWide`: whichever profiles there are, and not those that somebody has named. */
export interface Where {
  readonly profiles: readonly Opened[];
  readonly isWide: boolean;
}

/** What came of one profile. */
export interface ProfileAnswer<T> {
  readonly profile: string;
  readonly answer: T | ImgctlError;
}

/** That something is not in a profile, or cannot be. */
const absences: readonly Code[] = ['NOT_FOUND', 'UNSUPPORTED'];

/**
 * Does something in each profile, side by side; in a failure the commands that lead on name the profile. Where they are wide, one that has
 * nothing of it is left out. Throws the failure of the only one, or where none is left, of the first.
 */
export async function inEach<T>(
  { profiles, isWide }: Where,
  work: (at: Account, call: Call) => Promise<T>,
  context: EngineContext,
): Promise<readonly ProfileAnswer<T>[]> {
  const each = inParallel(context.settings.concurrencyLimit, profiles, async ({ profile, at }): Promise<ProfileAnswer<T>> => {
    try {
      return { profile, answer: at instanceof ImgctlError ? at : await work(at, context.call()) };
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED' || at instanceof ImgctlError) throw error;
      return { profile, answer: error.with(given({ region: at.region })).inProfile(profile, at.provider) };
    }
  });
  const all = await allOf(each);
  const isAbsent = ({ answer }: ProfileAnswer<T>): boolean => answer instanceof ImgctlError && absences.includes(answer.code);
  const left = isWide ? all.filter((one) => !isAbsent(one)) : all;
  const [first] = left.length > 0 ? left : all;
  if (first?.answer instanceof ImgctlError && (left.length === 0 || all.length === 1)) throw first.answer;
  return left;
}

/** The profiles that were looked at, to be worked at: where the look has failed, that is why. */
export const openedIn = (looked: readonly ProfileAnswer<{ readonly at: Account }>[]): readonly Opened[] =>
  looked.map(({ profile, answer }) => ({ profile, at: answer instanceof ImgctlError ? answer : answer.at }));

/** The rows of all profiles; those of one that failed are its failure. Ends with PARTIAL then. */
export async function rowsOfEach(
  channel: string | undefined,
  where: Where,
  work: (at: Account, call: Call) => Promise<readonly ChannelChangeRow[]>,
  context: EngineContext,
): Promise<readonly ChannelChangeRow[]> {
  const rows: ChannelChangeRow[] = [];
  for (const { profile, answer } of await inEach(where, work, context))
    if (answer instanceof ImgctlError) {
      await context.report(naming(profile, answer));
      rows.push(failedIn(profile, channel, answer, context));
    } else rows.push(...answer);
  const failed = rows.filter(({ result }) => result === 'failed').length;
  if (context.signal.aborted) await context.report(abortedError('interrupted'));
  else if (failed > 0) await context.report(partialError(`${failed} of ${rows.length} changes failed`));
  return rows;
}

/** The same failure, with the profile that it is of. */
export const naming = (profile: string, error: ImgctlError): ImgctlError =>
  error.message.includes(profile) ? error : new ImgctlError(error.code, `${profile}: ${error.message}`, error.circumstances);

function failedIn(
  profile: string,
  channel: string | undefined,
  error: ImgctlError,
  { redactor }: EngineContext,
): ChannelChangeRow {
  const { hint } = error.circumstances;
  return {
    ...(channel === undefined ? {} : { channel }),
    profile,
    result: 'failed',
    message: redactor.hide(error.message),
    code: error.code,
    exitCode: error.exitCode,
    ...(hint === undefined ? {} : { hint: redactor.hide(hint) }),
  };
}
