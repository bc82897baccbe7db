import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call, Changes, Description, Download, Editable } from '../../core/operation.ts';
import { prepare, type Prepared, type Wishes } from '../../transfer/prepare.ts';
import { whyUnverified } from '../../transfer/published-digests.ts';
import type { Source } from '../../transfer/source.ts';
import { checkName } from '../../core/image-name.ts';
import { carriedTo } from './copied-fields.ts';
import type { EngineContext } from '../context.ts';
import { deliver, type Delivery } from './deliver.ts';
import { DryRunStop } from '../dry-run.ts';
import { routeWords, shortcutOf, type Route } from './copy-route.ts';
import { alreadyThere, checkIntact, type Same } from '../images/compare.ts';
import { agreeToReplace, foreseen } from './name-conflict.ts';
import type { WaitLimits } from '../../core/poll.ts';
import type { Account } from '../account/account.ts';
import { forContainer, keepsContainer, meansForUpload, plannedLabels, plannedTransfer, warnOfSize } from './transfer.ts';
import { checkFields, extrasFrom } from './fields.ts';
import type { CopyTarget } from './copy-target.ts';
import { targetText } from './copy-target.ts';

/** What a copy uses at its ends. */
export const copyNeeds = { from: ['download', 'show', 'list'], to: ['upload', 'show', 'list'] } as const;

/** The image that is copied, and how its data is read. */
export interface Original {
  readonly at: Account<'download'>;
  readonly image: Image;
  /** Its data, asked for once; the source is closed by whoever reads it. */
  data(): Promise<{ readonly download: Download; readonly source: Source }>;
}

/** How it is to be copied. */
export interface CopyWishes extends WaitLimits {
  /** What is said of the copy, in place of what goes along. */
  readonly description: Omit<Description, 'name'>;
  /** Fields that only the target has, as they are typed. */
  readonly set: Readonly<Record<string, string>>;
  readonly transfer: Wishes;
  readonly ifExists: Delivery['ifExists'];
  readonly relay: boolean;
  readonly wait: boolean;
  /** What goes is agreed to before anything is begun, since it is one of several. */
  readonly isOneOfSeveral: boolean;
}

/** What a copy came to. `route`: on which way the data came; absent where it was there already. */
export interface Copied {
  readonly image: Image;
  readonly route?: Route;
}

/** A copy that was looked at as far as that changes nothing. Throws `DryRunStop` in its place in a dry run. `close` is due whatever happens. */
export interface ReadyCopy {
  run(): Promise<Copied>;
  close(): Promise<void>;
}

/** Looks at all that can be looked at before anything is changed in the target, which is open as `to`. */
export async function readyCopy(
  original: Original,
  target: CopyTarget,
  to: Account<'upload' | 'show' | 'list'>,
  wishes: CopyWishes,
  context: EngineContext,
): Promise<ReadyCopy> {
  const { image, at: from } = original;
  const call = context.call();
  const name = target.name || image.name;
  checkName(name);
  const verb = to.verb('upload');
  const extras = extrasFrom(to as Account, verb, wishes.set);
  const own = wishes.description;
  checkFields(to as Account, 'upload', verb.fields, own);
  const plan = { verb: 'copy', profile: to.profile, provider: to.provider, image: name };
  const same =
    wishes.ifExists === 'skip'
      ? await alreadyThere(to as Account, name, { at: from as Account, image }, { call, context })
      : undefined;
  if (same) return { run: () => unchanged(same, to as Account, plan, call, context), close: async () => undefined };
  const { download: data, source } = await original.data();
  const label = wishes.isOneOfSeveral ? `copy ${image.name} to ${targetText(target)}` : `copy ${image.name}`;
  const task = context.task(label);
  const way = forContainer(verb, image.containerFormat, wishes.transfer);
  const prepared = await prepare(source, way.accepts, way.wishes, meansForUpload(context, task, verb));
  const claim = { at: to, request: { description: { name } }, ifExists: wishes.ifExists, call };
  const run = async (agreed: readonly string[]): Promise<Copied> => {
    warnOfSize(prepared, to.provider, context);
    const { plan: steps } = prepared;
    const asItIs = !steps.convert && !steps.unwrap && !steps.wrap;
    const shortcut = wishes.relay
      ? undefined
      : await shortcutOf(
          { data, digests: source.digests ?? {}, plan: steps, from, to, checksum: wishes.transfer.checksum },
          call,
        );
    if (typeof shortcut === 'string') context.say(`relaying through this machine: ${shortcut}`);
    const short = typeof shortcut === 'object' ? shortcut : undefined;
    const route = short?.route ?? 'relay';
    const words = route === 'relay' ? steps.steps : [routeWords[route], 'verify'];
    const unverified = short || wishes.transfer.checksum ? undefined : whyUnverified(source.digests, from.provider, image.id);
    if (unverified !== undefined) context.warn(unverified);
    if (!context.settings.dryRun) context.say(`route: ${route} (${words.join(' → ')})`);
    const { description, later } = carried(original, own, to, prepared, context);
    const delivery: Delivery = {
      ...claim,
      request: {
        description: { ...description, name },
        ...(context.settings.region !== undefined && verb.place === 'region' ? { place: context.settings.region } : {}),
        // Within one provider a copy is an image of its own; another provider that understands the documents gets the same image.
        ...(asItIs && from.provider !== to.provider && data.original ? { original: data.original } : {}),
        extras,
      },
      shortcut: short,
      wait: wishes.wait,
      limits: wishes,
      agreed,
      task,
    };
    if (context.settings.dryRun)
      throw new DryRunStop({
        ...plan,
        ...plannedTransfer(prepared, { ...source, name: `${from.profile}:${image.id}` }),
        ...plannedLabels({ ...description, ...later }, delivery.request.place),
        route,
        steps: await foreseen(words, prepared, delivery, context),
      });
    const arrived = await deliver(prepared, delivery, context);
    task.done();
    // What was there already stays as it is.
    if (arrived.route === undefined) return arrived;
    const tell = { call, warn: (text: string) => context.warn(text) };
    return { image: await completed(to as Account, arrived.image, later, own, tell), route: arrived.route };
  };
  try {
    const agreed = wishes.isOneOfSeveral ? await agreeToReplace(claim, context) : [];
    let closing: Promise<void> | undefined;
    return { run: () => run(agreed), close: () => (closing ??= prepared.close()) };
  } catch (error) {
    await prepared.close();
    throw error;
  }
}

async function unchanged(
  same: Same,
  at: Account,
  plan: { readonly verb: string; readonly profile: string; readonly provider: string; readonly image: string },
  call: Call,
  context: EngineContext,
): Promise<Copied> {
  const { image } = same;
  await checkIntact(at, same, { call, context });
  if (context.settings.dryRun) throw new DryRunStop({ ...plan, steps: [`nothing: ${image.id} has the same content`] });
  context.say(`already up to date: ${image.id} has the same content`);
  return { image };
}

/** What of the record goes along; the rest is told. */
function carried(
  { image, at: from }: Original,
  own: CopyWishes['description'],
  to: Account<'upload'>,
  { plan }: Prepared,
  context: EngineContext,
) {
  const verb = to.verb('upload');
  // Within one account they mean what they meant.
  const references = from.profile === to.profile ? undefined : from.verb('download').references;
  const kept = keepsContainer(verb, image.containerFormat) ? image.diskFormat : undefined;
  const { dropped, ...along } = carriedTo(verb, image, own, kept ?? plan.encoding.format, references);
  if (dropped.length > 0) context.warn(`not copied, unsupported by ${to.provider}: ${dropped.join('; ')}`);
  const behind = Object.keys(image.properties).filter((key) => verb.reserved?.test(key));
  if (behind.length > 0) context.warn(`not copied, reserved by ${to.provider}: properties ${behind.join(', ')}`);
  const foreign = Object.keys(image.properties).filter((key) => references?.test(key) && own.properties?.[key] === undefined);
  if (foreign.length > 0 && verb.fields.includes('properties'))
    context.warn(`not copied, meant for ${from.profile} only: properties ${foreign.join(', ')}`);
  for (const tag of image.tags)
    if (verb.tags?.test(tag) === false) context.warn(`not copied, invalid in ${to.provider}: tag "${tag}"`);
  return along;
}

/**
 * The image with what waited until it was whole: nobody else sees half an image, and half an image can be removed. What of it goes
 * along unasked, and is refused, is warned about; what was asked for is thrown.
 */
async function completed(at: Account, image: Image, later: Changes, asked: object, { call, warn }: Tell): Promise<Image> {
  const fields = Object.entries(later).filter(([field, value]) => image[field as 'visibility' | 'protected'] !== value);
  const patch = at.maybe('patch');
  const wanted = fields.filter(([field]) => patch?.fields.includes(field as keyof Changes & Editable));
  if (wanted.length === 0 || !patch) return image;
  try {
    return await patch.run({ id: image.id, changes: Object.fromEntries(wanted), extras: {} }, call);
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    const what = wanted.map(([field, value]) => `${field} ${String(value)}`).join(', ');
    const message = `${image.id} was copied, but without ${what}: ${error.message}`;
    if (error.code === 'ABORTED' || wanted.some(([field]) => Object.hasOwn(asked, field)))
      throw new ImgctlError(error.code, message, { ...error.circumstances, leftover: image.id, cause: error });
    warn(message);
    return image;
  }
}

interface Tell {
  readonly call: Call;
  warn(text: string): void;
}
