import { usageError, unsupportedError } from '../../core/errors.ts';
import { checkName } from '../../core/image-name.ts';
import { parseReference } from '../../core/reference.ts';
import { prepare, type Prepared } from '../../transfer/prepare.ts';
import { imageView } from '../../ui/views/image.ts';
import type { Format } from '../../core/encoding.ts';
import { defineCommand } from '../program/command.ts';
import { deliver, type Delivery } from '../../engine/operations/deliver.ts';
import { onlyProfile, warnOfPrefix } from '../../engine/account/registry.ts';
import { DryRunStop } from '../../engine/dry-run.ts';
import { descriptionFrom, descriptionOptions } from '../options/fields.ts';
import { one } from '../program/outcome.ts';
import { fileOf, sourceFrom } from '../../engine/operations/source.ts';
import { foreseen } from '../../engine/operations/name-conflict.ts';
import { target } from '../options/targets.ts';
import { compressOption, ifExistsOption, sourceOptions, wishesFrom } from '../options/transfer.ts';
import { wantedChecksum } from '../../engine/operations/expected-checksum.ts';
import type { Account } from '../../engine/account/account.ts';
import {
  forContainer,
  formatNamed,
  keepsContainer,
  meansForUpload,
  plannedLabels,
  plannedTransfer,
  warnOfSize,
  warnOfLimit,
} from '../../engine/operations/transfer.ts';
import { checkFields, checkOwnId, extrasFrom } from '../../engine/operations/fields.ts';
import { waitOptions } from '../options/wait.ts';

export const upload = defineCommand({
  about:
    'The format is recognised by content and converted where the target takes another one; --dry-run prints the steps. An unsafe or broken ' +
    'image is refused. After the transfer size and digest are compared with what the provider says; a mismatch removes the image. ' +
    'To several places: upload once, and copy from there.',
  args: { file: { takes: 'required', summary: 'file, - (standard input), or http(s) URL', completes: 'file' } },
  options: {
    name: { kind: 'text', summary: 'name of the image, optionally as PROFILE:NAME' },
    into: { kind: 'text', value: 'image', summary: 'fill this queued record', completes: 'image' },
    id: { kind: 'text', summary: 'id of the new image, where the provider supports it' },
    to: { kind: 'text', value: 'place', summary: 'place to put it in, such as a store', completes: 'place' },
    ifExists: ifExistsOption,
    ...sourceOptions,
    compress: compressOption,
    ...descriptionOptions,
    ...waitOptions,
  },
  draws: () => imageView,
  needs: { at: ['upload', 'show', 'list'] },
  examples: [
    { does: 'a file', type: 'imgctl upload disk.qcow2 --name web' },
    {
      does: 'into another profile, with tags',
      type: 'imgctl upload disk.qcow2 --name pcd:web --tag blessed --property os_distro=debian',
    },
    { does: 'into a store that is not the default', type: 'imgctl upload disk.qcow2 --name pcd:web --to cheap' },
    { does: 'from a pipe', type: 'ssh host cat disk.qcow2 | imgctl upload - --name web' },
    { does: 'what would be done', type: 'imgctl upload disk.qcow2 --name lin:web --region us-ord --dry-run' },
  ],
  async run(input, context) {
    if ((input.name === undefined) === (input.into === undefined))
      throw usageError(input.name === undefined ? '--name or --into is required' : '--name and --into cannot be combined');
    const into = input.into === undefined ? undefined : await target(input.into, context);
    const reference = parseReference(input.name ?? '', (name) => context.directory.has(name));
    checkName(reference.image);
    const at =
      into?.at ?? (await context.at('at', reference.profile ?? onlyProfile(context.directory, context.settings.profile)));
    const verb = at.verb('upload');
    if (into && !verb.into)
      throw unsupportedError(`${at.provider} does not support uploading into an existing record`, {
        hint: 'Omit --into, and use --name NAME for a new image.',
      });
    checkOwnId(at as Account, verb, input);
    if (input.to !== undefined && verb.place === undefined)
      throw unsupportedError(`${at.provider} has no places to upload to`, { hint: 'Omit --to.' });
    const place = input.to ?? (verb.place === 'region' ? context.settings.region : undefined);
    const fields = descriptionFrom(input);
    checkFields(at as Account, 'upload', verb.fields, fields);
    const extras = extrasFrom(at as Account, verb, input.set);
    const wishes = wishesFrom(input, await wantedChecksum(input.checksum, fileOf(input.file), context));
    const call = context.call();
    const queued = into && (await at.verb('show').run({ id: into.id }, call));
    const name = queued?.name ?? reference.image;
    if (reference.profile === undefined) warnOfPrefix(reference.image, context.directory, (message) => context.warn(message));
    if (name === '') throw usageError("--name is missing the image's name");
    const source = await sourceFrom(input.file, context);
    warnOfLimit(context, at.driver.worksOnFiles && (source.near || fileOf(input.file) === undefined));
    const task = context.progress.task(`upload ${name}`);
    const container = fields.containerFormat ?? queued?.containerFormat;
    const way = forContainer(verb, container, wishes);
    const prepared = await prepare(source, way.accepts, way.wishes, meansForUpload(context, task, verb));
    try {
      warnOfSize(prepared, at.provider, context);
      const delivery: Delivery = {
        at,
        request: {
          description: {
            ...fields,
            ...(keepsContainer(verb, container) ? diskIn(prepared, wishes.format ?? formatNamed(queued?.diskFormat)) : {}),
            name,
          },
          ...(into ? { into: into.id } : {}),
          ...(input.id === undefined ? {} : { id: input.id }),
          ...(place === undefined ? {} : { place }),
          extras,
        },
        ifExists: (input.ifExists ?? 'fail') as Delivery['ifExists'],
        wait: input.wait !== false,
        limits: input,
        call,
        task,
      };
      if (context.settings.dryRun) {
        const steps = await foreseen(prepared.plan.steps, prepared, delivery, context);
        throw new DryRunStop({
          verb: 'upload',
          profile: at.profile,
          provider: at.provider,
          image: into?.id ?? name,
          ...plannedTransfer(prepared, source),
          ...plannedLabels(delivery.request.description, place),
          steps,
        });
      }
      const { image } = await deliver(prepared, delivery, context);
      task.done();
      return one(imageView, image);
    } finally {
      await prepared.close();
    }
  },
});

/** The format of the disk in a container: what the user says, or what was found there. */
function diskIn({ inspection, plan }: Prepared, format: Format | undefined): { readonly diskFormat: string } {
  const [member] =
    (plan.encoding.format === 'ova' || plan.encoding.format === 'tar' ? inspection.subformat : undefined)?.split(' ') ?? [];
  return { diskFormat: format ?? member ?? plan.encoding.format };
}
