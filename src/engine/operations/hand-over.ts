import { isNoSuchImage } from '../../core/answer-error.ts';
import { conflictError, unsupportedError, type ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call, ExtraValues, Handover } from '../../core/operation.ts';
import type { Task } from '../../core/task.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { isSameImage, type Same } from '../images/compare.ts';
import type { Change } from './change.ts';
import type { Claim } from './claim.ts';
import { completed } from './completed.ts';
import { carried } from './copy-description.ts';
import type { CopyOptions } from './copy-options.ts';
import { fetched, routeWords, whyNotTaken } from './copy-route.ts';
import { removeReplaced, type Delivered } from './deliver.ts';
import { confirmReplace, foreseen, mustBeFree, settle, settleAgain, type Before } from './name-conflict.ts';
import type { Original } from './original.ts';
import { plannedLabels } from './transfer.ts';

/** An image that is no disk, on its way to another account of the same provider. */
interface Handed {
  readonly original: Original;
  readonly handover: Handover;
  readonly to: Account<'upload' | 'show' | 'list'>;
  readonly claim: Claim;
  readonly extras: ExtraValues;
  readonly wishes: CopyOptions;
  readonly call: Call;
  readonly task: Task;
}

/**
 * How an image that is no disk is handed over. Absent: it is a disk, or is wanted where nobody understands what is handed over, so that its
 * download says what it is.
 */
export async function handoverOf({ at, image }: Original, to: Account<'upload'>, call: Call): Promise<Handover | undefined> {
  return at.provider === to.provider && to.maybe('import')?.handover === 'pull' ? at.handover(image, call) : undefined;
}

/**
 * The copy of what is no disk: the target fetches it as it is, and nothing of it is read here. Throws UNSUPPORTED for what is asked of
 * its data, and where the target cannot fetch it.
 */
export async function handingOver(handed: Handed, context: EngineContext): Promise<Change<Delivered>> {
  const { original, handover, to, extras, wishes, call, task } = handed;
  const { image, at: from } = original;
  const { name } = handed.claim.request.description;
  const asked = askedOfData(wishes);
  if (asked !== undefined)
    throw unsupportedError(`image "${image.name}" is no disk, and nothing of it is read on its way: ${asked} is not supported`, {
      hint: `Omit ${asked}.`,
    });
  const why = await whyNotTaken({ handover, to, name, asked: { description: wishes.description, extras } }, call);
  if (why !== undefined) throw await notTaken(handed, why);
  const claim = { ...handed.claim, agreed: wishes.isOneOfSeveral ? await confirmReplace(handed.claim, context) : [] };
  const same = async (known: readonly Image[]): Promise<Same | undefined> => {
    const one = known.find((each) => isSameImage(to as Account, each, image));
    return one && { image: one, isProved: true };
  };
  const look = async (): Promise<Before> => {
    const before = await settle(claim, same, context);
    if ('image' in before) return before;
    // What stays the same image is not replaced.
    const replaces = before.replaces?.filter((one) => !isSameImage(to as Account, one, image)) ?? [];
    return replaces.length > 0 ? { ...before, replaces } : { description: before.description };
  };
  const { description, later } = carried(original, wishes.description, to, undefined, context);
  return {
    async plan() {
      return [
        {
          verb: 'copy',
          profile: to.profile,
          provider: to.provider,
          image: name,
          source: {
            name: `${from.profile}:${image.id}`,
            ...(image.sizeBytes === undefined ? {} : { bytes: image.sizeBytes }),
          },
          ...plannedLabels({ ...description, ...later }),
          route: 'pull',
          ...(await foreseen([routeWords.pull, 'verify'], look, claim, context)),
        },
      ];
    },
    async perform() {
      const before = await look();
      if ('image' in before) return before;
      context.say(`route: pull (${routeWords.pull})`);
      task.step('fetch');
      const request = { description: { ...description, ...before.description }, nameMustBeFree: mustBeFree(claim), extras };
      const made = await fetched(handover, request, to, call).catch((error: unknown) => settleAgain(error, claim, look));
      if (!('id' in made)) return made;
      if (isSameImage(to as Account, made, image)) context.say(`verified: ${to.provider} has the same image`);
      const tell = { call, warn: (text: string) => context.warn(text) };
      const there = await completed(to as Account, made, { changes: later, asked: wishes.description, done: 'copied' }, tell);
      if (before.replaces) await removeReplaced(before.replaces, there, { at: to, call });
      task.done();
      return { image: there, route: 'pull' };
    },
  };
}

/** Why the target cannot fetch it; where it has it under another name, which one it is. */
async function notTaken({ original: { image }, to, claim, call }: Handed, why: string): Promise<ImgctlError> {
  const there = to.driver.idsAreDigests ? await found(to, image.id, call) : undefined;
  const names = there && [there.name, ...(there.aliases ?? [])];
  if (!there || names?.includes(claim.request.description.name))
    return unsupportedError(`image "${image.name}" is no disk, so the target has to fetch it, but ${why}`);
  return conflictError(`${to.profile} has this image already, as "${there.name}"`, {
    hint: 'Use it as it is. Look at it with:',
    next: [{ verb: 'show', image: there.id }],
  }).inProfile(to.profile, to.provider);
}

async function found(at: Account<'show'>, id: string, call: Call): Promise<Image | undefined> {
  try {
    return await at.verb('show').run({ id }, call);
  } catch (error) {
    if (isNoSuchImage(error)) return undefined;
    throw error;
  }
}

/** The first wish that could only be granted by who reads the data. */
function askedOfData({ relay, transfer }: CopyOptions): string | undefined {
  const { format, fromFormat, compress, checksum, signature } = transfer;
  const asked = { '--relay': relay, '--disk-format': format, '--from-format': fromFormat, '--compress': compress };
  const found = Object.entries(asked).find(([, value]) => value !== undefined && value !== false);
  return found?.[0] ?? (checksum ? '--checksum' : signature ? '--verify' : undefined);
}
