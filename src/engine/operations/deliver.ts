import { ImgctlError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import { commandLine } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import type { Provenance } from '../../core/provenance.ts';
import type { Call, Content, UploadRequest } from '../../core/operation.ts';
import type { Prepared } from '../../transfer/prepared.ts';
import { verifySent } from '../../transfer/verify.ts';
import { beforeRetry, isPassing } from '../../core/retry.ts';
import type { EngineContext } from '../context.ts';
import { cancelled, removeMade } from './rollback.ts';
import { byShortcut, type CopyRoute, type Shortcut } from './copy-route.ts';
import { recordContent } from './record-content.ts';
import { completed, type Completion } from './completed.ts';
import type { IfExists } from './claim.ts';
import { isSameContent, recalled, withdrawn } from '../images/compare.ts';
import { mustBeFree, settleAgain, settleName, type Free } from './name-conflict.ts';
import type { WaitLimits } from '../../core/poll.ts';
import { waitFor } from './wait.ts';
import type { Account } from '../account/account.ts';
import type { Task } from '../../core/task.ts';

/** Where prepared bytes are to go, and how. */
export interface Delivery {
  readonly at: Account<'upload' | 'show'>;
  readonly request: Omit<UploadRequest, 'content'>;
  readonly ifExists: IfExists;
  /** What the target can come by instead of being sent it. */
  readonly shortcut?: Shortcut | undefined;
  /** As of the claim on its name: where the image comes from, and whether it may be older than what it replaces. */
  readonly origin?: Readonly<Record<string, string>> | undefined;
  readonly allowDowngrade?: boolean | undefined;
  /** What the record gets only once the data is verified, and before what is replaced goes. Absent: nothing. */
  readonly later?: Completion | undefined;
  /** Digest, as `ALGO:HEX`, that the source as it is published is held against when all of it is read. Absent: none. */
  readonly published?: string | undefined;
  /** What is proved of where the bytes come from, once they have come; absent: nothing. */
  proved?(): Provenance;
  readonly wait: boolean;
  readonly limits: WaitLimits;
  /** Ids of images that it was agreed to replace. */
  readonly agreed?: readonly string[];
  readonly call: Call;
  readonly task: Task;
}

/** A delivery whose name is settled. */
interface Begun extends Delivery {
  /** Ids of images that had the name. */
  readonly before: readonly string[];
}

/** An image that is there now. `route`: how its data came there; absent where nothing was sent. */
export interface Delivered {
  readonly image: Image;
  readonly route?: CopyRoute;
}

/** Whole transfers that are tried again after a broken connection, a server's failure, or when it was asked too often. */
const furtherTries = 2;

/**
 * Sends what was prepared, verifies what arrived, waits until it can be used, records its content id, and lets others see it; then
 * what it replaces goes.
 * A target that holds the same content already is left as it is (`skip`). A mismatch removes the image and is INTEGRITY.
 */
export async function deliver(prepared: Prepared, delivery: Delivery, context: EngineContext): Promise<Delivered> {
  const before = await settleName(prepared, delivery, context);
  if ('image' in before) return before;
  return delivered(before, prepared, { ...delivery, before: (before.replaces ?? []).map(({ id }) => id) }, context);
}

async function delivered(before: Free, prepared: Prepared, delivery: Begun, context: EngineContext): Promise<Delivered> {
  const { task } = delivery;
  task.step('prepare');
  const made = await brought(before, prepared, delivery, context).catch((error: unknown) =>
    settleAgain(error, delivery, () => settleName(prepared, delivery, context)),
  );
  if (!('content' in made)) return made;
  const { image: sent, route, content } = made;
  const there = await arrived(sent, route, content, delivery, context);
  const recorded = await recordContent(there, content, prepared, delivery, context).catch(async (error: unknown) => {
    // Only now, decoded to its end, the source turned out to be damaged: what was made of it must not stay.
    if (!(error instanceof ImgctlError) || error.code !== 'INTEGRITY') throw error;
    throw error.with(await undone(there, delivery));
  });
  if (before.replaces) await refuseRevival(before.replaces, recorded, delivery);
  const { later } = delivery;
  const tell = { call: delivery.call, warn: (text: string) => context.warn(text) };
  const image = later ? await completed(delivery.at as Account, recorded, later, tell) : recorded;
  if (before.replaces) await removeReplaced(before.replaces, image, delivery);
  return { image, route };
}

/** Throws CONFLICT, and takes the new image away, where only its bytes have told that it is one which was taken out of use. */
async function refuseRevival(replaced: readonly Image[], made: Image, delivery: Begun): Promise<void> {
  const at = delivery.at as Account;
  const known = await recalled(at, replaced, 'inactive');
  const same = known.find((old) => old.id !== made.id && isSameContent(old, made));
  if (same) throw withdrawn(at, same).with(await undone(made, delivery));
}

/** The data at the target, by the shortcut where there is one that works. */
async function brought(
  { description, replaces = [] }: Free,
  prepared: Prepared,
  delivery: Delivery,
  context: EngineContext,
): Promise<Required<Delivered> & { readonly content: Content }> {
  const { at, call, shortcut, task } = delivery;
  const contentId = (): Promise<string | undefined> => prepared.contentId();
  const [replaced] = replaces;
  const request = {
    ...delivery.request,
    description,
    contentId,
    nameMustBeFree: mustBeFree(delivery),
    ...(replaced ? { replaces: replaced.id } : {}),
  };
  if (shortcut) {
    // What is not sent from here is not read here either.
    const content = await prepared.offered();
    const taken = await byShortcut(shortcut, { ...request, content }, at, call);
    if (typeof taken === 'object') return { image: taken, route: shortcut.route, content };
    context.say(`relaying through this machine: ${taken}`);
  }
  const planned = prepared.plan.encoding.format;
  const content = await prepared.content();
  task.step('send');
  // What it is may have been told only by its end.
  const known = description.diskFormat === planned ? { ...description, diskFormat: content.encoding.format } : description;
  return {
    image: await sendWithRetries({ ...request, description: known, content }, delivery, context),
    route: 'relay',
    content,
  };
}

/** The whole transfer again, where the source can be read again and the failure was the network's or the server's. */
async function sendWithRetries(request: UploadRequest, delivery: Delivery, context: EngineContext): Promise<Image> {
  const { at, call, task } = delivery;
  for (let tries = 1; ; tries += 1) {
    try {
      return await at.verb('upload').run(request, call);
    } catch (error) {
      const isLast = tries > furtherTries || call.retries.left <= 0 || context.signal.aborted;
      if (!isPassing(error) || isLast) throw error;
      if (!request.content.repeatable)
        throw new ImgctlError(error.code, `${error.message}; not retried: the source can be read only once`, {
          ...error.circumstances,
          cause: error,
          hint: 'Use a file instead of a stream.',
        });
      await beforeRetry(error, tries, call);
      task.step('send again');
    }
  }
}

async function arrived(sent: Image, route: CopyRoute, content: Content, delivery: Begun, context: EngineContext): Promise<Image> {
  const { at, call, limits, task } = delivery;
  const reported = at.verb('upload').digests;
  try {
    const isSettled = sent.status === 'active' || !delivery.wait;
    if (!isSettled) task.step(route === 'relay' ? 'wait' : 'fetch');
    const settled = isSettled ? sent : await waitFor(at as Account, sent.id, { status: ['active'] }, { limits, call, task });
    const image = settled ?? sent;
    task.step('verify');
    const format = delivery.request.description.diskFormat ?? content.encoding.format;
    const { by, not } = await verifySent(image, { content, format, rereads: route === 'relay' }, reported);
    if (by !== undefined) context.say(verifiedWords(route, at.provider, by));
    else if (at.verb('upload').verifies) context.say(`verified: ${at.provider} has what was sent`);
    else if (not !== undefined && image.status === 'active') context.warn(not);
    else if (reported.length === 0 && image.status === 'active')
      context.say(`not verified: ${at.provider} reports no checksum for ${image.id}`);
    return image;
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'WAIT_TIMEOUT') throw error;
    const mustGo = error.code === 'INTEGRITY' || error.code === 'PROVIDER';
    if (mustGo || (await cancelled(at as Account, sent.id, call))) throw error.with(await undone(sent, delivery));
    // Whether it arrives is not known: it may be whole, so it stays, and is told of.
    throw error.with({
      leftover: sent.id,
      hint: `Check on it with: ${commandLine({ verb: 'wait', image: sent.id }, at)}`,
    });
  }
}

/** What was compared: of a link every byte of the file with the digest that its first folder has recorded. */
const verifiedWords = (route: CopyRoute, provider: string, algorithm: string): string =>
  route === 'link'
    ? `verified: the linked file has the recorded ${algorithm}`
    : `verified: size and ${algorithm} match those reported by ${provider}`;

/**
 * Removes an image that must not stay; names it as left over where that fails. What was there before stays: a record that was to be
 * filled, and an image that is the same as what was to take its place.
 */
async function undone(image: Image, { at, call, request, before }: Begun): Promise<{ readonly leftover?: string }> {
  if (before.includes(image.id)) return {};
  if (request.into !== undefined) return { leftover: image.id };
  try {
    const removed = await removeMade(at, image.id, { ...call, signal: AbortSignal.timeout(30_000) });
    return removed ? {} : { leftover: image.id };
  } catch {
    return { leftover: image.id };
  }
}

/** Removes what the image replaces. What turns out to be somebody else's stays; where one cannot be removed, both are named. */
export async function removeReplaced(
  old: readonly Image[],
  image: Image,
  { at, call }: { readonly at: Account<'show'>; readonly call: Call },
): Promise<void> {
  for (const { id, owner, aliases = [] } of old) {
    // Where the same bytes under the same name are the same image, nothing was replaced.
    if (id === image.id) continue;
    // The name leads to the new one now; who reaches the old one by another name still means that.
    if (aliases.length > 0) {
      call.note({ kind: 'warning', message: `the old image ${id} is kept: it is also called ${aliases.join(', ')}` });
      continue;
    }
    if (owner !== undefined && image.owner !== undefined && owner !== image.owner) continue;
    await at
      .maybe('delete')
      ?.run({ id }, call)
      .catch((error: unknown) => {
        if (!(error instanceof ImgctlError)) throw error;
        // Another run has replaced it too.
        if (isNoSuchImage(error)) return;
        const hint = [error.circumstances.hint, `${image.id} is complete, but the old image ${id} could not be deleted.`];
        throw new ImgctlError(error.code, error.message, {
          ...error.circumstances,
          leftover: id,
          hint: hint.filter(Boolean).join('\n'),
        });
      });
  }
}
