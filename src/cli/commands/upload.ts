import { usageError } from '../../core/errors.ts';
import { checkName } from '../../core/image-name.ts';
import { warnOfPrefix } from '../../engine/account/mistyped-profile.ts';
import { onlyProfile } from '../../engine/account/registry.ts';
import { understood } from '../../engine/operations/wishes.ts';
import type { IfExists } from '../../engine/operations/claim.ts';
import { originOf } from '../../engine/operations/source.ts';
import { checkUpload, uploading } from '../../engine/operations/upload.ts';
import { imageView } from '../../ui/views/image.ts';
import { descriptionFrom, descriptionOptions, manageOption } from '../options/fields.ts';
import { target } from '../options/targets.ts';
import { compressOption, diskWishes, ifExistsOption, sourceOptions } from '../options/transfer.ts';
import { waitOptions } from '../options/wait.ts';
import { carriedOut } from '../program/plan.ts';
import { defineCommand } from '../program/command.ts';
import { one } from '../program/outcome.ts';

export const upload = defineCommand({
  about:
    'The format is recognised by content and converted where the target takes another one; --dry-run prints the steps. An unsafe or broken ' +
    'image is refused. After the transfer size and digest are compared with what the provider says; a mismatch removes the image. ' +
    'To several places: upload once, and copy from there.',
  args: { file: { takes: 'required', summary: 'file, - (standard input), or http(s) URL', completes: 'file' } },
  options: {
    name: { kind: 'text', isNewImage: true, summary: 'name of the image, optionally as PROFILE:NAME' },
    into: { kind: 'text', value: 'image', summary: 'fill this queued record', completes: 'image' },
    id: { kind: 'text', summary: 'id of the new image, where the provider supports it' },
    to: { kind: 'text', value: 'place', summary: 'place to put it in, such as a store', completes: 'place' },
    ifExists: ifExistsOption,
    ...sourceOptions,
    compress: compressOption,
    ...descriptionOptions,
    manage: manageOption,
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
    const disk = await understood(diskWishes(input), context);
    const into = input.into === undefined ? undefined : await target(input.into, context);
    const reference = context.directory.reference(input.name ?? '');
    checkName(reference.image);
    const at =
      into?.at ?? (await context.at('at', reference.profile ?? onlyProfile(context.directory, context.settings.profile)));
    const labels = {
      ...input,
      name: reference.image,
      into: into?.id,
      place: input.to,
      description: descriptionFrom(input),
      ifExists: input.ifExists as IfExists | undefined,
    };
    checkUpload(at, labels);
    const from = originOf(input.file, context);
    const transfer = await disk.forFile(from.file);
    if (reference.profile === undefined) warnOfPrefix(reference.image, context.directory, (message) => context.warn(message));
    const change = await uploading(at, { ...labels, transfer }, from, context);
    return carriedOut(change, context, (image) => one(imageView, image));
  },
});
