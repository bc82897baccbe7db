import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { OperationName } from '../../core/operation.ts';
import type { Surface } from '../program/context.ts';
import { inParallel } from '../../engine/concurrency.ts';
import type { Target } from '../../engine/images/target.ts';
import { actOn, type UncheckedTarget } from '../options/targets.ts';
import type { Account } from '../../engine/account/account.ts';
import { naming } from '../../engine/operations/result.ts';

/** What goes when a verb is done, so that it is asked for first, once for all images of a profile. */
export interface ImageLoss<V extends OperationName> {
  /** As the question begins: `Delete`. */
  readonly verb: string;
  /** What goes of this image, absent if nothing does. Default: the image itself. */
  of?(target: Target<V>): Promise<string | undefined>;
}

export type WithLoss<V extends OperationName> = UncheckedTarget<V> & { readonly goes: string | undefined };

/** A target with what goes of it. */
export const withLoss = async <V extends OperationName>(found: UncheckedTarget<V>, loss: ImageLoss<V>): Promise<WithLoss<V>> => ({
  ...found,
  goes: loss.of ? await loss.of(found) : found.text,
});

/** Finds all images and asks about what goes of them. The function given hands out what was found, or throws why it was not. */
export async function findAndConfirm<V extends OperationName>(
  texts: readonly string[],
  find: (text: string) => Promise<UncheckedTarget<V>>,
  loss: ImageLoss<V>,
  context: Surface,
): Promise<(text: string) => Promise<UncheckedTarget<V>>> {
  const look = async (text: string): Promise<WithLoss<V>> => withLoss(await find(text), loss);
  const looks = await Promise.allSettled(inParallel(context.settings.concurrencyLimit, texts, look));
  const impossible = looks.flatMap((one, at) =>
    one.status === 'rejected' && one.reason instanceof ImgctlError
      ? [naming(texts[at] ?? '', one.reason).message.split('\n')[0] ?? '']
      : [],
  );
  await confirmLosses(
    looks.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])),
    loss,
    context,
    impossible,
  );
  const byText = new Map(texts.map((text, at) => [text, looks[at]]));
  return async (text) => {
    const one = byText.get(text);
    if (one?.status === 'fulfilled') return one.value;
    throw one?.reason;
  };
}

/** Asks once for each profile that loses something. Throws USAGE where nobody can answer, ABORTED where the answer is no. */
export async function confirmLosses<V extends OperationName>(
  found: readonly WithLoss<V>[],
  loss: ImageLoss<V>,
  surface: Surface,
  impossible: readonly string[] = [],
): Promise<void> {
  const losing = found.filter(({ goes }) => goes !== undefined);
  for (const profile of new Set(losing.map(({ at }) => at.profile))) {
    const there = losing.filter(({ at }) => at.profile === profile);
    const [first] = there;
    if (!first) continue;
    const images = async (): Promise<readonly Image[]> => {
      const all = await Promise.all(inParallel(surface.settings.concurrencyLimit, there, (one) => shown(one)));
      return all.filter((image) => image !== undefined);
    };
    const what = loss.of ? { what: `${there.map(({ goes }) => goes).join(', ')} (profile ${profile})` } : {};
    const question = { verb: loss.verb, ...what, count: there.length, images, impossible, missedByUsers: !loss.of };
    await surface.confirmLoss(question, first.at as Account);
  }
}

/** The image behind a target, for whoever is asked about it; absent where it cannot be looked at now. */
async function shown<V extends OperationName>(found: UncheckedTarget<V>): Promise<Image | undefined> {
  const look = async ({ at, id, call }: Target<V>): Promise<Image> => (at as Account).verb('show').run({ id }, call);
  return actOn(found, look).catch((error: unknown) => {
    if (error instanceof ImgctlError && error.code !== 'ABORTED') return undefined;
    throw error;
  });
}
