import { abortedError, partialError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import type { Image } from '../../core/image.ts';
import type { OperationName } from '../../core/operation.ts';
import { imageView } from '../../ui/views/image.ts';
import { resultView } from '../../ui/views/result.ts';
import type { View } from '../../ui/view.ts';
import type { Context } from '../program/context.ts';
import { confirmLosses, findAndConfirm, withLoss, type ImageLoss } from './confirm-loss.ts';
import type { Options } from '../program/option.ts';
import { many, one, type Outcome } from '../program/outcome.ts';
import { sharedLists, type Meaning } from '../../engine/images/resolve.ts';
import { allOf } from '../../engine/concurrency.ts';
import { absent, rowsOf } from './rows.ts';
import { describing, type ImageChange, type Target } from '../../engine/images/target.ts';
import { actOn, uncheckedTarget, openProfiles, target, type UncheckedTarget } from '../options/targets.ts';
import { carriedOut } from '../program/plan.ts';
import type { Change } from '../../engine/operations/change.ts';
import type { ResultRow } from '../../core/result-row.ts';

export const severalOptions = {
  latest: { kind: 'flag', summary: 'use the newest match' },
  failFast: { kind: 'flag', summary: 'stop at the first failure' },
} as const satisfies Options;

export const missingOptions = {
  ignoreMissing: { kind: 'flag', summary: 'do not fail if an image does not exist' },
} as const satisfies Options;

/** What `eachImage` draws by; `gone`: of a single image that is no longer there. */
export const drawsEach =
  (gone = false) =>
  ({ image, ignoreMissing }: { readonly image: readonly string[]; readonly ignoreMissing?: unknown }): View<never> =>
    (image.length > 1 || gone || ignoreMissing === true ? resultView : imageView) as View<never>;

/**
 * Does one verb's work on each image. One image gives itself as outcome, several give a row each; after a failure the
 * others go on, unless `failFast`, and the command ends with PARTIAL. With a `loss` all images are found, and what goes is
 * agreed to, before the work on the first begins.
 */
export async function eachImage<V extends OperationName>(
  context: Context<{ at: readonly V[] }>,
  texts: readonly string[],
  options: {
    readonly latest?: boolean | undefined;
    readonly failFast?: boolean | undefined;
    readonly ignoreMissing?: boolean | undefined;
  },
  changeOf: ImageChange<V>,
  { loss, among }: { readonly loss?: ImageLoss<V> | undefined; readonly among?: Meaning['among'] } = {},
): Promise<Outcome | undefined> {
  const meaning: Meaning = {
    ...(options.latest ? { pick: 'latest' } : {}),
    ...(among ? { among } : {}),
    ...sharedLists(texts.length),
  };
  // A plan is made for what is there.
  const find = (text: string): Promise<UncheckedTarget<V>> =>
    (context.settings.dryRun ? target : uncheckedTarget)(text, context, meaning);
  const each = [...new Set(texts)];
  const [only, ...others] = texts;
  if (only !== undefined && others.length === 0) {
    try {
      const found = await find(only);
      if (loss) await confirmLosses([await withLoss(found, loss)], loss, context);
      return await actOn(found, (it) =>
        carriedOut(describing(it, changeOf(it)), context, (image) => single(image, it, options.ignoreMissing)),
      );
    } catch (error) {
      if (!options.ignoreMissing || !isNoSuchImage(error)) throw error;
      return one(resultView, absent(only, context));
    }
  }
  await openProfiles(each, context);
  const ready = loss ? await findAndConfirm(each, find, loss, context) : find;
  const several = { failFast: options.failFast ?? false, ignoreMissing: options.ignoreMissing ?? false };
  const rows = await allOf(rowsOf(context, each, several, ready, onceEach(changeOf)));
  const failed = rows.filter((row) => row.result === 'failed');
  if (context.signal.aborted) await context.report(abortedError(`interrupted: ${done(rows)} of ${rows.length} images were done`));
  else if (failed.length > 0) await context.report(partialError(`${failed.length} of ${rows.length} images failed`));
  return many(resultView, rows);
}

/** The same change, made once for each image, however many of the texts mean it. */
function onceEach<V extends OperationName>(changeOf: ImageChange<V>): ImageChange<V> {
  const made = new Map<string, ReturnType<ImageChange<V>>>();
  return (it) => {
    const key = `${it.at.profile}:${it.id}`;
    const change = made.get(key) ?? once(changeOf(it));
    made.set(key, change);
    return change;
  };
}

function once<Result>(change: Change<Result>): Change<Result> {
  let performed: Promise<Result> | undefined;
  return { ...change, perform: () => (performed ??= change.perform()) };
}

const done = (rows: readonly ResultRow[]): number => rows.filter(({ result }) => result === 'ok').length;

/** The outcome of one image: itself, or a row where it is, or might have been, no longer there. */
function single(image: Image | undefined, { at, id, text }: Target<OperationName>, asRow = false): Outcome {
  if (image && !asRow) return one(imageView, image);
  const known = image ? { name: image.name, status: image.status } : { message: 'gone' };
  return one(resultView, { image: text, profile: at.profile, id, result: 'ok', ...known });
}
