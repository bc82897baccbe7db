import { formats } from '../../core/encoding.ts';
import { checkName } from '../../core/image-name.ts';
import { warnOfPrefix } from '../../engine/account/mistyped-profile.ts';
import { onlyProfile } from '../../engine/account/registry.ts';
import { creation } from '../../engine/operations/create.ts';
import { imageView } from '../../ui/views/image.ts';
import { descriptionFrom, descriptionOptions } from '../options/fields.ts';
import { waitOptions } from '../options/wait.ts';
import { carriedOut } from '../program/plan.ts';
import { defineCommand } from '../program/command.ts';
import { one } from '../program/outcome.ts';

export const create = defineCommand({
  about: 'The data of a record comes later: imgctl upload FILE --into IMAGE, or imgctl import --into IMAGE --url URL.',
  args: {
    name: {
      takes: 'optional',
      mayBeEmpty: true,
      isNewImage: true,
      summary: 'name of the new image, optionally as PROFILE:NAME; some providers need none',
    },
  },
  options: {
    id: { kind: 'text', summary: 'id of the new image, where the provider supports it' },
    diskFormat: { kind: 'text', choices: formats, summary: 'format of the disk to come' },
    fromDisk: { kind: 'text', value: 'id', summary: 'create from this server disk' },
    ...descriptionOptions,
    ...waitOptions,
  },
  draws: () => imageView,
  needs: { at: ['create', 'show'] },
  examples: [
    { does: 'a record to be filled later', type: 'imgctl create golden --disk-format qcow2 --min-disk 10GiB' },
    { does: 'an image of a disk', type: 'imgctl create lin:golden --from-disk 183299550 --tag nightly' },
  ],
  async run(input, context) {
    const reference = context.directory.reference(input.name ?? '');
    checkName(reference.image);
    const at = await context.at('at', reference.profile ?? onlyProfile(context.directory, context.settings.profile));
    if (reference.profile === undefined) warnOfPrefix(reference.image, context.directory, (message) => context.warn(message));
    const { diskFormat } = input;
    const description = { ...descriptionFrom(input), ...(diskFormat === undefined ? {} : { diskFormat }) };
    const change = creation(at, { ...input, name: reference.image, description }, context);
    return carriedOut(change, context, (image) => one(imageView, image));
  },
});
