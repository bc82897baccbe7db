import { given, isOfOtherBytes, type Image } from '../../core/image.ts';
import type { Call, Download, ExtraValues, UploadRequest } from '../../core/operation.ts';
import { provenanceIn } from '../../core/provenance.ts';
import { prepare } from '../../transfer/prepare.ts';
import type { Prepared } from '../../transfer/prepared.ts';
import { whyUnverified } from '../../transfer/published-digests.ts';
import type { Source } from '../../transfer/source.ts';
import { checkName } from '../../core/image-name.ts';
import type { EngineContext } from '../context.ts';
import { deliver, type Delivery } from './deliver.ts';
import type { Change } from './change.ts';
import type { Task } from '../../core/task.ts';
import { routeWords, shortcutOf, type CopyRoute, type Shortcut } from './copy-route.ts';
import { nothingToDo, publishedDigests, tellSame, type Same } from '../images/compare.ts';
import type { Claim } from './claim.ts';
import { confirmReplace, foreseen, settleName } from './name-conflict.ts';
import { afresh } from './fresh-look.ts';
import { copiedAlready } from './copied-already.ts';
import type { Account } from '../account/account.ts';
import { forContainer, meansForUpload, plannedLabels, plannedTransfer, warnOfSize } from './transfer.ts';
import { checkFields, extrasFrom } from './fields.ts';
import { type CopyTarget, targetText } from './copy-target.ts';
import type { Original } from './original.ts';
import { carried } from './copy-description.ts';
import { checkManageable, managed } from './managed.ts';
import type { CopyOptions } from './copy-options.ts';
import { handingOver, handoverOf } from './hand-over.ts';

/** What a copy came to. `route`: on which way the data came; absent where it was there already. */
export interface Copied {
  readonly image: Image;
  readonly route?: CopyRoute;
}

/** Both ends of a copy, and what was found out on the way to it. */
interface Look {
  readonly original: Original;
  readonly to: Account<'upload' | 'show' | 'list'>;
  readonly wishes: CopyOptions;
  readonly name: string;
  readonly extras: ExtraValues;
  readonly data: Download;
  readonly source: Source;
  readonly prepared: Prepared;
  readonly call: Call;
  readonly task: Task;
  /** Ids of images that it was agreed to replace. */
  readonly agreed: readonly string[];
}

/**
 * Looks at all that can be looked at before anything is changed in the target, which is open as `to`. Where the publisher's file is gone,
 * or another one, while it is copied, and another image is meant by now, that is copied: once.
 */
export async function copying(
  original: Original,
  target: CopyTarget,
  to: Account<'upload' | 'show' | 'list'>,
  wishes: CopyOptions,
  context: EngineContext,
): Promise<Change<Copied>> {
  const begin = (from: Original): Promise<Change<Copied>> => lookedAt(from, target, to, wishes, context);
  checkManageable(to as Account, wishes);
  const change = await afresh(begin, original, (error) => original.afresh(error));
  return {
    ...change,
    async perform() {
      const copied = await change.perform();
      return { ...copied, image: await managed(to as Account, copied.image, wishes, context.call()) };
    },
  };
}

async function lookedAt(
  original: Original,
  target: CopyTarget,
  to: Account<'upload' | 'show' | 'list'>,
  wishes: CopyOptions,
  context: EngineContext,
): Promise<Change<Copied>> {
  const { image } = original;
  const call = context.call();
  const name = target.name || image.name;
  checkName(name);
  const verb = to.verb('upload');
  const extras = extrasFrom(to as Account, verb, wishes.set);
  checkFields(to as Account, 'upload', verb.fields, wishes.description);
  const claim = claimOf(original, { at: to, name, call }, wishes);
  const same = await copiedAlready(original, claim, wishes, context);
  if (same) return upToDate(same, to as Account, name, context);
  const title = wishes.isOneOfSeveral ? `copy ${image.name} to ${targetText(target)}` : `copy ${image.name}`;
  const handover = await handoverOf(original, to, call);
  if (handover) return handingOver({ original, handover, to, claim, extras, wishes, call, task: context.task(title) }, context);
  const { download: data, source } = await original.data();
  const task = context.task(title);
  const way = forContainer(verb, image.containerFormat, wishes.transfer);
  const prepared = await prepare(
    source,
    way.accepts,
    way.wishes,
    meansForUpload(context, task, verb, { extras, ...documentsFor(data) }),
  );
  try {
    const agreed = wishes.isOneOfSeveral ? await confirmReplace(claim, context) : [];
    return changeOf({ original, to, wishes, name, extras, data, source, prepared, call, task, agreed }, context);
  } catch (error) {
    await prepared.close();
    throw error;
  }
}

/** Who wants the name, and from where the image comes: of one whose record is about other bytes that is not known. */
function claimOf(
  { image }: Original,
  { at, name, call }: { readonly at: Account<'show'>; readonly name: string; readonly call: Call },
  { ifExists, description, allowDowngrade }: CopyOptions,
): Claim {
  const origin = {
    ...given({ architecture: image.architecture }),
    ...(isOfOtherBytes(image) ? {} : image.properties),
    ...description.properties,
  };
  return { at, request: { description: { name } }, ifExists, origin, allowDowngrade, call };
}

/** The digest that the source is published with, where nothing else is said of its content. */
function publishedDigest({ contentId, ...image }: Image): string | undefined {
  const { digest } = provenanceIn(image.properties);
  return contentId === undefined && publishedDigests(image).some((one) => one === digest) ? digest : undefined;
}

/** A copy of what is at the target already: nothing is done. */
function upToDate(same: Same, { profile, provider }: Account, name: string, context: EngineContext): Change<Copied> {
  return {
    plan: async () => [{ verb: 'copy', profile, provider, image: name, risk: 'reuse', steps: [nothingToDo(same)] }],
    async perform() {
      tellSame(same, context);
      return { image: same.image };
    },
  };
}

function changeOf(look: Look, context: EngineContext): Change<Copied> {
  const { original, to, name, source, prepared, task } = look;
  let closing: Promise<void> | undefined;
  return {
    async plan() {
      const way = await wayOf(look, context);
      const delivery = deliveryOf(look, way, context);
      const { description, place } = delivery.request;
      return [
        {
          verb: 'copy',
          profile: to.profile,
          provider: to.provider,
          image: name,
          ...plannedTransfer(prepared, { ...source, name: `${original.at.profile}:${original.image.id}` }),
          ...plannedLabels({ ...description, ...delivery.later?.changes }, place),
          route: way.route,
          ...(await foreseen(way.words, () => settleName(prepared, delivery, context), delivery, context)),
        },
      ];
    },
    async perform() {
      const way = await wayOf(look, context);
      context.say(`route: ${way.route} (${way.words.join(' → ')})`);
      const delivery = deliveryOf(look, way, context);
      const arrived = await deliver(prepared, delivery, context);
      task.done();
      return arrived;
    },
    close: () => (closing ??= prepared.close()),
  };
}

/** The way that the data takes, and its steps in words. */
interface Way {
  readonly route: CopyRoute;
  readonly shortcut: Shortcut | undefined;
  readonly words: readonly string[];
}

/** Chooses the way; says why the data has to go through here where it need not seem so, and what cannot be verified on it. */
async function wayOf(
  { original, to, wishes, name, extras, data, source, prepared, call }: Look,
  context: EngineContext,
): Promise<Way> {
  const { at: from, image } = original;
  const { plan } = prepared;
  const { checksum } = wishes.transfer;
  warnOfSize(prepared, to.provider, context);
  const asked = { description: wishes.description, extras };
  const leg = { data, digests: source.digests ?? {}, plan, from, to, name, asked, checksum };
  const found = wishes.relay ? undefined : await shortcutOf(leg, call);
  if (typeof found === 'string') context.say(`relaying through this machine: ${found}`);
  const shortcut = typeof found === 'object' ? found : undefined;
  const unverified =
    shortcut || checksum || source.verifiedBy ? undefined : whyUnverified(source.digests, from.provider, image.id);
  if (unverified !== undefined) context.warn(unverified);
  if (!shortcut) return { route: 'relay', shortcut, words: plan.steps };
  return { route: shortcut.route, shortcut, words: [routeWords[shortcut.route], 'verify'] };
}

/** Who understands the documents gets the same image. */
const documentsFor = ({ original }: Download): Partial<Pick<UploadRequest, 'original'>> => (original ? { original } : {});

/** How it is delivered, and what waits until it is whole. What does not go along is told. */
function deliveryOf(
  { original, to, wishes, name, extras, data, prepared, call, task, agreed }: Look,
  { shortcut }: Way,
  context: EngineContext,
): Delivery {
  const { description, later } = carried(original, wishes.description, to, prepared.plan.encoding.format, context);
  const { plan } = prepared;
  const asItIs = !plan.convert && !plan.unwrap && !plan.wrap;
  const { region } = context.settings;
  return {
    ...claimOf(original, { at: to, name, call }, wishes),
    at: to,
    request: {
      description: { ...description, name },
      ...(region !== undefined && to.verb('upload').place === 'region' ? { place: region } : {}),
      ...(asItIs ? documentsFor(data) : {}),
      // What goes along unasked may be refused.
      ...given({ opensTo: wishes.description.visibility }),
      extras,
    },
    later: { changes: later, asked: wishes.description, done: 'copied' },
    published: publishedDigest(original.image),
    shortcut,
    wait: wishes.wait,
    proved: () => ({ ...given({ signer: wishes.transfer.proved?.().signer }), ...original.proved() }),
    limits: wishes,
    agreed,
    task,
  };
}
