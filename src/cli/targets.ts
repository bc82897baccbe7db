import { ImgctlError, partialError } from '../core/errors.ts';
import type { Image } from '../core/image.ts';
import type { Call, OperationName } from '../core/operation.ts';
import { parseReference, type Reference } from '../core/reference.ts';
import { imageView } from '../ui/views/image.ts';
import { resultView, type ResultRow } from '../ui/views/result.ts';
import type { View } from '../ui/view.ts';
import type { At } from './command.ts';
import { confirmLoss } from './confirm.ts';
import type { Context, Surface } from './context.ts';
import { onlyProfile, prefixWithoutProfile, type ProfileDirectory } from './directory.ts';
import { DryRunStop } from './dry-run.ts';
import type { Options } from './option.ts';
import { many, one, type Outcome } from './outcome.ts';
import { inParallel } from './parallel.ts';
import { failedRow, naming, plannedRow } from './result-rows.ts';
import { findImage, imageCalled, type FoundImage, type Meaning } from './resolve-image.ts';

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

/** What `eachImage` draws by; `gone`: of a single image that is no longer there. */
export const drawsEach =
  (gone = false) =>
  ({ image }: { readonly image: readonly string[] }): View<never> =>
    (image.length > 1 || gone ? resultView : imageView) as View<never>;

/** A verb's end of its work: what is known of the image now, absent when it is gone. */
type Work<V extends OperationName> = (target: Target<V>) => Promise<Image | undefined>;

/** What goes when a verb is done, so that it is asked for first, once for all images of a profile. */
export interface Loss<V extends OperationName> {
  /** The question is "VERB WHAT, WHAT?". */
  readonly verb: string;
  /** What goes of this image, absent if nothing does. Default: the image itself. */
  of?(target: Target<V>): Promise<string | undefined>;
}

/** A target whose image was looked at. */
export interface FoundTarget<V extends OperationName> extends Target<V> {
  readonly found: FoundImage;
}

/** Splits `PROFILE:IMAGE`, opens the profile and finds the image. */
export async function target<V extends OperationName>(
  text: string,
  context: Context<{ at: readonly V[] }>,
  meaning: Meaning = {},
): Promise<FoundTarget<V>> {
  const { at, reference, call } = await place(text, context);
  const found = await imageMeant(at as At, reference, meaning, context.directory, call);
  const { id } = found.image;
  if (id !== reference.image) context.detail(`"${reference.image}" is ${id} in ${at.profile}`);
  return { at, id, found, text, call };
}

/** The open profile, and what the text names in it. */
async function place<V extends OperationName>(text: string, context: Context<{ at: readonly V[] }>) {
  const { directory, settings } = context;
  const reference = parseReference(text, (name) => directory.has(name));
  const at = await context.at('at', reference.profile ?? onlyProfile(directory, settings.profile));
  return { at, reference, call: context.call() };
}

/** A target that may have been taken for an id by its look alone. `called`: the one of that name, for when there is no such id. */
interface Lead<V extends OperationName> extends Target<V> {
  called?(): Promise<Target<V> | undefined>;
}

/** As `target`, but what looks like an id is not asked for: whoever acts on it will be told whether there is one. */
async function lead<V extends OperationName>(
  text: string,
  context: Context<{ at: readonly V[] }>,
  meaning: Meaning,
): Promise<Lead<V>> {
  const { at, reference, call } = await place(text, context);
  const { image: id } = reference;
  if (!at.driver.ids.test(id)) return target(text, context, meaning);
  return {
    at,
    id,
    text,
    call,
    async called() {
      const image = await imageCalled(at as At, id, meaning, call);
      return image && { at, id: image.id, text, call };
    },
  };
}

/** Does the work on an image; where there is none of that id, on the one that bears it as its name. */
export async function actOn<V extends OperationName, Result>(
  found: Lead<V>,
  work: (target: Target<V>) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(found);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'NOT_FOUND') throw error;
    const other = await found.called?.();
    if (!other) throw error;
    return work(other);
  }
}

/** `findImage` of what was typed. What stands before a colon may have been meant as a profile: then that there is none is told too. */
export async function imageMeant(
  at: At,
  { profile, image }: Reference,
  meaning: Meaning,
  directory: ProfileDirectory,
  call: Call,
): Promise<FoundImage> {
  try {
    return await findImage(at, image, meaning, call);
  } catch (error) {
    const told = profile === undefined && error instanceof ImgctlError && error.code === 'NOT_FOUND';
    const prefix = told ? prefixWithoutProfile(image, directory) : undefined;
    if (!told || !prefix) throw error;
    throw new ImgctlError(error.code, `no such profile: ${prefix.name} (and ${error.message})`, {
      ...error.circumstances,
      hint: prefix.hint,
    });
  }
}

/**
 * Does one verb's work on each image. One image gives itself as outcome, several give a row each; after a failure the
 * others go on, unless `failFast`, and the command ends with PARTIAL. With a `loss` all images are found, and what goes is
 * agreed to, before the work on the first begins.
 */
export async function eachImage<V extends OperationName>(
  context: Context<{ at: readonly V[] }>,
  texts: readonly string[],
  options: { readonly latest?: boolean | undefined; readonly failFast?: boolean | undefined },
  work: Work<V>,
  { loss, among }: { readonly loss?: Loss<V> | undefined; readonly among?: Meaning['among'] } = {},
): Promise<Outcome | undefined> {
  const meaning: Meaning = { ...(options.latest ? { pick: 'latest' } : {}), ...(among ? { among } : {}) };
  const find = (text: string): Promise<Lead<V>> => lead(text, context, meaning);
  const [only, ...others] = texts;
  if (only !== undefined && others.length === 0) {
    const found = await find(only);
    if (loss) await agree([await withLoss(found, loss)], loss, context);
    return actOn(found, async (each) => single(await work(each), each));
  }
  const ready = loss ? await findAndAgree(texts, find, loss, context) : find;
  const ends = await Promise.all(rowsOf(context, texts, options.failFast ?? false, ready, work));
  for (const { failure } of ends) if (failure) await context.report(failure);
  const rows = ends.map(({ row }) => row);
  const failed = rows.filter((row) => row.result === 'failed');
  if (failed.length > 0) await context.report(partialError(`${failed.length} of ${rows.length} images failed`));
  return many(resultView, rows);
}

type WithLoss<V extends OperationName> = Target<V> & { readonly goes: string | undefined };

const withLoss = async <V extends OperationName>(found: Target<V>, loss: Loss<V>): Promise<WithLoss<V>> => ({
  ...found,
  goes: loss.of ? await loss.of(found) : found.text,
});

/** Finds all images and asks about what goes of them. The function given hands out what was found, or throws why it was not. */
async function findAndAgree<V extends OperationName>(
  texts: readonly string[],
  find: (text: string) => Promise<Target<V>>,
  loss: Loss<V>,
  context: Surface,
): Promise<(text: string) => Promise<Target<V>>> {
  const look = async (text: string): Promise<WithLoss<V>> => withLoss(await find(text), loss);
  const looks = await Promise.allSettled(inParallel(context.settings.concurrencyLimit, texts, look));
  await agree(
    looks.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])),
    loss,
    context,
  );
  return async (text) => {
    const one = looks[texts.indexOf(text)];
    if (one?.status === 'fulfilled') return one.value;
    throw one?.reason;
  };
}

const mostNamed = 10;

/** Asks once for each profile that loses something. Throws USAGE where nobody can answer, ABORTED where the answer is no. */
async function agree<V extends OperationName>(found: readonly WithLoss<V>[], loss: Loss<V>, surface: Surface): Promise<void> {
  const losing = found.filter(({ goes }) => goes !== undefined);
  for (const profile of new Set(losing.map(({ at }) => at.profile))) {
    const there = losing.filter(({ at }) => at.profile === profile);
    const named = there.slice(0, mostNamed).map(({ goes }) => goes);
    const more = there.length > mostNamed ? ` and ${there.length - mostNamed} more` : '';
    const [first] = there;
    if (first) await confirmLoss(surface, first.at as At, `${loss.verb} ${named.join(', ')}${more}?`);
  }
}

const single = (image: Image | undefined, { at, id, text }: Target<OperationName>): Outcome =>
  image ? one(imageView, image) : one(resultView, { image: text, profile: at.profile, id, result: 'ok', message: 'gone' });

/** What became of one image, and the whole of the failure where it failed. */
interface End {
  readonly row: ResultRow;
  readonly failure?: ImgctlError;
}

function rowsOf<V extends OperationName>(
  context: Surface,
  texts: readonly string[],
  failFast: boolean,
  find: (text: string) => Promise<Target<V>>,
  work: Work<V>,
): readonly Promise<End>[] {
  let stopped = false;
  return inParallel(failFast ? 1 : context.settings.concurrencyLimit, texts, async (text): Promise<End> => {
    if (stopped) return { row: { image: text, result: 'skipped', message: 'after a failure (--fail-fast)' } };
    try {
      const found = await find(text);
      const image = await work(found);
      const known = image ? { name: image.name, status: image.status } : {};
      return { row: { image: text, result: 'ok', profile: found.at.profile, id: found.id, ...known } };
    } catch (error) {
      if (error instanceof DryRunStop) return { row: plannedRow(text, error, context) };
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      stopped = failFast;
      return { row: failedRow(text, error, context), failure: naming(text, error) };
    }
  });
}
