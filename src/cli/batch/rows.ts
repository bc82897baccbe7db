import { abortedError, ImgctlError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import type { OperationName } from '../../core/operation.ts';
import type { Surface } from '../program/context.ts';
import { warnOfPrefix } from '../../engine/account/mistyped-profile.ts';
import { describing, type ImageChange } from '../../engine/images/target.ts';
import { inParallel } from '../../engine/concurrency.ts';
import { actOn, type UncheckedTarget } from '../options/targets.ts';
import type { ResultRow } from '../../core/result-row.ts';
import { failedRow, naming, plannedRow } from '../../engine/operations/result.ts';

/** The row of what was not there, where that is no failure. What may have been meant as a profile, and is none, is warned about. */
export function absent(text: string, { directory, warn }: Surface): ResultRow {
  warnOfPrefix(text, directory, warn);
  return { image: text, result: 'ok', message: 'not there' };
}

/** How several images are gone through. */
interface Several {
  readonly failFast: boolean;
  readonly ignoreMissing: boolean;
}

const interrupted = (error: unknown): ImgctlError =>
  error instanceof ImgctlError ? error : abortedError('interrupted', { cause: error });

/** A row for each image. A failure is told whole, with its hint, as it would be of that image alone; its row keeps a short word. */
export function rowsOf<V extends OperationName>(
  context: Surface,
  texts: readonly string[],
  { failFast, ignoreMissing }: Several,
  find: (text: string) => Promise<UncheckedTarget<V>>,
  changeOf: ImageChange<V>,
): readonly Promise<ResultRow>[] {
  let stopped = false;
  return inParallel(failFast ? 1 : context.settings.concurrencyLimit, texts, async (text): Promise<ResultRow> => {
    if (context.signal.aborted) return { image: text, result: 'skipped', message: 'not started (interrupted)' };
    if (stopped) return { image: text, result: 'skipped', message: 'after a failure (--fail-fast)' };
    try {
      const found = await find(text);
      if (context.settings.dryRun)
        return plannedRow(text, await actOn(found, (it) => describing(it, changeOf(it)).plan()), context);
      const image = await actOn(found, (it) => changeOf(it).perform());
      const known = image ? { name: image.name, status: image.status } : {};
      return { image: text, result: 'ok', profile: found.at.profile, id: image?.id ?? found.id, ...known };
    } catch (error) {
      // What is done by now is told, and what may be.
      if (context.signal.aborted) return failedRow(text, interrupted(error), context);
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      if (ignoreMissing && isNoSuchImage(error)) return absent(text, context);
      stopped = failFast;
      await context.report(naming(text, error));
      return failedRow(text, error, context);
    }
  });
}
