import { usageError } from '../../core/errors.ts';
import { given, type Image } from '../../core/image.ts';
import { checkName } from '../../core/image-name.ts';
import { shellWord } from '../../core/next.ts';
import { parseReference } from '../../core/reference.ts';
import type { Call, Changes, Download, Editable } from '../../core/operation.ts';
import { persistentSource } from '../../transfer/persistent.ts';
import { whyUnverified } from '../../transfer/published.ts';
import { downloadSource, type Source } from '../../transfer/source.ts';
import { prepare } from '../../transfer/prepare.ts';
import { copiedView, imageView } from '../../ui/views/image.ts';
import type { At } from '../command.ts';
import { defineCommand } from '../command.ts';
import { deliver, type Delivery } from '../deliver.ts';
import { onlyProfile } from '../directory.ts';
import { DryRunStop } from '../dry-run.ts';
import { carriedTo } from '../carried.ts';
import { checkFields, descriptionFrom, descriptionOptions, extrasFrom } from '../fields.ts';
import { looksLikeFile, notAnImage } from '../mistaken-files.ts';
import { one } from '../outcome.ts';
import { imageMeant } from '../targets.ts';
import { routeWords, shortcutOf } from '../route.ts';
import { alreadyThere, checkIntact } from '../same-content.ts';
import { foreseen } from '../taken-name.ts';
import {
  compressOption,
  forContainer,
  keepsContainer,
  formatNamed,
  ifExistsOption,
  meansForUpload,
  sourceOptions,
  warnOfSize,
  wishesFrom,
} from '../transfer-options.ts';
import { waitOptions } from '../wait.ts';

export const copy = defineCommand({
  about:
    'The target fetches the data by itself where both ends are places of one cloud; where both are folders on one file system it is linked, ' +
    'and no byte is copied; else it is relayed through here, converted on the way. ' +
    'The record goes along as far as the target keeps its fields: description, tags, properties, sizes, visibility; options add to it or replace it, ' +
    'and what is left behind is said. Public and community come last. --dry-run prints the route.',
  args: {
    from: { takes: 'required', summary: 'PROFILE:IMAGE', completes: 'image' },
    to: { takes: 'required', summary: 'PROFILE, or PROFILE:NEW-NAME', completes: 'profile' },
  },
  options: {
    ifExists: ifExistsOption,
    relay: { kind: 'flag', summary: 'read and send every byte, even where the target could fetch or link it by itself' },
    latest: { kind: 'flag', summary: 'take the newest where a name fits several' },
    ...descriptionOptions,
    ...sourceOptions,
    compress: compressOption,
    ...waitOptions,
  },
  draws: () => copiedView('relay'),
  needs: { from: ['download', 'show', 'list'], to: ['upload', 'show', 'list'] },
  examples: [
    { does: 'to another cloud, under the same name', type: 'imgctl copy pcd:web lin --region us-ord' },
    {
      does: 'for one project only, with labels of its own',
      type: 'imgctl copy pcd:web lab --tag prod --property tier=1 --visibility private',
    },
    { does: 'under another name', type: 'imgctl copy web lab:web-2' },
  ],
  async run(input, context) {
    const isProfile = (name: string): boolean => context.directory.has(name);
    const fromReference = parseReference(input.from, isProfile);
    const toReference = isProfile(input.to) ? { profile: input.to, image: '' } : parseReference(input.to, isProfile);
    checkName(toReference.image);
    if (toReference.profile === undefined && looksLikeFile(input.to))
      throw usageError(`no such profile: ${input.to}`, {
        hint: `Download it with: imgctl download ${shellWord(input.from)} ${shellWord(input.to)}`,
      });
    const target = toReference.profile ?? context.directory.entry(input.to.split(':')[0] ?? input.to).name;
    const from = await context.at('from', fromReference.profile ?? onlyProfile(context.directory, context.settings.profile));
    const to = await context.at('to', target);
    const call = context.call();
    const meaning = input.latest ? ({ pick: 'latest' } as const) : {};
    const found = await imageMeant(from as At, fromReference, meaning, context.directory, call).catch((error: unknown) => {
      throw notAnImage(error, input.from, input.to);
    });
    const { id } = found.image;
    const image = found.isShown ? found.image : await from.verb('show').run({ id }, call);
    const name = toReference.image || image.name;
    checkName(name);
    const verb = to.verb('upload');
    const extras = extrasFrom(to as At, verb, input.set);
    const own = descriptionFrom(input);
    checkFields(to as At, 'upload', verb.fields, own);
    if (input.ifExists === 'skip') {
      const same = await alreadyThere(to as At, name, image, call);
      if (same) {
        await checkIntact(to as At, same, call);
        context.say(`${same.id} holds the same disk already; nothing was copied`);
        return one(imageView, same);
      }
    }
    const wishes = wishesFrom(input);
    const task = context.progress.task(`copy ${image.name}`);
    const data = await from.verb('download').run({ id }, call);
    const source = sourceOf(data, image, from, call);
    const way = forContainer(verb, image.containerFormat, wishes);
    const prepared = await prepare(source, way.accepts, way.wishes, meansForUpload(context, task, verb));
    try {
      warnOfSize(prepared, to.provider, context);
      const { plan } = prepared;
      const asItIs = !plan.convert && !plan.unwrap && !plan.wrap;
      const shortcut = input.relay
        ? undefined
        : await shortcutOf({ data, digests: source.digests ?? {}, plan, from, to, checksum: wishes.checksum }, call);
      if (typeof shortcut === 'string') context.say(`relaying through this machine: ${shortcut}`);
      const short = typeof shortcut === 'object' ? shortcut : undefined;
      const route = short?.route ?? 'relay';
      const steps = [routeWords[route], ...(short ? ['verify'] : plan.steps)];
      const unverified = short || wishes.checksum ? undefined : whyUnverified(source.digests, from.provider, image.id);
      if (unverified !== undefined) context.warn(unverified);
      if (!context.settings.dryRun) context.say(`route: ${steps.join(' → ')}`);
      const kept = keepsContainer(verb, image.containerFormat) ? image.diskFormat : undefined;
      const { description, later, dropped } = carriedTo(verb, image, own, kept ?? plan.encoding.format);
      if (dropped.length > 0) context.warn(`${to.provider} does not get: ${dropped.join('; ')}`);
      const behind = Object.keys(image.properties).filter((key) => verb.reserved?.test(key));
      if (behind.length > 0) context.warn(`properties ${behind.join(', ')} stay behind: ${to.provider} reserves these names`);
      for (const tag of image.tags)
        if (verb.tags?.test(tag) === false) context.warn(`${to.provider} does not take the tag "${tag}"`);
      const delivery: Delivery = {
        at: to,
        request: {
          description: { ...description, name },
          ...(context.settings.region !== undefined && verb.place === 'region' ? { place: context.settings.region } : {}),
          // Within one provider a copy is an image of its own; another provider that understands the documents gets the same image.
          ...(asItIs && from.provider !== to.provider && data.original ? { original: data.original } : {}),
          extras,
        },
        shortcut: short,
        ifExists: (input.ifExists ?? 'fail') as Delivery['ifExists'],
        wait: input.wait !== false,
        limits: input,
        call,
        task,
      };
      if (context.settings.dryRun) {
        const way = await foreseen(steps, prepared, delivery, context);
        throw new DryRunStop({ verb: 'copy', profile: to.profile, provider: to.provider, image: name, route, steps: way });
      }
      const arrived = await deliver(prepared, delivery, context);
      task.done();
      const there = await completed(to as At, arrived.image, later, call, (text) => context.warn(text));
      return one(copiedView(arrived.route), there);
    } finally {
      await prepared.close();
    }
  },
});

/** The data of an image, gone on with where a connection breaks, and what is known of it. */
function sourceOf(data: Download, image: Image, from: At<'download'>, call: Call): Source {
  const offered = downloadSource(data, `${from.profile}:${image.id}`, from.driver.worksOnFiles);
  return {
    ...(from.verb('download').ranges ? persistentSource(offered, call) : offered),
    ...given({ declared: formatNamed(image.diskFormat) }),
    digests: { ...image.checksums, ...data.digests },
    ...(image.contentId === undefined ? {} : { contentId: image.contentId }),
  };
}

/** The image with what waited until it was whole: nobody else sees half an image, and half an image can be removed. */
async function completed(at: At, image: Image, later: Changes, call: Call, warn: (text: string) => void): Promise<Image> {
  const fields = Object.entries(later).filter(([field, value]) => image[field as 'visibility' | 'protected'] !== value);
  const patch = at.maybe('patch');
  const wanted = fields.filter(([field]) => patch?.fields.includes(field as keyof Changes & Editable));
  if (wanted.length === 0 || !patch) return image;
  try {
    return await patch.run({ id: image.id, changes: Object.fromEntries(wanted), extras: {} }, call);
  } catch (error) {
    const what = wanted.map(([field, value]) => `${field} ${String(value)}`).join(', ');
    warn(`${image.id} was copied, but without ${what}: ${error instanceof Error ? error.message : String(error)}`);
    return image;
  }
}
