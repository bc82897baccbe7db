import { ImgctlError, partialError } from '../core/errors.ts';
import type { Image } from '../core/image.ts';
import type { Call, OperationName } from '../core/operation.ts';
import { parseReference } from '../core/reference.ts';
import { imageView } from '../ui/views/image.ts';
import { resultView, type ResultRow } from '../ui/views/result.ts';
import type { At } from './command.ts';
import type { Context } from './context.ts';
import { onlyProfile } from './directory.ts';
import { DryRunStop, plannedView } from './dry-run.ts';
import type { Options } from './option.ts';
import { many, one, type Outcome } from './outcome.ts';
import { inParallel } from './parallel.ts';
import { imageId, type Pick } from './resolve-image.ts';

export const severalOptions = {
  latest: { kind: 'flag', summary: 'take the newest where a name fits several' },
  failFast: { kind: 'flag', summary: 'stop at the first failure' },
} as const satisfies Options;

/** One image of those that a command was given, found and ready. */
export interface Target<V extends OperationName> {
  readonly at: At<V>;
  readonly id: string;
  /** As it was typed. */
  readonly text: string;
  readonly call: Call;
}

/** A verb's end of its work: what is known of the image now, absent when it is gone. */
type Work<V extends OperationName> = (target: Target<V>) => Promise<Image | undefined>;

/** Splits `PROFILE:IMAGE` and opens the profile. */
export async function target<V extends OperationName>(
  text: string,
  context: Context<{ at: readonly V[] }>,
  pick: Pick,
): Promise<Target<V>> {
  const { directory, settings } = context;
  const reference = parseReference(text, (name) => directory.has(name));
  const profile = reference.profile ?? onlyProfile(directory, settings.profile);
  const at = await context.at('at', profile);
  const call = context.call();
  return { at, id: await imageId(at as At, reference.image, pick, call), text, call };
}

/**
 * Does one verb's work on each image. One image gives itself as outcome, several give a row each; after a failure the
 * others go on, unless `failFast`, and the command ends with PARTIAL.
 */
export async function eachImage<V extends OperationName>(
  context: Context<{ at: readonly V[] }>,
  texts: readonly string[],
  options: { readonly latest?: boolean | undefined; readonly failFast?: boolean | undefined },
  work: Work<V>,
): Promise<Outcome | undefined> {
  const pick = options.latest ? 'latest' : undefined;
  const [only, ...others] = texts;
  if (only !== undefined && others.length === 0) return single(await work(await target(only, context, pick)), only);
  const rows = await Promise.all(
    rowsOf(context, texts, options.failFast ?? false, async (text) => work(await target(text, context, pick))),
  );
  const failed = rows.filter((row) => row.result !== 'ok' && row.result !== 'planned');
  if (failed.length > 0) await context.report(partialError(`${failed.length} of ${rows.length} images failed`));
  return many(resultView, rows);
}

const single = (image: Image | undefined, text: string): Outcome =>
  image ? one(imageView, image) : one(resultView, { image: text, result: 'ok', message: 'gone' });

function rowsOf(
  context: Context<{ at: readonly never[] }>,
  texts: readonly string[],
  failFast: boolean,
  work: (text: string) => Promise<Image | undefined>,
): readonly Promise<ResultRow>[] {
  let stopped = false;
  return inParallel(failFast ? 1 : context.settings.concurrencyLimit, texts, async (text): Promise<ResultRow> => {
    if (stopped) return { image: text, result: 'skipped', message: 'after a failure (--fail-fast)' };
    try {
      const image = await work(text);
      return {
        image: text,
        result: 'ok',
        ...(image ? { profile: image.profile, id: image.id, name: image.name, status: image.status } : {}),
      };
    } catch (error) {
      if (error instanceof DryRunStop) return { image: text, result: 'planned', message: summary(error) };
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      stopped = failFast;
      const { profile } = error.circumstances;
      return {
        image: text,
        result: 'failed',
        message: error.message,
        code: error.code,
        exitCode: error.exitCode,
        ...(profile ? { profile } : {}),
      };
    }
  });
}

const summary = (stop: DryRunStop): string => JSON.stringify(plannedView.json(stop.planned, { raw: false }));
