import { ImgctlError, partialError } from '../../core/errors.ts';
import type { EngineContext } from '../context.ts';
import { copying, type Copied } from './copy.ts';
import type { Original } from './original.ts';
import type { Change } from './change.ts';
import { allOf, inParallel } from '../concurrency.ts';
import type { Account } from '../account/account.ts';
import type { CopyTarget } from './copy-target.ts';
import { targetText } from './copy-target.ts';
import type { ResultRow } from '../../core/result-row.ts';
import { failedRow, naming, plannedRow } from './result.ts';
import type { copyNeeds, CopyOptions } from './copy-options.ts';

/** A target with its account, or why it could not be opened. */
export interface OpenTarget {
  readonly target: CopyTarget;
  readonly to: Account<'upload' | 'show' | 'list'> | ImgctlError;
}

/** Opens the account of each target. Throws USAGE; other failures are handed out. */
export async function openTargets(
  targets: readonly CopyTarget[],
  open: (profile: string) => Promise<Account<(typeof copyNeeds)['to'][number]>>,
): Promise<readonly OpenTarget[]> {
  const opened: OpenTarget[] = [];
  for (const target of targets) opened.push({ target, to: await open(target.profile).catch(failureOf) });
  return opened;
}

/** Those that come to one name in one profile, however it is typed, once. */
export const eachOnce = (targets: readonly OpenTarget[], sourceName: string): readonly OpenTarget[] =>
  [
    ...new Map(
      targets.toReversed().map((one) => [JSON.stringify([one.target.profile, one.target.name || sourceName]), one]),
    ).values(),
  ].toReversed();

/** A failure of one target. Throws what is none, or concerns all of them. */
function failureOf(error: unknown): ImgctlError {
  if (!(error instanceof ImgctlError) || error.code === 'ABORTED' || error.code === 'USAGE') throw error;
  return error;
}

/** A target that is ready, or why it is not. */
interface Looked {
  readonly target: CopyTarget;
  readonly ready: Change<Copied> | ImgctlError;
}

/**
 * Copies to each target, and gives a row for each. All are looked at, and what goes is agreed to, before the first copy begins: USAGE
 * of one means that nothing was done. A target that fails otherwise is reported, and the others go on, unless `failFast`.
 */
export async function copyToEach(
  original: Original,
  targets: readonly OpenTarget[],
  wishes: CopyOptions,
  failFast: boolean,
  context: EngineContext,
): Promise<readonly ResultRow[]> {
  const looked: Looked[] = [];
  try {
    // One after the other: each may ask.
    for (const { target, to } of targets) {
      const ready =
        to instanceof ImgctlError
          ? to
          : await copying(original, target, to, wishes, speakingOf(target, context)).catch(failureOf);
      looked.push({ target, ready });
    }
    let stopped = false;
    const rows = await allOf(
      inParallel(failFast ? 1 : context.settings.concurrencyLimit, looked, async (one): Promise<ResultRow> => {
        const image = targetText(one.target);
        if (stopped) return { image, result: 'skipped', message: 'after a failure (--fail-fast)' };
        const row = await rowOf(image, one, context);
        stopped = failFast && row.result === 'failed';
        return row;
      }),
    );
    const failed = rows.filter(({ result }) => result === 'failed').length;
    if (failed > 0) await context.report(partialError(`${failed} of ${rows.length} copies failed`));
    return rows;
  } finally {
    for (const { ready } of looked) if (!(ready instanceof ImgctlError)) await ready.close?.();
  }
}

/** Says of each line which of the targets it is about. */
function speakingOf(target: CopyTarget, context: EngineContext): EngineContext {
  const text = targetText(target);
  return { ...context, warn: (message) => context.warn(`${text}: ${message}`), say: (line) => context.say(`${text}: ${line}`) };
}

async function rowOf(text: string, { target, ready }: Looked, context: EngineContext): Promise<ResultRow> {
  const { profile } = target;
  try {
    if (ready instanceof ImgctlError) throw ready;
    if (context.settings.dryRun) return plannedRow(text, await ready.plan(), context);
    const { image, route } = await ready.perform();
    const message = route === undefined ? 'already up to date' : 'copied';
    const { id, name, status } = image;
    return { image: text, profile, id, name, status, result: 'ok', message, ...(route === undefined ? {} : { route }) };
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    await context.report(naming(text, error));
    return { ...failedRow(text, error, context), profile };
  } finally {
    if (!(ready instanceof ImgctlError)) await ready.close?.();
  }
}
